# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Error codes of the service with their HTTP status and text, and one exception.

Statuses: the operation pages and the list of common errors. Texts: not published, so in our words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Whatever is not named here and ends in .NotFound is 404; everything else is 400.
_STATUS = {
    "Forbidden": 401,
    "IllegalOperation": 401,
    "EmulatorReadOnly": 403,
    "Forbidden.RAM": 403,
    "NoPermission": 403,
    "UserQuotaExceed": 403,
    "ResourceInChannel.Invalid": 412,
    "ResourceInChannel.PreConditionFailed": 412,
    "InternalError": 500,
    "ServiceUnavailable": 503,
}

_TEXT = {
    "ComponentNumberExceed": "The maximum number of components on the scene is exceeded.",
    "EmulatorReadOnly": "The studio emulator is read-only. This call would have changed a studio.",
    "Forbidden": "User not authorized to operate on the specified resource.",
    "Forbidden.RAM": "User not authorized to operate on the specified resource, or this API doesn't support RAM.",
    "IllegalOperation": "Illegal operation, permission is denied.",
    "IncompleteSignature": "The request signature does not conform to Alibaba Cloud standards.",
    "IncorrectCasterStatus.Idle": "The production studio is not started.",
    "IncorrectCasterStatus.Inuse": "The production studio is already started.",
    "IncorrectSceneStatus": "The current state of the scene does not support this operation.",
    "IncorrectSceneStatus.Idle": "The scene is not started.",
    "IncorrectSceneStatus.Inuse": "The scene is already started.",
    "InternalError": "The request processing has failed due to some unknown error.",
    "InvalidAccessKeyId.Inactive": "Specified access key is disabled.",
    "InvalidAccessKeyId.NotFound": "Specified access key is not found.",
    "InvalidAction.NotFound": "Specified api is not found, please check your url and method.",
    "InvalidApi.NotFound": "Specified api is not found, please check your url and method.",
    "InvalidCaster.NotFound": "The specified production studio does not exist.",
    "InvalidDomainName.NotFound": "No streaming domain is configured for the production studio.",
    "InvalidScene.NotFound": "The specified scene does not exist.",
    "InvalidSecurityToken.Expired": "Specified SecurityToken is expired.",
    "InvalidSecurityToken.Malformed": "Specified SecurityToken is malformed.",
    "InvalidSecurityToken.MismatchWithAccessKey": "Specified SecurityToken mismatch with the AccessKey.",
    "InvalidSignatureMethod": "Specified signature method is not valid.",
    "InvalidTimeStamp.Expired": "Specified time stamp or date value is expired.",
    "InvalidTimeStamp.Format": "Specified time stamp or date value is not well formatted.",
    "InvalidVersion": "Specified parameter Version is not valid.",
    "MissingSecurityToken": "SecurityToken is mandatory for this action.",
    "NoPermission": "You are not authorized to perform this operation.",
    "ServiceUnavailable": "The request has failed due to a temporary failure of the server.",
    "SignatureNonceUsed": "Specified signature nonce was used already.",
    "Throttling.User": "Request was denied due to user flow control.",
    "UnsupportedHTTPMethod": "This http method is not supported.",
}


def status_of(code: str) -> int:
    """The HTTP status that goes with an error code."""
    return _STATUS.get(code, 404 if code.endswith(".NotFound") else 400)


class Refusal(Exception):
    """The service refuses a call. `detail` becomes AccessDeniedDetail, `headers` go with the answer."""

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        status: int = 0,
        headers: Mapping[str, str] | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.message = message or _TEXT.get(code, f"The request was refused: {code}.")
        self.status = status or status_of(code)
        self.headers = dict(headers or {})
        self.detail = dict(detail) if detail else None
