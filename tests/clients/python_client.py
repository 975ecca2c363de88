# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An official Python client, unchanged, makes the calls that stand on standard input.

Usage: python_client.py CLIENT. Input: {"endpoint": "host:port", "calls": [{"login": {"key", "secret", "token"},
"action", "parameters"}]}. Output: one list with, for every call, {"code": "ok", "body": ...} or {"code": ...,
"message": ...}. Runs with the packages of its client only, so it imports nothing of this project.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import re
import sys
from collections.abc import Callable
from typing import Any

Login = dict[str, str]


def snake(name: str) -> str:
    """The name of an operation or a parameter as the SDK for Python writes it."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class Sdk:
    """alibabacloud-live20161101 of any release."""

    def __init__(self, endpoint: str, login: Login, asynchronous: bool = False, algorithm: str = "") -> None:
        self.models = importlib.import_module("alibabacloud_live20161101.models")
        client = importlib.import_module("alibabacloud_live20161101.client").Client
        try:
            config = importlib.import_module("alibabacloud_tea_openapi.models").Config()
        except ImportError:
            config = importlib.import_module("alibabacloud_tea_rpc.models").Config()
        config.access_key_id, config.access_key_secret = login["key"], login["secret"]
        config.endpoint, config.protocol, config.region_id = endpoint, "http", "cn-shanghai"
        if login["token"]:
            config.security_token = login["token"]
        if algorithm:
            config.signature_algorithm = algorithm
        self.client, self.asynchronous = client(config), asynchronous

    def call(self, action: str, parameters: dict[str, str]) -> Any:
        """The body of the answer; raises whatever this client raises."""
        request = getattr(self.models, action + "Request")()
        for name, value in parameters.items():
            setattr(request, snake(name), value)
        if self.asynchronous:
            answer = asyncio.run(getattr(self.client, snake(action) + "_async")(request))
        else:
            answer = getattr(self.client, snake(action))(request)
        # The oldest release gives the body itself.
        return getattr(answer, "body", answer).to_map()


class Legacy:
    """aliyun-python-sdk-live, which signs with protocol V1."""

    def __init__(self, endpoint: str, login: Login) -> None:
        core = importlib.import_module("aliyunsdkcore.client")
        credential = None
        if login["token"]:
            credentials = importlib.import_module("aliyunsdkcore.auth.credentials")
            credential = credentials.StsTokenCredential(login["key"], login["secret"], login["token"])
        arguments = {"credential": credential} if credential else {"ak": login["key"], "secret": login["secret"]}
        self.client = core.AcsClient(region_id="cn-shanghai", auto_retry=False, **arguments)
        self.endpoint = endpoint

    def call(self, action: str, parameters: dict[str, str]) -> Any:
        """The body of the answer; raises whatever this client raises."""
        module = importlib.import_module("aliyunsdklive.request.v20161101." + action + "Request")
        request = getattr(module, action + "Request")()
        request.set_accept_format("json")
        request.set_protocol_type("http")
        request.set_endpoint(self.endpoint)
        for name, value in parameters.items():
            getattr(request, "set_" + name)(value)
        return json.loads(self.client.do_action_with_exception(request))


CLIENTS: dict[str, Callable[[str, Login], Any]] = {
    "sync": Sdk,
    "async": lambda endpoint, login: Sdk(endpoint, login, asynchronous=True),
    "v2": lambda endpoint, login: Sdk(endpoint, login, algorithm="v2"),
    "async-v2": lambda endpoint, login: Sdk(endpoint, login, asynchronous=True, algorithm="v2"),
    "sm3": lambda endpoint, login: Sdk(endpoint, login, algorithm="ACS3-HMAC-SM3"),
    "legacy": Legacy,
}


def one(make_client: Callable[[str, Login], Any], endpoint: str, call: dict[str, Any]) -> dict[str, Any]:
    """What became of one call."""
    try:
        client = make_client(endpoint, call["login"])
        return {"code": "ok", "body": client.call(call["action"], call["parameters"])}
    except Exception as error:  # each client has exceptions of its own
        code = getattr(error, "code", None) or getattr(error, "error_code", None)
        return {"code": code or type(error).__name__, "message": str(error)}


def main() -> None:
    """Make all calls."""
    order = json.load(sys.stdin)
    make_client = CLIENTS[sys.argv[1]]
    json.dump([one(make_client, order["endpoint"], call) for call in order["calls"]], sys.stdout)


if __name__ == "__main__":
    main()
