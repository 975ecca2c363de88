# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Signature protocol V1 of RPC calls: HMAC-SHA1 over the sorted parameters of query and form body.

Older official clients use it: aliyun-python-sdk-live, @alicloud/pop-core, @alicloud/rpc-client. Source: "Signature
method V2" of the Alibaba Cloud documentation, and what these clients compare an answer with.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import partial

from .claim import Claim, escaped, octets
from .refusal import Refusal
from .request import Request

_NEEDED = ("Action", "Version", "AccessKeyId", "SignatureMethod", "SignatureVersion", "SignatureNonce", "Timestamp")


def read_claim(request: Request) -> Claim:
    """Who sent a request that carries its signature as a parameter.

    Raises Refusal when a parameter is missing or names another method.
    """
    parameters = request.parameters
    if not parameters.get("Signature"):
        raise Refusal("IncompleteSignature")
    for name in _NEEDED:
        if not parameters.get(name):
            raise Refusal(f"Missing{name}", f"{name} is mandatory for this action.")
    if (parameters["SignatureMethod"], parameters["SignatureVersion"]) != ("HMAC-SHA1", "1.0"):
        raise Refusal("InvalidSignatureMethod")
    signed = sorted((name, value) for name, value in parameters.items() if name != "Signature")
    canonical = "&".join(f"{escaped(name)}={escaped(value)}" for name, value in signed)
    to_sign = f"{request.method}&{escaped(request.path)}&{escaped(canonical)}"
    return Claim(
        key_id=parameters["AccessKeyId"],
        token=parameters.get("SecurityToken", ""),
        moment=parameters["Timestamp"],
        nonce=parameters["SignatureNonce"],
        signature=parameters["Signature"],
        expected=partial(_signature, to_sign),
        # The legacy Python SDK compares what follows the colon with its own text: no blank there.
        explanation=f"Specified signature is not matched with our calculation. server string to sign is:{to_sign}",
    )


def _signature(to_sign: str, secret: str) -> str:
    mac = hmac.new(octets(f"{secret}&"), octets(to_sign), hashlib.sha1)
    return base64.b64encode(mac.digest()).decode("ascii")
