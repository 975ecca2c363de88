# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Do the work of a module, from plain options to a plain result, whatever happens on the way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

from ._errors import LiveError
from ._options import passwords_in
from ._result import Report
from ._task import Context

_Work = Callable[[Mapping[str, Any], Context, Report], None]


def run(name: str, params: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Run the module `name` (without the collection's name) and return its result; `failed` is set on failure."""
    facts, writes = _RESULTS[name]
    report = Report({key: (params.get(key) or None) if default is None else default for key, default in facts.items()})
    report.writes = writes
    context.hide(passwords_in(params))
    try:
        _work_of(name)(params, context, report)
    except LiveError as error:
        return report.render_failure(error, context.diff)
    return report.render(context.diff)


def _work_of(name: str) -> _Work:
    # Loading costs time in every new process, so a module loads no work but its own.
    if name == "caster_scene_stop":
        from ._stop import stop

        return stop
    if name == "caster_scene_config_copy":
        from ._take import take

        return take
    from ._info import caster_info, scene_info

    return {"caster_info": caster_info, "caster_scene_info": scene_info}[name]


# The keys of the result that belong to a module (None: as given in the task), and whether it writes.
_RESULTS: dict[str, tuple[dict[str, Any], bool]] = {
    "caster_scene_stop": ({"caster_id": None, "scene_id": None}, True),
    "caster_scene_config_copy": (
        {"caster_id": None, "from_scene_id": None, "to_scene_id": None, "fingerprint": None},
        True,
    ),
    "caster_info": ({"casters": []}, False),
    "caster_scene_info": ({"caster_id": None, "scenes": []}, False),
}
