# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Reads the scenes of many studios side by side, as fast as the account's limit allows."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ..module_utils._api.operations import OPERATIONS
from ..module_utils._errors.error import LiveError
from ..module_utils._modules.task import Task
from ..module_utils._studio.studio import Studio, read_studio

_ACTION = "DescribeCasterScenes"
# As many as may leave in one second: more threads would only wait in the queue, each with a connection.
_WORKERS = OPERATIONS[_ACTION].qps


def read_scenes(task: Task, caster_ids: Iterable[str]) -> dict[str, Studio | LiveError]:
    """Read every studio within the task's deadline. One that cannot be read has its error as its value."""
    ids = list(dict.fromkeys(caster_ids))
    work = _Work(task, iter(ids))
    # Daemons, so that an interrupted run ends at once.
    threads = [
        threading.Thread(target=work.run, daemon=True, name="apsara.live scenes")
        for _number in range(min(_WORKERS, len(ids)))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if work.unexpected:
        raise work.unexpected[0]
    return {caster_id: work.found[caster_id] for caster_id in ids}


@dataclass
class _Work:
    """What the threads share. `unexpected` holds errors that nobody expected."""

    task: Task
    ids: Iterator[str]
    found: dict[str, Studio | LiveError] = field(default_factory=dict)
    unexpected: list[Exception] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> None:
        """Read studios until none is left."""
        client = self.task.client.clone()
        try:
            while not self.unexpected:
                with self.lock:
                    caster_id = next(self.ids, None)
                if caster_id is None:
                    return
                try:
                    answer = client.call(_ACTION, {"CasterId": caster_id}, self.task.deadline)
                    self.found[caster_id] = read_studio(caster_id, answer)
                except LiveError as error:
                    self.found[caster_id] = error
        except Exception as error:  # for the thread that waits
            self.unexpected.append(error)
        finally:
            client.transport.close()
