# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Temporary keys by alibabacloud-credentials, without its side effects.

The library builds, signs and reads the requests to STS, instance metadata, CloudSSO and a credentials URI. For the
time of one fetch it is given nothing of the environment (it would fill blanks from there), and its requests go through
`_api/transport.py`. Which proxy and which CA bundles are used follows the environment of the task, which is not that of
this process. Instance metadata and loopback addresses are never asked through a proxy: a proxy would answer for
another machine.

The host of the metadata service is fixed, and STS is asked over https only.
"""

from __future__ import annotations

import importlib
import ipaddress
import json
import logging
import os
import re
import ssl
import threading
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from .._api.endpoint import is_loopback, place_of
from .._api.transport import NoReply, Request, TransportOptions
from .._api.transport import fetch as fetch_over_http
from .._errors.codes import MEANINGS
from .._errors.explain import hint_for, ram_statement
from .._errors.names import is_request_id
from .environment import text_of
from .files import kind_in_place, read_text, shown
from .keys import CredentialError, Pair, key_text
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


class FetchOptions(NamedTuple):
    """How token services are reached. `seconds` bounds all requests of one fetch together."""

    around: Surroundings
    seconds: float
    proxy: str | None = None
    ca_path: str | None = None


def fetch(identity: Identity, options: FetchOptions) -> Pair:
    """Get the keys of an identity. Raises CredentialError, MissingLibrary."""
    # The library would open the file of a token whatever it is, and wait.
    token = _oidc_token(identity)
    library = _load()
    transport = _LibraryTransport(library, options)
    failure: Exception | None = None
    with _alone(library, transport, token):
        try:
            found = _build(identity, library, options.around).get_credentials()
        except Exception as error:
            failure = error
    # Raised out here so that it carries no context: the library's exceptions hold answers and addresses.
    if failure is not None:
        raise _in_words(failure, transport)
    return _complete(found, transport)


def _oidc_token(identity: Identity) -> str | None:
    while isinstance(identity, Assumed):
        identity = identity.origin
    if not isinstance(identity, Oidc):
        return None
    what = f"the token in the OIDC token file {shown(identity.token_file)}"
    try:
        token = text_of(read_text(identity.token_file))
    except CredentialError as error:
        raise CredentialError(f"the OIDC token file cannot be used: {error.words}", error.hint) from None
    if token is None:
        raise CredentialError(f"the OIDC token file {shown(identity.token_file)} is empty")
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
def _alone(library: _Library, transport: _LibraryTransport, token: str | None) -> Iterator[None]:
    """Give the library no environment, our transport and the token that was read. Put everything back afterwards."""
    with _LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        settings = {name: value for name, value in vars(library.auth_util).items() if _is_setting(name)}
        sender = vars(library.core)["do_action"]
        reader = vars(library.oidc).get("_get_token")
        try:
            library.oidc._get_token = lambda _path: token
            for name in settings:
                setattr(library.auth_util, name, _blank_setting(name))
            library.core.do_action = staticmethod(transport.send)
            yield
        finally:
            library.core.do_action = sender
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
        raise CredentialError(
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
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise CredentialError("the CloudSSO sign-in address must begin with https://, since a token is sent there")
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
    raise CredentialError(f"{what} is not an http or https address")


def _complete(found: Any, transport: _LibraryTransport) -> Pair:
    """Check what came back; a half or broken key must not reach the signer."""
    keys = [text_of(value) for value in (found.get_access_key_id(), found.get_access_key_secret())]
    token = text_of(found.get_security_token())
    if None in keys or token is None:
        raise CredentialError(f"{transport.service} answered with an incomplete key")
    whole = [key_text(f"the key from {transport.service}", str(value)) for value in (*keys, token)]
    return Pair(*whole)


# --- words -----------------------------------------------------------------------------------------------------------


def _in_words(error: Exception, transport: _LibraryTransport) -> CredentialError:
    """Say why a fetch failed. Never uses the text of an exception of the library: it holds answers and addresses."""
    if isinstance(error, CredentialError):
        return CredentialError(error.words, error.hint, error.retryable)
    if transport.status is None:
        return CredentialError(f"{LIBRARY} does not accept it ({type(error).__name__})")
    if transport.status != 200:
        return _refused(transport)
    if "cached value" in str(error):
        return CredentialError(
            f"{transport.service} answered with a key that has already expired",
            "Check the clock of this machine.",
        )
    return CredentialError(f"{transport.service} did not answer in the form that it should ({type(error).__name__})")


def _refused(transport: _LibraryTransport) -> CredentialError:
    words = f"{transport.service} answered {transport.status}"
    words += f" {transport.code}" if transport.code else ""
    words += f" for the role {transport.role_arn}" if transport.role_arn else ""
    words += f" (request id {transport.request_id})" if transport.request_id else ""
    retryable = transport.status == 429 or (transport.status or 0) >= 500
    if transport.role_arn and transport.code in ("NoPermission", "Forbidden.RAM", "Forbidden"):
        statement = ram_statement("sts:AssumeRole", transport.role_arn)
        hint = f"The role must trust this identity, and a RAM user also needs this statement in a policy: {statement}"
        return CredentialError(words, hint)
    if transport.role_arn and transport.code.startswith("EntityNotExist"):
        return CredentialError(words, "Check that the role exists and that its ARN is spelt right.")
    meaning = MEANINGS.get(transport.code)
    if meaning is not None:
        sentence = meaning.sentence[0].lower() + meaning.sentence[1:].rstrip(".")
        return CredentialError(f"{words}: {sentence}", hint_for(meaning, transport.temporary), retryable)
    if transport.service == METADATA and transport.status == 404:
        return CredentialError(words, "Check that the role is attached to this ECS instance and spelt right.")
    if transport.service == CLOUD_SSO and transport.status in (401, 403):
        return CredentialError(words, "Sign in again with aliyun configure --mode CloudSSO.")
    return CredentialError(words, "Read the code of the service." if transport.code else "Try again.", retryable)


# --- the transport of the library ------------------------------------------------------------------------------------

STS = "STS"
METADATA = "the metadata service of this ECS instance"
CLOUD_SSO = "CloudSSO"
URI = "the credentials URI"

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9._]{1,60}")


class _LibraryTransport:
    """Sends the library's requests, and keeps status, code and request id of the last answer for messages."""

    def __init__(self, library: _Library, options: FetchOptions) -> None:
        self._library = library
        self._options = options
        self._end = time.monotonic() + options.seconds
        self.service = LIBRARY
        self.role_arn = ""
        self.temporary = False
        self.status: int | None = None
        self.code = ""
        self.request_id = ""

    def send(self, request: Any, runtime_option: Mapping[str, Any] | None = None) -> Any:
        """Stand in for TeaCore.do_action: send one request and return its answer."""
        self.service = _service_of(request)
        self.role_arn = str(request.query.get("RoleArn", ""))
        self.temporary = bool(request.query.get("SecurityToken"))
        self.status, self.code, self.request_id = None, "", ""
        address = _split(self._library.core.compose_url(request), "the address of a token service")
        proxy = _proxy_for(address, self._options)
        connect, read = _timeouts(runtime_option or {})
        transport = TransportOptions(
            connect_timeout=connect,
            read_timeout=read,
            proxy=proxy.geturl() if proxy else None,
            trusted=_tls(self._options) if address.scheme == "https" else None,
            environment=False,
        )
        try:
            reply = fetch_over_http(_as_request(request, address), transport, self._end - time.monotonic())
        except NoReply as failure:
            raise CredentialError(
                f"{self.service} gave no usable answer: {failure.reason}{_through(proxy, failure.reason)}",
                "Check the network path, the proxy variables and the certificates of this machine.",
                retryable=True,
            ) from None
        self.status = reply.status
        self._note(reply.body, _sent(request))
        headers = {name.lower(): value for name, value in reply.headers.items()}
        return SimpleNamespace(status_code=reply.status, status_message="", headers=headers, body=reply.body)

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


