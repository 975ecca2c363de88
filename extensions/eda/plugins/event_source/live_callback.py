# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: CPY001
# pylint: disable=line-too-long
"""An event source for ansible-rulebook: listens for callbacks of ApsaraVideo Live."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import logging
import re
import runpy
import ssl
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from aiohttp import web

DOCUMENTATION = r"""
---
short_description: Receive the callbacks of ApsaraVideo Live
description:
  - Listens for the callbacks of ApsaraVideo Live and makes each of them one event.
  - Ingest callbacks (GET, C(action) is C(publish) or C(publish_done)) say that a feed began or ended. Their URL is
    set per ingest domain.
  - Studio callbacks (POST, JSON) say what a production studio did and what went wrong in it. Their URL is set per
    studio.
  - An event has C(callback) (C(ingest) or C(studio)), C(received_at), C(signed), the callback itself in C(payload),
    and C(feed) and C(host) if it is about one of O(feeds).
    The filter P(apsara.live.normalise_callback#event_filter) makes one shape of both.
  - Every callback is answered within 5 seconds. It is answered as soon as it waits in memory, before any rule sees it.
  - A callback that is repeated within O(duplicate_window) is answered and dropped.
  - Of the encoder's own parameters (C(usrargs)), whatever looks like a key is blanked. Unknown parameters are dropped.
  - Where C(usrargs) was not encoded, its parameters stand among those of the callback. What comes before it is the
    callback's own, and so is what only one of the two can be. A callback of which that cannot be told is answered
    with 400.
options:
  path:
    description:
      - The secret path of the callback URL, such as C(/live-) and 32 random letters and digits.
      - It is the only proof that a studio callback comes from the service, which does not sign them. Anything else is
        answered with 404. It is never logged.
      - At least 16 characters; letters, digits, C(-), C(_) and C(/).
    type: str
    required: true
  port:
    description: The TCP port to listen on.
    type: int
    required: true
  host:
    description:
      - The address to listen on.
      - The default is right behind a reverse proxy on the same machine. In a container it has to be C(0.0.0.0).
    type: str
    default: 127.0.0.1
  certfile:
    description: A file with a TLS certificate and its chain. Without it the source speaks plain HTTP.
    type: str
  keyfile:
    description: The file with the key of O(certfile), if it is another one.
    type: str
  accept:
    description: Which callbacks to accept. Others are answered with 405.
    type: list
    elements: str
    choices: [ingest, studio]
    default: [ingest, studio]
  auth_keys:
    description:
      - The authentication key of each ingest domain whose callbacks are signed, by domain.
      - With it, every ingest callback needs a valid C(ALI-LIVE-SIGNATURE) that is at most 5 minutes old, or is
        answered with 403. Studio callbacks have no signature and need the path only.
    type: dict
  feeds:
    description:
      - The feeds that matter. A callback about one of them has its name in C(feed) and its studio in C(host).
      - Rules that ask for these leave all other streams of an ingest domain alone.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: What the crew calls it. Callbacks about its stream and about its source have the same name.
        type: str
        required: true
      host:
        description:
          - The inventory host of the studio that shows it, as the plugin P(apsara.live.casters#inventory) names it.
          - A studio's own name does as well, such as V(Main stage) for the host C(Main_stage). It is warned of once, at
            the start.
        type: str
        required: true
      stream:
        description: Its stream, as C(domain/app/stream).
        type: str
      source:
        description: Its source in the studio, as C(caster_id/resource_id), or C(caster_id) for every source.
        type: str
  duplicate_window:
    description:
      - For how many seconds a callback is remembered. The service repeats a callback for about half a minute.
      - Studio callbacks have neither a time nor a number. The same trouble of the same source again within this time
        counts as a repetition.
    type: float
    default: 60
  max_body:
    description: The largest body, in bytes. A larger one is answered with 413.
    type: int
    default: 16384
  max_waiting_mib:
    description:
      - How much memory callbacks may take that are answered and wait for a slow rulebook, in MiB.
      - When it is full, a callback waits up to 2 seconds for room and is then answered with 503. It is not remembered,
        so a repetition of it counts.
    type: int
    default: 32
"""

EXAMPLES = r"""
- name: Callbacks
  hosts: all
  sources:
    - apsara.live.live_callback:
        port: 8080
        path: "{{ callback_path }}"
        feeds:
          - name: main camera
            host: main
            stream: push.example.com/show/main
            source: 1a000000-main-4000-8000-000000000001/camera-1
      filters:
        - apsara.live.normalise_callback:
  rules:
    - name: Say what happened
      condition: event.live is defined
      action:
        debug:
          msg: "{{ event.live.what }}: {{ event.live.id }}"
"""

LOGGER = logging.getLogger(__name__)

# The service waits for 5 s. What is left is for a busy machine and the network.
_BODY_WITHIN = 2.0
_ROOM_WITHIN = 2.0
_SIGNATURE_AGE = 300.0
# Callbacks that are remembered at most: some 40 MiB. Beyond it a repetition may pass, rather than a callback be lost.
_REMEMBERED = 200_000
# What one waiting callback costs besides its bytes, generously.
_OVERHEAD = 128
_MAX_HEADER = 8190
_LONGEST_VALUE = 1024
_LONGEST_TYPE = 64

_INGEST, _STUDIO = "ingest", "studio"
_METHODS = {"GET": _INGEST, "POST": _STUDIO}
_IDENTITY = ("action", "app", "appname", "id", "time")
_DETAILS = ("ip", "node", "height", "width")
_ACTIONS = ("publish", "publish_done")
_PATH = re.compile(r"/[A-Za-z0-9_/-]{15,}")
_TIME = re.compile("[0-9]{1,11}")
_KEY_LIKE = re.compile(r"([^&=]*(?:auth|key|token|sign|secret|pass)[^&=]*=)[^&]*", re.IGNORECASE)
_STUDIO_NEEDED = ("OperateCallback", "RuntimeErrorCallback")


class RefusedError(Exception):
    """A request that is answered and makes no event. `status` is the HTTP status."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        """Take the status of the answer and, in words, why."""
        super().__init__(reason)
        self.status = status


class Settings:
    """The arguments of the source, checked. Raises ValueError, which names the argument and never its value."""

    def __init__(self, args: dict[str, Any]) -> None:
        """Check what the rulebook gives."""
        self.path = str(args.get("path") or "")
        if not _PATH.fullmatch(self.path):
            _wrong("path", "must begin with / and have at least 16 letters, digits, -, _ and /")
        self.port = _number(args, "port", None, 0, 65535)
        self.host = str(args.get("host") or "127.0.0.1")
        self.tls = _tls(args)
        self.accept = _accept(args)
        self.auth_keys = _auth_keys(args)
        self.feeds = _feeds(args)
        self.duplicate_window = float(_number(args, "duplicate_window", 60, 0, 3600))
        self.max_body = _number(args, "max_body", 16384, 256, 1 << 20)
        self.max_waiting = _number(args, "max_waiting_mib", 32, 1, 4096) << 20


class Memory:
    """Digests of the callbacks that were accepted in the last seconds, oldest first."""

    def __init__(self, seconds: float, limit: int = _REMEMBERED) -> None:
        """Remember for so many seconds, and so many at most."""
        self._seconds = seconds
        self._limit = limit
        self._noted: OrderedDict[bytes, float] = OrderedDict()

    def __len__(self) -> int:
        """Count what is remembered."""
        return len(self._noted)

    def knows(self, digest: bytes, now: float) -> bool:
        """Say whether this is a repetition, and forget what is too old."""
        while self._noted and next(iter(self._noted.values())) <= now - self._seconds:
            self._noted.popitem(last=False)
        return digest in self._noted

    def note(self, digest: bytes, now: float) -> None:
        """Remember an accepted callback."""
        if len(self._noted) >= self._limit:
            self._noted.popitem(last=False)
        self._noted[digest] = now


class Waiting:
    """Callbacks that were answered and wait for the rulebook, as bytes: their memory can be counted."""

    def __init__(self, limit: int) -> None:
        """Hold so many bytes at most."""
        self._limit = limit
        self._events: asyncio.Queue[bytes] = asyncio.Queue()
        self._taken = asyncio.Condition()
        self.size = 0
        self._count = 0

    def __len__(self) -> int:
        """Count what the rulebook does not have yet."""
        return self._count

    def has_room(self, event: bytes) -> bool:
        """Say whether one more fits."""
        return self.size + len(event) + _OVERHEAD <= self._limit

    async def room(self, event: bytes, seconds: float) -> bool:
        """Wait until it fits, or for so many seconds. Nothing else runs between the answer True and the next await."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds), self._taken:
                while not self.has_room(event):
                    await self._taken.wait()
        return self.has_room(event)

    def put(self, event: bytes) -> None:
        """Add one that fits."""
        self.size += len(event) + _OVERHEAD
        self._count += 1
        self._events.put_nowait(event)

    async def take(self) -> bytes:
        """Wait for the oldest. It counts until it is done."""
        return await self._events.get()

    async def done(self, event: bytes) -> None:
        """Free the room of one that the rulebook has."""
        self.size -= len(event) + _OVERHEAD
        self._count -= 1
        async with self._taken:
            self._taken.notify_all()


class Receiver:
    """Answers requests and hands on what they bring."""

    def __init__(self, settings: Settings) -> None:
        """Know the path, and remember nothing yet."""
        self._settings = settings
        self._path = settings.path.encode()
        self.memory = Memory(settings.duplicate_window)
        self.waiting = Waiting(settings.max_waiting)

    async def answer(self, request: web.Request) -> web.Response:
        """Answer one request, whatever it is."""
        # Before anything else: who does not know the path learns nothing.
        if not hmac.compare_digest(request.path.encode("utf-8", "replace"), self._path):
            return _answer(HTTPStatus.NOT_FOUND)
        try:
            await self._accept(request)
        except RefusedError as refused:
            status, reason = refused.status, str(refused)
        else:
            return _answer(HTTPStatus.OK)
        LOGGER.warning("A callback was answered with %d: %s", status, reason)
        return _answer(status, reason)

    async def _accept(self, request: web.Request) -> None:
        callback = _METHODS.get(request.method)
        if callback not in self._settings.accept:
            raise RefusedError(HTTPStatus.METHOD_NOT_ALLOWED, "this method is not accepted here")
        if callback == _INGEST:
            signed = self._check_signature(request)
            payload: dict[str, Any] = ingest(request)
            identity: Any = [payload[name] for name in _IDENTITY]
        else:
            signed = False
            payload = studio(await self._body(request))
            identity = payload
        event = {"callback": callback, "received_at": _now(), "signed": signed, "payload": payload}
        event |= self._feed(names(payload))
        await self._keep(_digest(callback, identity), json.dumps(event).encode())

    async def _keep(self, digest: bytes, event: bytes) -> None:
        # Accepting is one step without an await. A repetition must not be answered as known while the first may fail.
        now = time.monotonic()
        if self.memory.knows(digest, now):
            return
        if not self.waiting.has_room(event):
            if not await self.waiting.room(event, _ROOM_WITHIN):
                raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, "too many callbacks wait for the rulebook")
            if self.memory.knows(digest, now):
                return
        self.waiting.put(event)
        self.memory.note(digest, now)

    async def _body(self, request: web.Request) -> bytes:
        try:
            async with asyncio.timeout(_BODY_WITHIN):
                return await request.read()
        except TimeoutError:
            raise RefusedError(HTTPStatus.REQUEST_TIMEOUT, "the body did not arrive in time") from None
        except web.HTTPRequestEntityTooLarge:
            reason = f"the body has more than {self._settings.max_body} bytes"
            raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, reason) from None
        except (web.RequestPayloadError, ConnectionError):
            raise RefusedError(HTTPStatus.BAD_REQUEST, "the body is incomplete") from None

    def _check_signature(self, request: web.Request) -> bool:
        if not self._settings.auth_keys:
            return False
        stamp = request.headers.get("ALI-LIVE-TIMESTAMP", "")
        signature = request.headers.get("ALI-LIVE-SIGNATURE", "").lower().encode("utf-8", "replace")
        if not re.fullmatch("[0-9]{1,12}", stamp) or abs(time.time() - int(stamp)) > _SIGNATURE_AGE:
            raise RefusedError(HTTPStatus.FORBIDDEN, "the signature is missing, or is more than 5 minutes old")
        expected = (_signature(domain, stamp, key) for domain, key in self._settings.auth_keys.items())
        if not any(hmac.compare_digest(one, signature) for one in expected):
            raise RefusedError(HTTPStatus.FORBIDDEN, "the signature is wrong")
        return True

    def _feed(self, about: list[str]) -> dict[str, str]:
        for feed in self._settings.feeds:
            if feed.get("stream") in about or feed.get("source") in about:
                return {"feed": feed["name"], "host": feed["host"]}
        return {}

    async def forward(self, queue: asyncio.Queue[Any]) -> NoReturn:
        """Hand callbacks to the rulebook, in the order in which they came, for as long as it takes them."""
        while True:
            event = await self.waiting.take()
            await queue.put(json.loads(event))
            await self.waiting.done(event)


