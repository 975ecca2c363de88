# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stand-ins on loopback for the services that give temporary keys: STS, instance metadata, CloudSSO, a credentials URI.

with TokenServices(tmp_path) as services:
    resolve(params, {**services.environ, ...})
    assert services.seen[0].action == "AssumeRole"

STS and CloudSSO have fixed https hosts. A CONNECT proxy leads every host to one TLS server whose certificate a private
authority signed, so the client is exercised as it is: HTTPS_PROXY and REQUESTS_CA_BUNDLE are all it needs.
The signature of AssumeRole is checked by code written from its description, with the keys in `secrets`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import select
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import trustme

#: access key id -> secret, for the signature of AssumeRole
SECRETS = {
    "rehearsal-key": "rehearsal-secret",
    "STS.rehearsal-key": "rehearsal-sts-secret",
    "STS.metadata": "metadata-secret",
    "STS.first-role": "first-role-secret",
    "STS.role": "role-secret",
    "STS.oidc": "oidc-secret",
    "STS.sso": "sso-secret",
    "STS.uri": "uri-secret",
}
#: What no message may ever hold.
ALL_SECRETS = (
    *SECRETS.values(),
    "metadata-token",
    "first-role-token",
    "role-token",
    "oidc-token",
    "sso-token",
    "uri-token",
    "rehearsal-token",
    "the-oidc-identity-token",
    "the-sso-access-token",
    "imds-v2-token",
    "uri-query-secret",
)

TLS_HOSTS = (
    "sts.aliyuncs.com",
    "sts.cn-beijing.aliyuncs.com",
    "sts-vpc.cn-shanghai.aliyuncs.com",
    "sts.show.example.com",
    "signin.example.com",
)


@dataclass(frozen=True)
class Seen:
    """One request as a stand-in saw it. `via`: tls, plain (asked directly) or proxy (an absolute address)."""

    via: str
    method: str
    host: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def action(self) -> str:
        return self.query.get("Action", self.path)


@dataclass
class Answer:
    """What to answer instead of a key.

    `hold`: seconds of silence before; `trickle`: seconds between the bytes; `short`: promise one byte too many;
    `interim`: statuses of answers that only announce this one.
    """

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    hold: float = 0
    trickle: float = 0
    short: bool = False
    interim: tuple[int, ...] = ()


def keys(name: str, *, lasts: float = 3600) -> dict[str, str]:
    """The four values that every service gives in one form or another."""
    expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + lasts))
    return {
        "AccessKeyId": f"STS.{name}",
        "AccessKeySecret": f"{name}-secret",
        "SecurityToken": f"{name}-token",
        "Expiration": expires,
    }


class TokenServices:
    """All stand-ins together. `answers` overrides: action or path -> Answer, or a list that is used up one by one."""

    def __init__(self, folder: Path) -> None:
        self.seen: list[Seen] = []
        self.connects: list[tuple[str, dict[str, str]]] = []
        self.answers: dict[str, Answer | list[Answer]] = {}
        self.proxy_status = 200
        self.proxy_interim = b""
        self._stopping = threading.Event()
        authority = trustme.CA()
        self.ca_path = folder / "authority.pem"
        authority.cert_pem.write_to_path(str(self.ca_path))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*TLS_HOSTS).configure_cert(context)
        self._plain = _server(self, "plain")
        self._tls = _server(self, "tls", context)
        self._proxy = _Proxy(self, self._tls.server_port)

    def __enter__(self) -> TokenServices:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stopping.set()
        for server in (self._plain, self._tls):
            server.shutdown()
            server.server_close()
        self._proxy.close()

    @property
    def environ(self) -> dict[str, str]:
        """What leads a client here."""
        return {"HTTPS_PROXY": self.proxy_url, "REQUESTS_CA_BUNDLE": str(self.ca_path)}

    @property
    def proxy_url(self) -> str:
        return f"http://127.0.0.1:{self._proxy.port}"

    @property
    def plain_url(self) -> str:
        return f"http://127.0.0.1:{self._plain.server_port}"

    def connect(self, address: tuple[str, int], timeout: float, **_more: object) -> socket.socket:
        """Replaces create_connection of urllib3: the metadata address leads here, everything else where it should."""
        here = ("127.0.0.1", self._plain.server_port)
        return socket.create_connection(here if address == ("100.100.100.200", 80) else address, timeout)

    @property
    def actions(self) -> list[str]:
        return [seen.action for seen in self.seen]

    def answer_to(self, seen: Seen) -> Answer:
        chosen = self.answers.get(seen.action)
        if isinstance(chosen, list):
            chosen = chosen.pop(0) if chosen else None
        return chosen if chosen is not None else _right_answer(seen)

    def wait(self, seconds: float) -> None:
        """Sleep, but not longer than the test runs."""
        self._stopping.wait(seconds)


