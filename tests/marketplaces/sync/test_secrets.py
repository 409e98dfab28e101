"""What is kept of real calls holds no secret: neither what we signed in with, nor what we were given for it."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from config.core import clock
from marketplaces.models import Account, RawPage, RejectedRow, SyncRun, Traffic
from marketplaces.sandbox.facts import Answer, Request
from marketplaces.sandbox.overlay import Overlay
from marketplaces.sandbox.server import Sandbox
from marketplaces.sandbox.wsgi import wsgi
from marketplaces.services import accounts, pulls
from tests.chaos.conftest import TODAY, _empty_the_buckets, all_worlds, shops

__all__ = ["all_worlds"]
pytestmark = pytest.mark.django_db


class Heard(Sandbox):
    """Remembers what was said to it, and the tokens that it gave out."""

    said: list[Request]
    tokens: set[str]

    def answer(self, request: Request) -> Answer:
        self.said.append(request)
        answer = super().answer(request)
        given = json.loads(answer.body) if b"token" in answer.body else {}
        self.tokens.update(given[name] for name in ("access_token", "token") if name in given)
        return answer

    def heard(self, secret: str) -> bool:
        return any(secret in f"{dict(one.headers)} {one.body.decode('utf-8', 'replace')}" for one in self.said)


class Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Tests print nothing."""


@pytest.fixture
def sandbox(all_worlds) -> Iterator[tuple[Heard, str]]:
    """A simulated marketplace at a real address of this machine."""
    heard = Heard(all_worlds, Overlay(), is_limited=False, now=lambda: TODAY)
    heard.said, heard.tokens = [], set()
    with make_server("127.0.0.1", 0, wsgi(lambda: heard), handler_class=Silent) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield heard, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def basic(credentials) -> str:
    """How two secrets travel where they are sent as one."""
    pair = f"{credentials.get('client_id', '')}:{credentials.get('client_secret', '')}"
    return base64.b64encode(pair.encode()).decode()


def kept() -> str:
    """Everything that the pipeline stored about the calls, as text."""
    rows = [list(model.objects.values()) for model in (Traffic, RawPage, RejectedRow, SyncRun)]
    return repr(rows) + str(
        [bytes(body) for pair in Traffic.objects.values_list("request_body", "response_body") for body in pair if body]
    )


@pytest.mark.parametrize(("adapter", "declared"), shops())
def test_no_secret_and_no_token_of_a_real_call_reaches_the_archive_or_the_traffic(
    north, sandbox, adapter, declared, caplog
):
    heard, address = sandbox
    _empty_the_buckets()
    with clock.frozen(TODAY):
        account: Account = accounts.connect(
            accounts.Connection(
                key=f"hush-{declared.key}", marketplace=adapter.key, stores=declared.stores,
                settings=declared.settings, credentials=declared.credentials,
                endpoint=f"{address}/{declared.client}/{declared.key}", history_from=TODAY - timedelta(hours=12),
            )
        )  # fmt: skip
        assert pulls.pull(account.pk, "orders")["rows"] > 0
    _empty_the_buckets()
    named = [field.name for field in adapter.credentials if field.is_secret]
    secrets = {declared.credentials[name] for name in named if name in declared.credentials}
    given = {secret for secret in {*secrets, basic(declared.credentials)} if heard.heard(secret)}
    assert given
    assert heard.tokens
    assert all(heard.heard(token) for token in heard.tokens)
    assert Traffic.objects.filter(account=account, status=200).count() == len(heard.said) > 1
    everything = kept() + caplog.text
    found = [secret for secret in {*secrets, *given, *heard.tokens} if secret in everything]
    assert found == []
    assert "[redacted]" in everything