def ingest(request: web.Request) -> dict[str, Any]:
    """Read the parameters of an ingest callback. Raises RefusedError."""
    payload = parameters(request.rel_url.raw_query_string)
    if max(map(len, payload.values())) > _LONGEST_VALUE:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "a parameter is too long")
    if payload["action"] not in _ACTIONS:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "the action is neither publish nor publish_done")
    if not _TIME.fullmatch(payload["time"]):
        raise RefusedError(HTTPStatus.BAD_REQUEST, "the time is not in seconds")
    payload["time"] = int(payload["time"])
    if "usrargs" in payload:
        payload["usrargs"] = _KEY_LIKE.sub(r"\1***", payload["usrargs"])
    return payload


def parameters(query: str) -> dict[str, Any]:
    """Tell the parameters of a callback from those of its encoder. Raises RefusedError.

    The service hands on what the encoder's URL had in usrargs. Where that is not encoded, the parameters behind usrargs
    are of both. What stands before it is the callback's, and so is, behind it, whatever only one of them can be.
    """
    pairs = parse_qsl(query, keep_blank_values=True)
    place = next((number for number, (name, _value) in enumerate(pairs) if name == "usrargs"), len(pairs))
    own, behind = pairs[:place], pairs[place + 1 :]
    payload: dict[str, Any] = {}
    for name in (*_IDENTITY, *_DETAILS):
        values = [value for key, value in own if key == name]
        # What somebody else could have put there counts by its meaning.
        foreign = list(dict.fromkeys(value for key, value in behind if key == name and _can_be(name, value)))
        if len(values) == 1 and (values[0] or name not in _IDENTITY):
            payload[name] = values[0]
        elif not values and len(foreign) == 1:
            payload[name] = foreign[0]
        elif name in _IDENTITY:
            reason = f"the parameter {name} is not there once, and cannot be told from the encoder's own"
            raise RefusedError(HTTPStatus.BAD_REQUEST, reason)
    if place < len(pairs):
        payload["usrargs"] = pairs[place][1]
    return payload


