# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds what has the shape of a secret in a text: formats of many services by detect-secrets, Alibaba Cloud's here."""

from __future__ import annotations

import re

from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.plugins.base import RegexBasedDetector


class AlibabaCloudKeys(RegexBasedDetector):
    """Access key ids, their secrets (thirty letters and digits of all kinds), STS ids and STS tokens."""

    secret_type = "Alibaba Cloud key"
    denylist = [
        re.compile(r"\bLTAI[A-Za-z0-9]{12,30}\b"),
        re.compile(r"\bSTS\.[A-Za-z0-9]{20,}\b"),
        re.compile(r"\bCAIS[A-Za-z0-9+/=]{60,}"),
        re.compile(
            r"(?<![A-Za-z0-9+/=_-])(?=[A-Z0-9]*[a-z])(?=[a-z0-9]*[A-Z])(?=[A-Za-z]*[0-9])[A-Za-z0-9]{30}(?![A-Za-z0-9+/=_-])"
        ),
    ]


# The words of detect-secrets that guess by the name beside a value or by entropy are left out: every fake key of the
# tests and every digest would be one.
_DETECTORS = [
    AlibabaCloudKeys(),
    *(kind() for kind in get_mapping_from_secret_type_to_class().values() if issubclass(kind, RegexBasedDetector)),
]


def find_secrets(text: str) -> list[tuple[str, str]]:
    """The kind and the value of everything in a text that looks like a secret."""
    return [(detector.secret_type, found) for detector in _DETECTORS for found in detector.analyze_string(text)]
