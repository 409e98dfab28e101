"""One attempt at a call: connections, timeouts, a total deadline, and network faults as error families."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from functools import lru_cache
from http.cookiejar import DefaultCookiePolicy
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool

from config.core import bodies
from config.core.calls import Call, Reply
from config.core.errors import Rejected, Transient

CONNECT_S, READ_S = 5, 30
DEADLINE_S, FILE_DEADLINE_S = 60, 900
NOT_SENT = "not_sent"
UNKNOWN_OUTCOME = "unknown_outcome"

# Its debug lines quote addresses with everything in them.
logging.getLogger("urllib3").setLevel(logging.INFO)


def send(call: Call, *, owner: str) -> Reply:
    """The answer whatever its status; Transient with code `not_sent` or `unknown_outcome` when there was none."""
    refuse_unprotected(call.url)
    deadline = time.monotonic() + (FILE_DEADLINE_S if call.to_file else DEADLINE_S)
    try:
        with _request(call, owner) as response:
            return _read(response, call, deadline)
    except requests.exceptions.ConnectTimeout as error:
        raise Transient(f"{_host(call)} cannot be reached", code=NOT_SENT) from error
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        code = NOT_SENT if _was_refused(error) else UNKNOWN_OUTCOME
        raise Transient(f"{_host(call)} broke off: {type(error).__name__}", code=code) from error


def refuse_unprotected(url: str) -> None:
    """Plain HTTP is for this machine alone, and only where the settings allow it."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return
    if parts.scheme != "http" or not _may_stay_inside() or not _is_this_machine(parts.hostname or ""):
        raise Rejected(f"{parts.scheme}://{parts.hostname} is not protected; use https", code="unprotected")


def _may_stay_inside() -> bool:
    return bool(getattr(settings, "HTTP_ALLOWED_LOCAL", False) or getattr(settings, "SIMULATED", False))


class _Outward(HTTPSConnection):
    """Addresses come from clients too (a shop, a mailbox): none of them may lead into our own network.

    The address is judged when the connection stands, so that a name cannot mean another one by then.
    """

    def _new_conn(self) -> socket.socket:
        connected = super()._new_conn()
        peer = ip_address(connected.getpeername()[0])
        if self.proxy is None and not peer.is_global and not _may_stay_inside():
            connected.close()
            raise Rejected(f"{self.host} is an address inside a network, not a marketplace's", code="inside")
        return connected


class _OutwardPool(HTTPSConnectionPool):
    ConnectionCls = _Outward


class _OutwardAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {**self.poolmanager.pool_classes_by_scheme, "https": _OutwardPool}


def _request(call: Call, owner: str) -> requests.Response:
    headers = {"Accept-Encoding": "gzip", **call.headers}
    if call.json is not None and not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = "application/json"
    session = _session(os.getpid(), threading.get_ident(), owner)
    return session.request(
        call.method,
        call.url,
        params=call.params or None,
        data=call.body(),
        headers=headers,
        timeout=(CONNECT_S, READ_S),
        stream=True,
        allow_redirects=False,
    )


def _read(response: requests.Response, call: Call, deadline: float) -> Reply:
    sizes = bodies.TO_FILE if call.to_file else bodies.IN_MEMORY
    chunks = bodies.unpacked(_until(deadline, response, call), sizes)
    headers: Mapping[str, str] = response.headers
    if call.to_file and response.status_code < 400:
        return Reply(response.status_code, headers, path=bodies.to_file(chunks))
    return Reply(response.status_code, headers, body=b"".join(chunks))


def _until(deadline: float, response: requests.Response, call: Call) -> Iterator[bytes]:
    """The bytes as they come. The timeouts of a request hold per read, so a trickle needs a deadline of its own."""
    for chunk in response.raw.stream(bodies.CHUNK, decode_content=False):
        if time.monotonic() > deadline:
            raise Transient(f"{_host(call)} answers too slowly", code=UNKNOWN_OUTCOME)
        yield chunk


@lru_cache(maxsize=256)
def _session(process: int, thread: int, owner: str) -> requests.Session:
    """Connections are kept per process, thread and account; nothing is shared across a fork."""
    session = requests.Session()
    session.mount("https://", _OutwardAdapter(max_retries=0))
    session.mount("http://", HTTPAdapter(max_retries=0))
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.auth = _as_given
    session.headers["User-Agent"] = "ninefold/1"
    return session


def _as_given(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """No credentials from the machine's own files."""
    return request


def _was_refused(error: BaseException | None) -> bool:
    """Whether the connection never stood, so that nothing was sent."""
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, ConnectionRefusedError | urllib3.exceptions.NewConnectionError):
            return True
        reason = next((arg for arg in error.args if isinstance(arg, BaseException)), None)
        error = getattr(error, "reason", None) or error.__cause__ or error.__context__ or reason
    return False


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _host(call: Call) -> str:
    return call.label or urlsplit(call.url).hostname or call.url
