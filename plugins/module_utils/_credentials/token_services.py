# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. How does alibabacloud-credentials get a temporary key without its side effects?

The library builds, signs and reads the requests to STS, instance metadata, CloudSSO and a credentials URI. For the
time of one fetch it is given nothing of the environment (it would fill blanks from there) and its bytes are carried by
`_Courier`: one deadline for all of them, no redirects, NO_PROXY and REQUESTS_CA_BUNDLE honoured, answers capped,
nothing on stderr. Instance metadata and loopback addresses are never asked through a proxy: a proxy would answer for
another machine.

The host of the metadata service is fixed, and STS is asked over https only. Whoever wants to stand in for them puts a
proxy in between (HTTPS_PROXY and REQUESTS_CA_BUNDLE), or replaces `_connect` in a test.
"""

from __future__ import annotations

import base64
import http.client
import importlib
import ipaddress
import json
import logging
import os
import re
import socket
import ssl
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from .._api.endpoint import place_of
from .._api.final_answer import MOST_INTERIM, FinalAnswer
from .._api.transport import start
from .._errors.codes import MEANINGS, hint_for, ram_statement
from .._errors.names import is_request_id
from .environment import text_of
from .files import kind_in_place, read_text, shown
from .keys import Pair, Unusable, key_text
from .profiles import (
    Assumed,
    CloudSso,
    CredentialsUri,
    EcsRole,
    Identity,
    Oidc,
    Role,
    Surroundings,
)

LIBRARY = "alibabacloud-credentials"
# Older ones install signal handlers as soon as an ECS role is built.
OLDEST = (1, 0, 9)
_METADATA_HOST = "100.100.100.200"
_LARGEST_ANSWER = 256 * 1024


class MissingLibrary(Exception):
    """alibabacloud-credentials is not there, or cannot be used. The text says which in plain words."""


@dataclass(frozen=True)
class Road:
    """How token services are reached. `seconds` bounds all requests of one fetch together."""

    around: Surroundings
    seconds: float
    proxy: str | None = None
    ca_path: str | None = None


def fetch(identity: Identity, road: Road) -> Pair:
    """Get the keys of an identity. Raises Unusable, MissingLibrary."""
    # The library would open the file of a token whatever it is, and wait.
    token = _oidc_token(identity)
    library = _load()
    courier = _Courier(library, road)
    failure: Exception | None = None
    with _alone(library, courier, token):
        try:
            found = _build(identity, library, road.around).get_credentials()
        except Exception as error:
            failure = error
    # Raised out here so that it carries no context: the library's exceptions hold answers and addresses.
    if failure is not None:
        raise _in_words(failure, courier)
    return _complete(found, courier)


def _oidc_token(identity: Identity) -> str | None:
    while isinstance(identity, Assumed):
        identity = identity.origin
    if not isinstance(identity, Oidc):
        return None
    what = f"the token in the OIDC token file {shown(identity.token_file)}"
    try:
        token = text_of(read_text(identity.token_file))
    except Unusable as unusable:
        raise Unusable(f"the OIDC token file cannot be used: {unusable.words}", unusable.hint) from None
    if token is None:
        raise Unusable(f"the OIDC token file {shown(identity.token_file)} is empty")
    return key_text(what, token)


# --- the library -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Library:
    providers: Any
    auth_util: Any
    oidc: Any
    core: Any


def _load() -> _Library:
    """Import the library, which takes half a second, and silence it."""
    try:
        package = importlib.import_module("alibabacloud_credentials")
        _check_version(str(getattr(package, "__version__", "")))
        library = _Library(
            importlib.import_module("alibabacloud_credentials.provider"),
            importlib.import_module("alibabacloud_credentials.utils.auth_util"),
            importlib.import_module("alibabacloud_credentials.provider.oidc"),
            importlib.import_module("Tea.core").TeaCore,
        )
    except ImportError:
        raise MissingLibrary(f"the Python package {LIBRARY} is not installed") from None
    except MissingLibrary:
        raise
    except Exception as error:
        raise MissingLibrary(f"the Python package {LIBRARY} cannot be imported ({type(error).__name__})") from None
    for name in ("credentials", "alibabacloud-tea"):
        logger = logging.getLogger(name)
        logger.handlers[:] = [logging.NullHandler()]
        logger.propagate = False
    return library


def _check_version(version: str) -> None:
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:3])
    if numbers < OLDEST:
        oldest = ".".join(str(number) for number in OLDEST)
        raise MissingLibrary(f"the Python package {LIBRARY} {version} is too old; {oldest} or newer is needed")


_LOCK = threading.RLock()


@contextmanager
def _alone(library: _Library, courier: _Courier, token: str | None) -> Iterator[None]:
    """Give the library no environment, our courier and the token that was read, and put everything back afterwards."""
    with _LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        settings = {name: value for name, value in vars(library.auth_util).items() if _is_setting(name)}
        carrier = vars(library.core)["do_action"]
        reader = vars(library.oidc).get("_get_token")
        try:
            library.oidc._get_token = lambda _path: token
            for name in settings:
                setattr(library.auth_util, name, _blank_setting(name))
            library.core.do_action = staticmethod(courier.carry)
            yield
        finally:
            library.core.do_action = carrier
            if reader is None:
                del library.oidc._get_token
            else:
                library.oidc._get_token = reader
            for name, value in settings.items():
                setattr(library.auth_util, name, value)


def _is_setting(name: str) -> bool:
    return name.startswith("environment_") or name in ("enable_oidc_credential", "client_type")


def _blank_setting(name: str) -> Any:
    if name == "enable_oidc_credential":
        return False
    if name == "client_type":
        return "default"
    return "false" if name.endswith(("_disabled", "_vpc")) else None


def _build(identity: Identity, library: _Library, around: Surroundings) -> Any:
    """Build the library's provider for an identity."""
    providers = library.providers
    if isinstance(identity, Pair):
        return _static(identity, providers)
    if isinstance(identity, Assumed):
        origin = _build(identity.origin, library, around)
        return providers.RamRoleArnCredentialsProvider(
            credentials_provider=origin, external_id=identity.role.external_id, **_role_settings(identity.role)
        )
    if isinstance(identity, Oidc):
        return providers.OIDCRoleArnCredentialsProvider(
            oidc_provider_arn=identity.provider_arn,
            oidc_token_file_path=identity.token_file,
            **_role_settings(identity.role),
        )
    if isinstance(identity, EcsRole):
        return _ecs(identity, providers, around)
    if isinstance(identity, CloudSso):
        return _cloud_sso(identity, providers)
    return _credentials_uri(identity, providers)