def _can_be(name: str, value: str) -> bool:
    """Whether a parameter of the service can have this value."""
    if name == "action":
        return value in _ACTIONS
    return bool(_TIME.fullmatch(value) if name == "time" else value)


def studio(body: bytes) -> dict[str, Any]:
    """Read the body of a studio callback. Raises RefusedError."""
    try:
        payload = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise RefusedError(HTTPStatus.BAD_REQUEST, "the body is not JSON") from None
    if not isinstance(payload, dict):
        raise RefusedError(HTTPStatus.BAD_REQUEST, "the body is not a JSON object")
    event_type, message = payload.get("EventType"), payload.get("EventMessage")
    if not isinstance(event_type, str) or not 0 < len(event_type) <= _LONGEST_TYPE:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "EventType is missing")
    if not isinstance(message, dict):
        raise RefusedError(HTTPStatus.BAD_REQUEST, "EventMessage is missing")
    caster_id = payload.get("CasterId")
    if not isinstance(caster_id, str) and (caster_id is not None or event_type in _STUDIO_NEEDED):
        raise RefusedError(HTTPStatus.BAD_REQUEST, "CasterId is missing")
    return {"CasterId": caster_id, "EventType": event_type, "EventMessage": message}


def names(payload: dict[str, Any]) -> list[str]:
    """Name the subject of a callback as feeds may name it: its stream, or its source and its studio."""
    if "action" in payload:
        return ["/".join((payload["app"], payload["appname"], payload["id"]))]
    studio_id, source_id = payload["CasterId"] or "", payload["EventMessage"].get("ResourceId") or ""
    return [f"{studio_id}/{source_id}", studio_id]