def _as_request(request: Any, address: SplitResult) -> Request:
    headers = {str(name): str(value) for name, value in request.headers.items()}
    body = request.body.encode() if isinstance(request.body, str) else request.body
    return Request(str(request.method or "GET").upper(), address.geturl(), headers, body, _LARGEST_ANSWER)


def _through(proxy: SplitResult | None, said: str) -> str:
    """Host and port of the proxy in between, unless they are said already; neither is a secret."""
    place = place_of(proxy.hostname or "", proxy.port or 80) if proxy else ""
    return "" if place in said else f" (through the proxy {place})"


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


def _tls(options: FetchOptions) -> ssl.SSLContext:
    """Trust the system, certifi, and the bundle that is named; none of them takes the place of another."""
    around = options.around
    named = options.ca_path or around.text("REQUESTS_CA_BUNDLE") or around.text("CURL_CA_BUNDLE")
    for path in (named, around.text("SSL_CERT_FILE")):
        kind = kind_in_place(path) if path else None
        # OpenSSL would open a pipe and wait.
        if path and kind not in (None, "a directory"):
            raise CredentialError(f"the CA bundle {shown(path)} is {kind} and not a regular file")
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
        raise CredentialError(f"the CA bundle {shown(named)} cannot be read") from None
    return context


# --- proxies ---------------------------------------------------------------------------------------------------------


def _proxy_for(parts: SplitResult, options: FetchOptions) -> SplitResult | None:
    host = parts.hostname or ""
    if host == _METADATA_HOST or is_loopback(host):
        return None
    named = options.proxy
    if named is None:
        around = options.around
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
    raise CredentialError("the proxy for token services must be an http:// address")


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
