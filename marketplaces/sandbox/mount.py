"""The sandbox under a `requests` session, without a port: the client's real code runs against it in tests."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from requests import PreparedRequest, Response, Session
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPResponse

from marketplaces.sandbox.facts import Request
from marketplaces.sandbox.server import Sandbox
from marketplaces.sandbox.wsgi import headers_of

HOST = "http://127.0.0.1:9"


class InProcess(BaseAdapter):
    """A transport that hands each request to the sandbox and gives back its answer."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__()
        self.sandbox = sandbox

    def send(self, request: PreparedRequest, *_: Any, **__: Any) -> Response:
        answer = self.sandbox.answer(_request(request))
        raw = HTTPResponse(
            body=io.BytesIO(answer.body), headers=dict(headers_of(answer)), status=answer.status, preload_content=False
        )
        response = Response()
        response.status_code, response.raw, response.url, response.request = (
            answer.status,
            raw,
            request.url or "",
            request,
        )
        response.headers = CaseInsensitiveDict(raw.headers)
        return response

    def close(self) -> None:
        """Nothing is held open."""


def mount(session: Session, sandbox: Sandbox) -> None:
    """Let a session reach the sandbox at `HOST`."""
    session.mount(HOST, InProcess(sandbox))


def _request(prepared: PreparedRequest) -> Request:
    address = urlsplit(prepared.url or "")
    query: Mapping[str, list[str]] = parse_qs(address.query, keep_blank_values=True)
    body = prepared.body or b""
    return Request(
        method=prepared.method or "GET",
        path=address.path,
        params={key: values[-1] for key, values in query.items()},
        headers=prepared.headers,
        body=body.encode() if isinstance(body, str) else bytes(body),
        base_url=f"{address.scheme}://{address.netloc}",
        query={key: tuple(values) for key, values in query.items()},
    )
