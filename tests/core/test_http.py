"""Calls over real HTTP to a server on this machine: families of failure, retries, bodies, and what is kept."""

import gzip
import json
import logging
import socket
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from config.core import bodies, clock
from config.core.errors import NeedsOperator, RateLimited, Rejected, Transient
from config.core.http import NOT_SENT, UNKNOWN_OUTCOME, ApiSession, Call

SECRET = "canary-secret-0001"
BUYER = "Canary Buyer"
NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)


@dataclass(frozen=True)
class Account:
    tenant: str = "north"
    key: str = "one"
    credentials: dict = field(default_factory=lambda: {"client_secret": SECRET})


@dataclass
class Answer:
    status: int = 200
    body: bytes = b"{}"
    headers: dict = field(default_factory=dict)
    announced: int | None = None


class Server:
    """Answers from a list, the last one for ever, and remembers what it was asked."""

    def __init__(self):
        self.answers, self.seen = [Answer()], []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                length = int(self.headers.get("content-length", 0))
                owner.seen.append((self.command, self.path, dict(self.headers), self.rfile.read(length)))
                answer = owner.answers.pop(0) if len(owner.answers) > 1 else owner.answers[0]
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(answer.announced or len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)
                self.close_connection = answer.announced is not None

            do_GET = do_POST = do_PUT = answer  # noqa: N815 - the names that the base class calls

            def log_message(self, *args):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()


@pytest.fixture
def server(settings):
    settings.HTTP_ALLOWED_LOCAL = True
    started = Server()
    yield started
    started.http.shutdown()
    started.http.server_close()


def error_of(reply, call):
    families = {400: Rejected, 401: NeedsOperator}
    return families[reply.status](f"status {reply.status}") if reply.status in families else None


def session(record: Callable | None = None):
    return ApiSession(account=Account(), limits={}, error_of=error_of, record=record)


def get(server, path="/orders", **more):
    return session().call(Call("GET", server.url + path, **more))


def test_it_reads_numbers_exactly(server):
    server.answers = [Answer(body=b'{"amount": 0.10000000000000000001}')]
    assert get(server).json() == {"amount": Decimal("0.10000000000000000001")}


def test_it_sends_decimals_as_numbers_with_all_their_digits(server):
    session().call(Call("POST", server.url, json={"price": Decimal("19.90"), "name": 'quo"te'}))
    assert server.seen[0][3] == b'{"price":19.90,"name":"quo\\"te"}'
    assert server.seen[0][2]["Content-Type"] == "application/json"


@pytest.mark.parametrize(("status", "family"), [(400, Rejected), (401, NeedsOperator)])
def test_it_raises_what_the_adapter_says_and_does_not_try_again(server, status, family):
    server.answers = [Answer(status)]
    with pytest.raises(family):
        get(server)
    assert len(server.seen) == 1


def test_it_tries_a_repeatable_call_twice_when_the_server_is_unavailable(server):
    server.answers = [Answer(503), Answer(200, b'{"ok": true}')]
    assert get(server).json() == {"ok": True}
    server.answers = [Answer(503)]
    with pytest.raises(Transient, match="status 503"):
        get(server)
    assert len(server.seen) == 4


def test_it_sends_a_write_once_and_says_that_its_outcome_is_unknown(server):
    server.answers = [Answer(502)]
    with pytest.raises(Transient) as failed:
        session().call(Call("POST", server.url, json={}, idempotent=False))
    assert (failed.value.code, len(server.seen)) == (UNKNOWN_OUTCOME, 1)


def test_it_says_that_nothing_was_sent_when_nobody_listens(server):
    server.http.shutdown()
    server.http.server_close()
    with pytest.raises(Transient) as failed:
        session().call(Call("POST", server.url, json={}, idempotent=False))
    assert failed.value.code == NOT_SENT


@pytest.mark.parametrize("after", ["90", "Sun, 01 Mar 2026 08:01:30 GMT"])
def test_it_comes_back_when_the_server_says_in_seconds_or_as_a_date(server, after):
    server.answers = [Answer(429, headers={"Retry-After": after})]
    with clock.frozen(NOW), pytest.raises(RateLimited) as refused:
        get(server)
    assert refused.value.until == NOW + timedelta(seconds=90)
    assert len(server.seen) == 1


@pytest.mark.parametrize("after", ["soon", "", "-5"])
def test_it_waits_half_a_minute_when_the_server_does_not_say_when(server, after):
    server.answers = [Answer(429, headers={"Retry-After": after})]
    with clock.frozen(NOW), pytest.raises(RateLimited) as refused:
        get(server)
    assert refused.value.until == NOW + timedelta(seconds=30)