def _static(pair: Pair, providers: Any) -> Any:
    keys = {"access_key_id": pair.access_key_id, "access_key_secret": pair.access_key_secret}
    if pair.security_token:
        return providers.StaticSTSCredentialsProvider(security_token=pair.security_token, **keys)
    return providers.StaticAKCredentialsProvider(**keys)


def _role_settings(role: Role) -> dict[str, Any]:
    return {
        "role_arn": role.arn,
        "role_session_name": role.session_name,
        "duration_seconds": role.seconds,
        "policy": role.policy,
        "sts_region_id": role.sts_region,
        "enable_vpc": role.vpc,
        "sts_endpoint": role.sts_endpoint,
    }


def _ecs(identity: EcsRole, providers: Any, around: Surroundings) -> Any:
    if around.flag("ALIBABA_CLOUD_ECS_METADATA_DISABLED"):
        raise Unusable(
            "ALIBABA_CLOUD_ECS_METADATA_DISABLED forbids to ask instance metadata",
            "Unset the variable, or use another identity.",
        )
    return providers.EcsRamRoleCredentialsProvider(
        role_name=identity.name,
        disable_imds_v1=around.flag("ALIBABA_CLOUD_IMDSV1_DISABLED"),
        # Otherwise the library starts a thread that lives as long as the process.
        async_update_enabled=False,
    )


