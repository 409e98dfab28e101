"""What a simulated marketplace pushes is what its adapter reads, by queue and by webhook."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from config.core import clock
from marketplaces import registry
from marketplaces.sandbox import pusher
from tests.contract.conftest import TODAY

pytestmark = pytest.mark.contract

SPAN = timedelta(hours=5)


class Silent(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def receiver() -> Iterator[tuple[str, list]]:
    """An address that keeps what is posted to it."""
    got: list = []

    def application(environ, start_response):
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        sent = {name[5:].replace("_", "-"): value for name, value in environ.items() if name.startswith("HTTP_")}
        got.append((body, sent))
        start_response("200 OK", [])
        return [b""]

    with make_server("127.0.0.1", 0, application, handler_class=Silent) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", got
        server.shutdown()


def pushed(adapter, account, open_shop):
    """Push five hours of events of one account; returns the shop and what should have come."""
    shop = open_shop(adapter, account)
    pusher.push(shop.sandbox)
    with clock.frozen(TODAY + SPAN):
        pusher.push(shop.sandbox)
        return shop, shop.view.events(since=TODAY, until=TODAY + SPAN)


def test_it_puts_into_the_queue_what_its_adapter_reads(adapter, open_shop):
    account = next((a for a in adapter.sandbox_accounts if a.has_event_queue), None)
    if account is None:
        pytest.skip(f"{adapter.key} has no account with a queue")
    shop, events = pushed(adapter, account, open_shop)
    queue = f"{account.client}/{account.key}"
    bodies = [row[0] for row in shop.sandbox.overlay.run("select body from message where queue = ?", (queue,))]
    notices = [n for body in bodies for n in registry.part(adapter.key, "events").read(body.encode(), {})]
    assert len(bodies) == len(events) > 0
    assert len({notice.event_id for notice in notices}) == len({event.serial for event in events})


def test_it_signs_what_it_posts_to_a_webhook(adapter, open_shop, receiver):
    account = next((a for a in adapter.sandbox_accounts if a.has_webhooks), None)
    if account is None:
        pytest.skip(f"{adapter.key} has no account with webhooks")
    address, got = receiver
    shop = open_shop(adapter, account)
    client = shop.client()
    client.ensure_subscription(address)
    pusher.push(shop.sandbox)
    with clock.frozen(TODAY + SPAN):
        pusher.push(shop.sandbox)
        events = shop.view.events(since=TODAY, until=TODAY + SPAN)
    module, keys = registry.part(adapter.key, "events"), client.signature_keys()
    assert len(got) == len(events) > 0
    assert all(module.is_authentic(body, headers, keys) for body, headers in got)
    assert not module.is_authentic(got[0][0] + b" ", got[0][1], keys)
    assert len([n for body, headers in got for n in module.read(body, headers)]) == len(events)
