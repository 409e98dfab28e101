"""The sandbox as a WSGI application; granian loads `application` in a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from requests.structures import CaseInsensitiveDict

from marketplaces.sandbox.facts import Answer, Request
from marketplaces.sandbox.server import Sandbox

StartResponse = Callable[[str, list[tuple[str, str]]], Any]


def request_of(environ: dict[str, Any]) -> Request:
    """Read a WSGI request whole; the last of repeated parameters wins in `params`, `query` keeps them all."""
    query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    headers = {key[5:].replace("_", "-"): value for key, value in environ.items() if key.startswith("HTTP_")}
    headers |= {key.replace("_", "-"): environ[key] for key in ("CONTENT_TYPE", "CONTENT_LENGTH") if environ.get(key)}
    length = int(environ.get("CONTENT_LENGTH") or 0)
    return Request(
        method=environ["REQUEST_METHOD"],
        path=environ.get("PATH_INFO", "/").encode("latin-1").decode("utf-8", "replace"),
        params={key: values[-1] for key, values in query.items()},
        headers=CaseInsensitiveDict(headers),
        body=environ["wsgi.input"].read(length) if length else b"",
        base_url=f"{environ.get('wsgi.url_scheme', 'http')}://{environ.get('HTTP_HOST', 'localhost')}",
        query={key: tuple(values) for key, values in query.items()},
    )


def wsgi(sandbox: Callable[[], Sandbox]) -> Callable[[dict[str, Any], StartResponse], Iterable[bytes]]:
    """The application; `sandbox` is asked for at the first request, so that importing costs nothing."""

    def application(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        answer = sandbox().answer(request_of(environ))
        start_response(f"{answer.status} {_phrase(answer)}", headers_of(answer))
        return [answer.body]

    return application


def headers_of(answer: Answer) -> list[tuple[str, str]]:
    own = {"Content-Type": answer.media_type, "Content-Length": str(len(answer.body))}
    return list((own | {key: str(value) for key, value in answer.headers.items()}).items())


def _phrase(answer: Answer) -> str:
    return HTTPStatus(answer.status).phrase
