# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Properties run the same way everywhere: the same examples, no limit in time for one of them, nothing written.

`make test` runs many examples, and of the slow ones some; `make acceptance` runs many of those. ansible-test asks
whether the code runs on one more Python, and `make coverage` whether it runs at all: a few do.
"""

from __future__ import annotations

import os

from hypothesis import settings

_FEW = "ansible_forked" in os.environ.get("PYTEST_PLUGINS", "") or "EXAMPLES_FEW" in os.environ

settings.register_profile("steady", deadline=None, derandomize=True, database=None, max_examples=10 if _FEW else 60)
settings.load_profile("steady")