def _cloud_sso(identity: CloudSso, providers: Any) -> Any:
    parts = _split(identity.sign_in_url, "the CloudSSO sign-in address")
    if parts.scheme != "https" and not _is_loopback(parts.hostname or ""):
        raise Unusable("the CloudSSO sign-in address must begin with https://, since a token is sent there")
    return providers.CloudSSOCredentialsProvider(
        sign_in_url=identity.sign_in_url,
        account_id=identity.account_id,
        access_config=identity.access_config,
        access_token=identity.access_token,
        access_token_expire=identity.expires,
    )


def _credentials_uri(identity: CredentialsUri, providers: Any) -> Any:
    _split(identity.uri, "ALIBABA_CLOUD_CREDENTIALS_URI")
    return providers.URLCredentialsProvider(uri=identity.uri)


def _split(address: str, what: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        if parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0):
            return parts
    except ValueError:
        pass
    raise Unusable(f"{what} is not an http or https address")


def _complete(found: Any, courier: _Courier) -> Pair:
    """Check what came back; a half or broken key must not reach the signer."""
    keys = [text_of(value) for value in (found.get_access_key_id(), found.get_access_key_secret())]
    token = text_of(found.get_security_token())
    if None in keys or token is None:
        raise Unusable(f"{courier.service} answered with an incomplete key")
    whole = [key_text(f"the key from {courier.service}", str(value)) for value in (*keys, token)]
    return Pair(*whole)


# --- words -----------------------------------------------------------------------------------------------------------


def _in_words(error: Exception, courier: _Courier) -> Unusable:
    """Say why a fetch failed. Never uses the text of an exception of the library: it holds answers and addresses."""
    if isinstance(error, Unusable):
        return Unusable(error.words, error.hint, error.retryable)
    if courier.status is None:
        return Unusable(f"{LIBRARY} does not accept it ({type(error).__name__})")
    if courier.status != 200:
        return _refused(courier)
    if "cached value" in str(error):
        return Unusable(
            f"{courier.service} answered with a key that has already expired",
            "Check the clock of this machine.",
        )
    return Unusable(f"{courier.service} did not answer in the form that it should ({type(error).__name__})")


def _refused(courier: _Courier) -> Unusable:
    words = f"{courier.service} answered {courier.status}"
    words += f" {courier.code}" if courier.code else ""
    words += f" for the role {courier.role_arn}" if courier.role_arn else ""
    words += f" (request id {courier.request_id})" if courier.request_id else ""
    retryable = courier.status == 429 or (courier.status or 0) >= 500
    if courier.role_arn and courier.code in ("NoPermission", "Forbidden.RAM", "Forbidden"):
        statement = ram_statement("sts:AssumeRole", courier.role_arn)
        hint = f"The role must trust this identity, and a RAM user also needs this statement in a policy: {statement}"
        return Unusable(words, hint)
    if courier.role_arn and courier.code.startswith("EntityNotExist"):
        return Unusable(words, "Check that the role exists and that its ARN is spelt right.")
    meaning = MEANINGS.get(courier.code)
    if meaning is not None:
        sentence = meaning.sentence[0].lower() + meaning.sentence[1:].rstrip(".")
        return Unusable(f"{words}: {sentence}", hint_for(meaning, courier.temporary), retryable)
    if courier.service == METADATA and courier.status == 404:
        return Unusable(words, "Check that the role is attached to this ECS instance and spelt right.")
    if courier.service == CLOUD_SSO and courier.status in (401, 403):
        return Unusable(words, "Sign in again with aliyun configure --mode CloudSSO.")
    return Unusable(words, "Read the code of the service." if courier.code else "Try again.", retryable)


# --- the courier -----------------------------------------------------------------------------------------------------

