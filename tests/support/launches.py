# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""As much of an automation controller as ansible-rulebook talks to: it finds a job template, launches it and waits."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "rehearsal-controller-token"


class Controller(ThreadingHTTPServer):
    """`launches` has what each job was launched with, in order. Jobs run until `finish`."""

    daemon_threads = True

    def __init__(self, template: str, organization: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.template = template
        self.organization = organization
        self.launches: list[dict[str, Any]] = []
        self.strangers: list[str] = []
        self.status = "running"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"

    def finish(self) -> None:
        """Let all jobs end well."""
        self.status = "successful"

    def job(self, number: int) -> dict[str, Any]:
        return {
            "id": number,
            "url": f"/api/v2/jobs/{number}/",
            "status": self.status,
            "created": "2027-01-08T11:30:00Z",
            "artifacts": {},
        }

    def page(self, path: str, query: dict[str, list[str]]) -> dict[str, Any]:
        if path == "/api/v2/unified_job_templates/":
            return _page([self._found()] if query["name"] == [self.template] else [])
        if path == "/api/v2/jobs/":
            return _page([self.job(int(number)) for number in query["id__in"][0].split(",")])
        return {"version": "24.6.1"} if path == "/api/v2/config/" else {}

    def _found(self) -> dict[str, Any]:
        return {
            "id": 7,
            "type": "job_template",
            "name": self.template,
            "summary_fields": {"organization": {"name": self.organization}},
            "related": {"launch": "/api/v2/job_templates/7/launch/"},
            "ask_limit_on_launch": True,
            "ask_variables_on_launch": True,
            "ask_inventory_on_launch": False,
            "ask_labels_on_launch": False,
        }


def _page(results: list[dict[str, Any]]) -> dict[str, Any]:
    return {"count": len(results), "next": None, "previous": None, "results": results}


class _Handler(BaseHTTPRequestHandler):
    server: Controller
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self._answer(200, self.server.page(parts.path, parse_qs(parts.query)))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/api/v2/job_templates/7/launch/":
            self._answer(404, {"detail": "Not found."})
            return
        self.server.launches.append(body)
        self._answer(201, self.server.job(100 + len(self.server.launches)))

    def _answer(self, status: int, document: dict[str, Any]) -> None:
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            status, document = 401, {"detail": "Authentication credentials were not provided."}
            self.server.strangers.append(self.path)
        data = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_args: Any) -> None:
        """Say nothing."""


@contextmanager
def controller(template: str, organization: str) -> Iterator[Controller]:
    """Listen on loopback until the block ends."""
    with Controller(template, organization) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(10)