def test_it_takes_a_web_page_with_status_200_for_a_passing_fault(server):
    server.answers = [Answer(200, b"<html>maintenance</html>", {"Content-Type": "text/html"})]
    with pytest.raises(Transient, match="status 200 with text/html of 24 bytes where JSON was expected"):
        get(server).json()


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (gzip.compress(b'{"a": 1}'), {"Content-Encoding": "gzip"}),
        (gzip.compress(b'{"a": 1}'), {}),
        (b'{"a": 1}', {"Content-Encoding": "gzip"}),
        (gzip.compress(b'{"a"') + gzip.compress(b": 1}") + b"\0" * 8, {}),
    ],
    ids=["labelled", "unlabelled", "plain text labelled gzip", "two members and padding"],
)
def test_it_unpacks_by_content_and_not_by_label(server, body, headers):
    server.answers = [Answer(200, body, headers)]
    assert get(server).json() == {"a": 1}


def test_it_notices_a_gzip_body_that_ends_early(server):
    server.answers = [Answer(200, gzip.compress(bytes(range(256)) * 50)[:-12])]
    with pytest.raises(Transient) as failed:
        get(server)
    assert failed.value.code == "truncated"


def test_it_notices_a_body_shorter_than_announced(server):
    server.answers = [Answer(200, b'{"a": 1}', announced=4000)]
    with pytest.raises(Transient, match="broke off"):
        get(server)


def test_it_refuses_a_body_that_unpacks_without_end():
    bomb = gzip.compress(b"\0" * (64 * 2**20))
    with pytest.raises(Rejected, match="unpacks to more"):
        for _ in bodies.unpacked(iter([bomb]), bodies.Sizes(wire=2**20, unpacked=32 * 2**20, ratio=10**6)):
            pass


def test_it_reads_a_document_to_a_file(server):
    server.answers = [Answer(200, gzip.compress(b"row\n" * 100_000))]
    reply = get(server, to_file=True)
    path = Path(reply.path)
    assert (path.read_bytes(), reply.body) == (b"row\n" * 100_000, b"")


def test_it_leaves_no_file_of_a_document_that_breaks_off(server, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    server.answers = [Answer(200, gzip.compress(bytes(range(256)) * 50_000)[:-12])]
    with pytest.raises(Transient):
        get(server, to_file=True)
    assert list(tmp_path.iterdir()) == []


def test_it_refuses_plain_http_to_another_machine(settings):
    settings.HTTP_ALLOWED_LOCAL = True
    with pytest.raises(Rejected, match="use https"):
        session().call(Call("GET", "http://example.com/orders"))


def test_it_refuses_plain_http_where_the_settings_forbid_it(server, settings):
    settings.HTTP_ALLOWED_LOCAL = settings.SIMULATED = False
    with pytest.raises(Rejected, match="use https"):
        get(server)
    assert server.seen == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_it_says_nothing_to_an_address_inside_the_network(settings, host):
    """A shop or mailbox is an address that a client fills in."""
    settings.HTTP_ALLOWED_LOCAL = False
    with socket.create_server(("127.0.0.1", 0)) as listening:
        with pytest.raises(Rejected, match="is an address inside a network"):
            session().call(Call("GET", f"https://{host}:{listening.getsockname()[1]}/"))
        heard, _ = listening.accept()
        with heard:
            assert heard.recv(100) == b""


def test_it_keeps_no_secret_token_or_buyer_of_any_attempt(server, caplog):
    caplog.set_level(logging.DEBUG)
    token = "canary-token-0002"
    body = {
        "orderId": "305-1",
        "buyerEmail": "canary@example.com",
        "shippingAddress": {"name": BUYER, "addressLine1": "Canary Street 1", "countryCode": "DE"},
        "access_token": token,
        "note": f"echo of {SECRET}",
        "document": f"https://files.example/doc?X-Signature={token}",
        "amount": {"value": "19.90"},
    }
    server.answers = [Answer(503), Answer(200, json.dumps(body).encode(), {"x-request-id": "r-1", "Set-Cookie": token})]
    kept = []
    call = Call(
        "POST",
        f"{server.url}/orders/{SECRET}",
        headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
        params={"code": "CANARY", "access_token": token, "since": "2026-03-01T08:00:00Z", "who": BUYER},
        json={"client_secret": SECRET, "sku": "SKU-1"},
    )
    session(kept.append).call(call)
    session(kept.append).call(Call("POST", server.url, data={"refresh_token": token}))
    for canary in (SECRET, token, "canary@example.com", BUYER, "Canary+Buyer", "Canary Street", "CANARY"):
        assert canary not in repr(kept) + caplog.text, canary
    assert [each.status for each in kept] == [503, 200, 200]
    assert kept[1].request_id == "r-1"
    assert json.loads(kept[1].request_body) == {"client_secret": "[redacted]", "sku": "SKU-1"}
    answer = json.loads(kept[1].response_body)
    assert (answer["orderId"], answer["amount"], answer["shippingAddress"]["countryCode"]) == (
        "305-1",
        {"value": "19.90"},
        "DE",
    )
    assert "since=2026-03-01T08:00:00Z" in kept[1].url.replace("%3A", ":")