STS = "STS"
METADATA = "the metadata service of this ECS instance"
CLOUD_SSO = "CloudSSO"
URI = "the credentials URI"

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9._]{1,60}")


class _Courier:
    """Carries the library's requests. Remembers of the last answer what may be told: status, code, request id."""

    def __init__(self, library: _Library, road: Road) -> None:
        self._library = library
        self._road = road
        self._end = time.monotonic() + road.seconds
        self.service = LIBRARY
        self.role_arn = ""
        self.temporary = False
        self.status: int | None = None
        self.code = ""
        self.request_id = ""

    def carry(self, request: Any, runtime_option: Mapping[str, Any] | None = None) -> Any:
        """Stand in for TeaCore.do_action: send one request and return its answer."""
        self.service = _service_of(request)
        self.role_arn = str(request.query.get("RoleArn", ""))
        self.temporary = bool(request.query.get("SecurityToken"))
        self.status, self.code, self.request_id = None, "", ""
        exchange = _Exchange(
            parts=_split(self._library.core.compose_url(request), "the address of a token service"),
            method=str(request.method or "GET").upper(),
            headers={str(name): str(value) for name, value in request.headers.items()},
            body=request.body.encode() if isinstance(request.body, str) else request.body,
            proxy=None,
            context=None,
            timeouts=_timeouts(runtime_option or {}),
        )
        exchange.proxy = _proxy_for(exchange.parts, self._road)
        if exchange.parts.scheme == "https":
            exchange.context = _tls(self._road)
        self.status, headers, body = self._run(exchange)
        self._note(body, _sent(request))
        return SimpleNamespace(status_code=self.status, status_message="", headers=headers, body=body)

    def _run(self, exchange: _Exchange) -> tuple[int, dict[str, str], bytes]:
        try:
            return exchange.run(self._end - time.monotonic())
        except _Broken as broken:
            raise Unusable(
                f"{self.service} {broken.words} ({_where(exchange)})",
                "Check the network path, the proxy variables and the certificates of this machine.",
                retryable=True,
            ) from None

    def _note(self, body: bytes, sent: str) -> None:
        with suppress(ValueError, RecursionError):
            answer = json.loads(body)
            if isinstance(answer, Mapping):
                # What was sent is no news, and there may be a key or a token in it.
                code, request_id = answer.get("Code") or answer.get("ErrorCode"), answer.get("RequestId")
                known = isinstance(code, str) and _CODE.fullmatch(code) and code not in sent
                self.code = str(code) if known else ""
                known = isinstance(request_id, str) and is_request_id(request_id) and request_id not in sent
                self.request_id = str(request_id) if known else ""


def _where(exchange: _Exchange) -> str:
    """Host and port that were asked, and those of the proxy in between; neither is a secret."""
    where = _place(exchange.parts)
    return f"{where}, through the proxy {_place(exchange.proxy)}" if exchange.proxy else where


def _place(parts: SplitResult) -> str:
    return place_of(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))


def _service_of(request: Any) -> str:
    if request.headers.get("host") == _METADATA_HOST:
        return METADATA
    if str(request.query.get("Action", "")).startswith("AssumeRole"):
        return STS
    return CLOUD_SSO if request.pathname == "/cloud-credentials" else URI


def _sent(request: Any) -> str:
    body = request.body.decode("latin-1") if isinstance(request.body, bytes) else str(request.body or "")
    return "\n".join([*map(str, request.headers.values()), *map(str, request.query.values()), body])


def _timeouts(runtime: Mapping[str, Any]) -> tuple[float, float]:
    return (runtime.get("connectTimeout") or 5000) / 1000, (runtime.get("readTimeout") or 10000) / 1000


class _Broken(Exception):
    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