def _right_answer(seen: Seen) -> Answer:
    if seen.action == "AssumeRole":
        return _assume_role(seen)
    if seen.action == "AssumeRoleWithOIDC":
        return Answer(body={"RequestId": "11111111-oidc", "Credentials": keys("oidc")})
    if seen.path == "/cloud-credentials":
        return Answer(body={"CloudCredential": keys("sso")})
    if seen.path == "/latest/api/token" and seen.method == "PUT":
        return Answer(body="imds-v2-token")
    if seen.path == "/latest/meta-data/ram/security-credentials/":
        return Answer(body="studio-role")
    if seen.path.startswith("/latest/meta-data/ram/security-credentials/"):
        return Answer(body={"Code": "Success", **keys("metadata")})
    if seen.path == "/credentials":
        return Answer(body={"Code": "Success", **keys("uri")})
    return Answer(404, {"Code": "InvalidAction.NotFound"})


def _assume_role(seen: Seen) -> Answer:
    query = dict(seen.query)
    signature = query.pop("Signature", "")
    secret = SECRETS.get(query.get("AccessKeyId", ""))
    if secret is None:
        return Answer(404, {"Code": "InvalidAccessKeyId.NotFound", "RequestId": "22222222-sts"})
    if signature != sign_v2(seen.method, query, secret):
        echo = f"server string to sign is: {quote(str(query))}"
        return Answer(400, {"Code": "SignatureDoesNotMatch", "Message": echo, "RequestId": "33333333-sts"})
    name = "first-role" if query.get("RoleArn", "").endswith("/first-role") else "role"
    return Answer(body={"RequestId": "44444444-sts", "Credentials": keys(name)})


def sign_v2(method: str, query: dict[str, str], secret: str) -> str:
    """The signature of the RPC style, version 1.0, as its page describes it."""

    def encode(text: str) -> str:
        return quote(text, safe="-_.~")

    canonical = "&".join(f"{encode(key)}={encode(value)}" for key, value in sorted(query.items()))
    text = f"{method}&{encode('/')}&{encode(canonical)}"
    return base64.b64encode(hmac.new(f"{secret}&".encode(), text.encode(), hashlib.sha1).digest()).decode()


def _server(services: TokenServices, via: str, context: ssl.SSLContext | None = None) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _handle(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            parts = urlsplit(self.path)
            seen = Seen(
                via="proxy" if self.path.startswith("http") else via,
                method=self.command,
                host=self.headers.get("host", ""),
                path=parts.path or "/",
                query=dict(parse_qsl(parts.query, keep_blank_values=True)),
                headers={name.lower(): value for name, value in self.headers.items()},
                body=self.rfile.read(length),
            )
            services.seen.append(seen)
            self._send(services.answer_to(seen))

        do_GET = do_POST = do_PUT = _handle

        def _send(self, answer: Answer) -> None:
            services.wait(answer.hold)
            whole = answer.body
            if isinstance(whole, str):
                whole = whole.encode()
            elif not isinstance(whole, bytes):
                whole = json.dumps(whole).encode()
            try:
                for status in answer.interim:
                    self.wfile.write(f"HTTP/1.1 {status} Soon\r\n\r\n".encode())
                self.send_response(answer.status)
                self.send_header("content-length", str(len(whole) + answer.short))
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                for start in range(0, len(whole), 1 if answer.trickle else len(whole) or 1):
                    self.wfile.write(whole[start : start + (1 if answer.trickle else len(whole))])
                    services.wait(answer.trickle)
                self.close_connection = answer.short
            except OSError:
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def process_request(self, request: Any, client_address: Any) -> None:
            # Like the original, but with a name by which tests tell these threads from those of the client.
            work = threading.Thread(target=self.process_request_thread, args=(request, client_address), daemon=True)
            work.name = f"stand-in {via} request"
            work.start()

        def handle_error(self, request: object, client_address: object) -> None:
            pass  # a client that goes away is what some tests are about

    server = Server(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True, name=f"stand-in {via}").start()
    return server


class _Proxy:
    """A CONNECT proxy that leads every host to one port."""

    def __init__(self, services: TokenServices, target_port: int) -> None:
        self._services = services
        self._target_port = target_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True, name="stand-in proxy").start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _address = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._tunnel, args=(client,), daemon=True, name="stand-in tunnel").start()

    def _tunnel(self, client: socket.socket) -> None:
        with client:
            head = b""
            while b"\r\n\r\n" not in head:
                data = client.recv(4096)
                if not data:
                    return
                head += data
            first, *lines = head.decode().split("\r\n\r\n")[0].split("\r\n")
            headers = {name.lower(): value for name, _colon, value in (line.partition(": ") for line in lines)}
            self._services.connects.append((first.split()[1], headers))
            client.sendall(self._services.proxy_interim)
            if self._services.proxy_status != 200:
                client.sendall(f"HTTP/1.1 {self._services.proxy_status} No\r\n\r\n".encode())
                return
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with socket.create_connection(("127.0.0.1", self._target_port), 5) as target:
                _pump(client, target)


def _pump(one: socket.socket, other: socket.socket) -> None:
    while True:
        ready, _write, _error = select.select([one, other], [], [], 60)
        for sock in ready:
            try:
                data = sock.recv(65536)
                if not data:
                    return
                (other if sock is one else one).sendall(data)
            except OSError:
                return
        if not ready:
            return
