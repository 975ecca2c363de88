# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The API operations that this collection calls, with what the client needs to know of them. Data only.

Source: the operation pages of ApsaraVideo Live 2016-11-01 and the metadata of its official SDK.
"""

from __future__ import annotations

from typing import NamedTuple

VERSION = "2016-11-01"

# May a call whose answer was lost be sent again? A call on air is always one of REPEAT_REREAD, whatever its operation
# says: the same operation may prepare a preview, where a second call does no harm, and change the program.
REPEAT_READ = "read"  # always: it changes nothing
REPEAT_NATURAL = "natural"  # again: the second call finds the work done
REPEAT_REREAD = "reread"  # only after reading: the second call would be a second event on air
REPEAT_ONCE = "once"  # never: the second call would interrupt the show again, and no read tells of the first


class Operation(NamedTuple):
    """One API operation. `qps` counts calls a second for the whole account, RAM users included.

    `repeat` is the policy of its calls that are not on air.
    """

    name: str
    qps: int
    repeat: str

    @property
    def ram_action(self) -> str:
        """The action that a RAM policy grants or denies."""
        return f"live:{self.name}"

    @property
    def writes(self) -> bool:
        """True when the call changes the studio."""
        return self.repeat != REPEAT_READ


_ALL = (
    Operation("DescribeCasters", 15, REPEAT_READ),
    Operation("DescribeCasterScenes", 15, REPEAT_READ),
    Operation("DescribeCasterSceneAudio", 15, REPEAT_READ),
    Operation("DescribeCasterConfig", 15, REPEAT_READ),
    Operation("DescribeCasterLayouts", 15, REPEAT_READ),
    Operation("DescribeCasterComponents", 15, REPEAT_READ),
    Operation("StartCaster", 10, REPEAT_NATURAL),
    Operation("StopCaster", 10, REPEAT_NATURAL),
    Operation("StartCasterScene", 10, REPEAT_NATURAL),
    Operation("StopCasterScene", 10, REPEAT_NATURAL),
    Operation("CopyCasterSceneConfig", 10, REPEAT_REREAD),
    Operation("SetCasterSceneConfig", 10, REPEAT_NATURAL),
    Operation("UpdateCasterSceneConfig", 10, REPEAT_NATURAL),
    Operation("EffectCasterUrgent", 10, REPEAT_NATURAL),
)

OPERATIONS: dict[str, Operation] = {operation.name: operation for operation in _ALL}
