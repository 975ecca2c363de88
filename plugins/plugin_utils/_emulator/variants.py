# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Variants of the service, where it is not documented what the real one does."""

from __future__ import annotations

from collections.abc import Mapping

# The first value is the default.
VARIANTS: dict[str, tuple[str, ...]] = {
    "idle_stop": ("idle_code", "bare_code"),
    "pgm_stop": ("scene_status", "scene_id_malformed"),
    "visibility": ("immediate", "delayed"),
    "copy_audio": ("without", "with"),
    "empty_layout": ("missing", "empty", "null"),
    "copy_idle": ("idle_code", "bare_code"),
    "unknown_action": ("invalid_api", "invalid_action"),
    "ram_denial": ("forbidden_ram", "no_permission", "forbidden_401"),
}

_VISIBLE_AFTER = "visible_after_ms"
_VISIBLE_AFTER_DEFAULT = 600


class Variants:
    """One value per variant.

    Raises ValueError for a name or value that does not exist.
    """

    def __init__(self, chosen: Mapping[str, object] | None = None) -> None:
        given = {name: str(value) for name, value in (chosen or {}).items()}
        self.visible_after_ms = _milliseconds(given.pop(_VISIBLE_AFTER, _VISIBLE_AFTER_DEFAULT))
        for name, value in given.items():
            _check(name, value)
        self._values = {name: given.get(name, values[0]) for name, values in VARIANTS.items()}

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    @property
    def delay(self) -> float:
        """Seconds until a reading shows what a write did."""
        return self.visible_after_ms / 1000 if self["visibility"] == "delayed" else 0.0

    def as_dict(self) -> dict[str, object]:
        """All values, the delay included."""
        return {**self._values, _VISIBLE_AFTER: self.visible_after_ms}


def _check(name: str, value: str) -> None:
    if name not in VARIANTS:
        raise ValueError(f"There is no variant {name}. There are: {', '.join([*VARIANTS, _VISIBLE_AFTER])}.")
    if value not in VARIANTS[name]:
        raise ValueError(f"The variant {name} has no value {value}. It has: {', '.join(VARIANTS[name])}.")


def _milliseconds(value: str | int) -> int:
    try:
        number = int(value)
    except ValueError:
        raise ValueError(f"{_VISIBLE_AFTER} must be a whole number of milliseconds.") from None
    if number < 0:
        raise ValueError(f"{_VISIBLE_AFTER} must not be negative.")
    return number