def _no_constant(_name: str) -> NoReturn:
    raise ValueError


def _digest(callback: str, identity: object) -> bytes:
    text = json.dumps([callback, identity], sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def _signature(domain: str, stamp: str, key: str) -> bytes:
    """Sign as the service documents it for callback authentication."""
    text = f"{domain}|{stamp}|{key}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().encode()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_HEADERS = {HTTPStatus.METHOD_NOT_ALLOWED: {"Allow": "GET, POST"}, HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": "1"}}


def _answer(status: HTTPStatus, reason: str = "") -> web.Response:
    return web.json_response({"status": int(status), "reason": reason}, status=status, headers=_HEADERS.get(status))


def _wrong(name: str, rule: str) -> NoReturn:
    message = f"apsara.live.live_callback: {name} {rule}"
    raise ValueError(message)


def _number(args: dict[str, Any], name: str, default: int | None, least: int, most: int) -> int:
    value = args.get(name)
    if value is None or value == "":
        value = default
    try:
        number = int(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        _wrong(name, f"must be a number from {least} to {most}")
    if not least <= number <= most:
        _wrong(name, f"must be a number from {least} to {most}")
    return number


def _accept(args: dict[str, Any]) -> list[str]:
    accept = args.get("accept") or [_INGEST, _STUDIO]
    if not isinstance(accept, list) or not set(accept) <= {_INGEST, _STUDIO}:
        _wrong("accept", "must be a list of ingest and studio")
    return accept


def _auth_keys(args: dict[str, Any]) -> dict[str, str]:
    keys = args.get("auth_keys") or {}
    if not isinstance(keys, dict) or not all(isinstance(key, str) and key for pair in keys.items() for key in pair):
        _wrong("auth_keys", "must have a key for each ingest domain")
    return keys


def _feeds(args: dict[str, Any]) -> list[dict[str, str]]:
    feeds = args.get("feeds") or []
    whole = isinstance(feeds, list) and all(isinstance(feed, dict) for feed in feeds)
    if not whole or not all(_is_feed(feed) for feed in feeds):
        _wrong("feeds", "must be a list; each feed has a name and a host, and a stream or a source or both")
    host_name = _names()
    return [{**feed, "host": _host(feed, host_name(feed["host"]))} for feed in feeds]


def _host(feed: dict[str, str], host: str) -> str:
    """Name the host as the inventory does: a limit with any other name would match nobody, and the job would fail."""
    if not host:
        _wrong("feeds", f"must name hosts that can be: that of the feed {feed['name']} has no letter and no digit")
    if host != feed["host"]:
        LOGGER.warning(
            "The feed %s names the host %r, and no host can be called so: the inventory calls it %r, which is used",
            feed["name"],
            feed["host"],
            host,
        )
    return host


def _names() -> Callable[[str], str]:
    """Load the rule for names of hosts. ansible-rulebook runs this file by itself, so it imports nothing beside it."""
    path = Path(__file__).parents[4] / "plugins" / "plugin_utils" / "_names.py"
    try:
        rule: Callable[[str], str] = runpy.run_path(str(path))["host_name"]
    except OSError:
        message = (
            f"apsara.live.live_callback: this file belongs into the collection apsara.live, and {path} is not there"
        )
        raise ValueError(message) from None
    return rule


def _is_feed(feed: dict[str, Any]) -> bool:
    known = {"name", "host"} < set(feed) <= {"name", "host", "stream", "source"}
    return known and all(isinstance(value, str) and value for value in feed.values())


def _tls(args: dict[str, Any]) -> ssl.SSLContext | None:
    if not args.get("certfile"):
        return None
    for name in ("certfile", "keyfile"):
        path = Path(args.get(name) or "")
        # A pipe would be waited for, and nothing would listen.
        if args.get(name) and path.exists() and not path.is_file():
            _wrong(name, "must be a regular file")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(args["certfile"], args.get("keyfile") or None)
    return context


async def main(queue: asyncio.Queue[Any], args: dict[str, Any]) -> None:
    """Receive callbacks until cancelled. Raises ValueError for a wrong argument, OSError when it cannot listen."""
    settings = Settings(args)
    receiver = Receiver(settings)
    application = web.Application(client_max_size=settings.max_body)
    application.router.add_route("*", "/{path:.*}", receiver.answer)
    # An access log would hold the secret path, and so would complaints of the server about requests it cannot read.
    silent = logging.getLogger("apsara.live.live_callback.server")
    silent.disabled = True
    runner = web.AppRunner(
        application,
        access_log=None,
        logger=silent,
        # A compressed body could grow without limit.
        auto_decompress=False,
        max_line_size=_MAX_HEADER,
        max_field_size=_MAX_HEADER,
        keepalive_timeout=15.0,
        # Whoever hangs up has a right to repeat, and what was accepted stays accepted.
        handler_cancellation=False,
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.host, settings.port, ssl_context=settings.tls).start()
        LOGGER.info("Listening for callbacks on port %d", settings.port)
        await receiver.forward(queue)
    finally:
        await runner.cleanup()
        if receiver.waiting:
            LOGGER.warning("%d callbacks were answered and never reached the rulebook", len(receiver.waiting))