@dataclass
class _Exchange:
    """One request and its answer.

    A socket timeout bounds each read and not the whole, so a thread does the work and is waited for; when the time is
    over its socket is cut, and the thread ends.
    """

    parts: SplitResult
    method: str
    headers: Mapping[str, str]
    body: bytes | None
    proxy: SplitResult | None
    context: ssl.SSLContext | None
    timeouts: tuple[float, float]
    sock: socket.socket | None = None
    answer: tuple[int, dict[str, str], bytes] | None = None
    failure: Exception | None = None
    cut: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, seconds: float) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body. Raises _Broken."""
        worker = threading.Thread(target=self._work, daemon=True, name="apsara.live token service")
        if seconds > 0:
            try:
                start(worker)
            except (RuntimeError, MemoryError):
                raise _Broken("was not asked, since this machine starts no more threads") from None
            worker.join(seconds)
            if worker.is_alive():
                self._cut()
                worker.join(1.0)
        # What arrived before the cut is a piece of an answer at best.
        if self.answer is not None and not self.cut:
            return self.answer
        raise _broken(self.failure if not self.cut else None)

    def _work(self) -> None:
        try:
            self.answer = self._exchange()
        except Exception as error:  # whatever it is, the caller must learn of it
            self.failure = error
        finally:
            if self.sock is not None:
                self.sock.close()

    def _exchange(self) -> tuple[int, dict[str, str], bytes]:
        host = self.parts.hostname or ""
        port = self.parts.port or (443 if self.context else 80)
        hop = (self.proxy.hostname or "", self.proxy.port or 80) if self.proxy else (host, port)
        sock = self._use(_connect(hop, self.timeouts[0]))
        if self.context is not None:
            if self.proxy:
                self._tunnel(sock, host, port)
            secure = self.context.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
            sock = self._use(secure)
            secure.do_handshake()
        sock.settimeout(self.timeouts[1])
        connection = http.client.HTTPConnection(host, port)
        connection.sock = sock
        connection.response_class = FinalAnswer
        connection.request(self.method, self._target(), self.body, self._all_headers())
        return _read(connection.getresponse())

    def _target(self) -> str:
        if self.proxy and self.context is None:
            return self.parts.geturl()
        return (self.parts.path or "/") + (f"?{self.parts.query}" if self.parts.query else "")

    def _all_headers(self) -> dict[str, str]:
        headers = {**self.headers, "connection": "close", "accept-encoding": "identity"}
        return {**headers, **self._proxy_headers()} if self.context is None else headers

    def _proxy_headers(self) -> dict[str, str]:
        if self.proxy is None or self.proxy.username is None:
            return {}
        login = f"{unquote(self.proxy.username)}:{unquote(self.proxy.password or '')}"
        return {"proxy-authorization": "Basic " + base64.b64encode(login.encode()).decode()}

    def _tunnel(self, sock: socket.socket, host: str, port: int) -> None:
        target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
        lines += [f"{name}: {value}" for name, value in self._proxy_headers().items()]
        sock.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
        status = _final_status(sock)
        if status != "200":
            raise _Broken(f"could not be reached, since the proxy refused ({status or 'no status'})")

    def _use(self, opened: socket.socket) -> socket.socket:
        with self.lock:
            self.sock = opened
            if self.cut:
                opened.close()
        return opened

    def _cut(self) -> None:
        with self.lock:
            self.cut = True
            if self.sock is not None:
                with suppress(OSError):
                    self.sock.shutdown(socket.SHUT_RDWR)


def _final_status(sock: socket.socket) -> str:
    """The status of the answer, after those that only announce one; the empty string when it has none."""
    for _unused in range(MOST_INTERIM):
        words = _head(sock).split(b"\r\n", 1)[0].split()
        status = words[1].decode() if len(words) > 1 and words[1].isdigit() else ""
        if not (len(status) == 3 and status.startswith("1")):
            return status
    return ""


def _head(sock: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = sock.recv(1)
        if not byte or len(head) > 16384:
            raise _Broken("could not be reached, since the proxy did not answer as a proxy")
        head += byte
    return head


# Replaced in tests, to stand in for addresses that cannot be had on loopback.
_connect: Callable[[tuple[str, int], float], socket.socket] = socket.create_connection


def _read(response: http.client.HTTPResponse) -> tuple[int, dict[str, str], bytes]:
    body = response.read(_LARGEST_ANSWER + 1)
    if len(body) > _LARGEST_ANSWER:
        raise _Broken("answered with far too much")
    promised = response.getheader("content-length", "")
    if promised.isdigit() and len(body) < int(promised):
        raise _Broken("broke off in the middle of its answer")
    return response.status, {name.lower(): value for name, value in response.getheaders()}, body


def _broken(error: Exception | None) -> _Broken:
    if isinstance(error, _Broken):
        return _Broken(error.words)
    if error is None or isinstance(error, (TimeoutError, socket.timeout)):
        return _Broken("did not answer in time")
    if isinstance(error, ssl.SSLCertVerificationError):
        return _Broken(f"could not be trusted: {error.verify_message.rstrip('.')}")
    if isinstance(error, socket.gaierror):
        return _Broken("could not be found by name")
    if isinstance(error, ConnectionRefusedError):
        return _Broken("could not be reached, since the connection was refused")
    return _Broken(f"could not be reached or answered brokenly ({type(error).__name__})")


def _tls(road: Road) -> ssl.SSLContext:
    """Trust the system, certifi, and the bundle that is named; none of them takes the place of another."""
    around = road.around
    named = road.ca_path or around.text("REQUESTS_CA_BUNDLE") or around.text("CURL_CA_BUNDLE")
    for path in (named, around.text("SSL_CERT_FILE")):
        kind = kind_in_place(path) if path else None
        # OpenSSL would open a pipe and wait.
        if path and kind not in (None, "a directory"):
            raise Unusable(f"the CA bundle {shown(path)} is {kind} and not a regular file")
    context = ssl.create_default_context()
    with suppress(ImportError, OSError):
        context.load_verify_locations(importlib.import_module("certifi").where())
    if named is None:
        return context
    try:
        if os.path.isdir(named):
            context.load_verify_locations(capath=named)
        else:
            context.load_verify_locations(named)
    except OSError:
        raise Unusable(f"the CA bundle {shown(named)} cannot be read") from None
    return context


# --- proxies ---------------------------------------------------------------------------------------------------------


def _proxy_for(parts: SplitResult, road: Road) -> SplitResult | None:
    host = parts.hostname or ""
    if host == _METADATA_HOST or _is_loopback(host):
        return None
    named = road.proxy
    if named is None:
        around = road.around
        if _matches_no_proxy(host, parts.port, around.text("no_proxy") or around.text("NO_PROXY") or ""):
            return None
        names = (f"{parts.scheme}_proxy", f"{parts.scheme.upper()}_PROXY", "all_proxy", "ALL_PROXY")
        named = next((value for value in map(around.text, names) if value), None)
    if named is None:
        return None
    return _split_proxy(named)


def _split_proxy(named: str) -> SplitResult:
    try:
        parts = urlsplit(named if "://" in named else f"http://{named}")
        if parts.scheme == "http" and parts.hostname and (parts.port is None or parts.port > 0):
            return parts
    except ValueError:
        pass
    raise Unusable("the proxy for token services must be an http:// address")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _matches_no_proxy(host: str, port: int | None, no_proxy: str) -> bool:
    for entry in (entry.strip().lower() for entry in no_proxy.split(",")):
        if entry == "*":
            return True
        name, _colon, wanted_port = entry.rpartition(":") if re.search(r"[^:]:\d+$", entry) else (entry, "", "")
        if wanted_port and wanted_port != str(port):
            continue
        if name and (_in_network(host, name) or host == name.lstrip(".") or host.endswith("." + name.lstrip("."))):
            return True
    return False


def _in_network(host: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
