"""A simulated carrier behind real HTTP on this machine, and a contract with it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest

from config.core import clock, limits
from inventory import sinks
from inventory.carriers import requests, street
from inventory.carriers.contract import Address
from inventory.models import CarrierAccount, Label, Order, OrderLine, Parcel, ParcelItem, Shipment
from inventory.services import carriers, labels, purchases
from marketplaces.sandbox.facts import Answer, Request
from marketplaces.sandbox.overlay import Overlay
from marketplaces.sandbox.server import Sandbox
from marketplaces.sandbox.wsgi import wsgi
from tests import factories

MORNING = datetime(2026, 10, 2, 8, 0, tzinfo=UTC)
HAMBURG = Address(
    name="Erika Beispiel",
    street="Musterweg",
    house="7b",
    postal_code="20095",
    city="Hamburg",
    email="erika@example.org",
)


class Silent(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Nothing is said about requests."""


class Threaded(ThreadingMixIn, WSGIServer):
    daemon_threads = True


@dataclass
class Depot:
    """The carrier's side. `seen` are the requests with their answers, `at` its clock; `on_write` runs after a write."""

    url: str = ""
    at: datetime = MORNING
    overlay: Overlay = field(default_factory=Overlay)
    seen: list[tuple[Request, Answer]] = field(default_factory=list)
    on_sale: Callable[[], None] = lambda: None

    def sold(self) -> dict[str, dict[str, Any]]:
        """What the carrier has sold and not taken back, by number."""
        shelf = self.overlay.shelf(street.owner("north", "dhl"), "shipments")
        return {number: kept for number, kept in shelf if not kept.get("cancelled_at")}

    def trouble(self, kind: str, **settings: Any) -> None:
        street.trouble(self.overlay, "north", "dhl", kind, **settings)

    def asked(self, path: str) -> int:
        return sum(request.path.endswith(path) for request, _ in self.seen)


class Watched(Sandbox):
    depot: Depot

    def answer(self, request: Request) -> Answer:
        before = len(self.depot.sold())
        answer = super().answer(request)
        self.depot.seen.append((request, answer))
        if len(self.depot.sold()) > before:
            self.depot.on_sale()
        return answer


@pytest.fixture
def depot(monkeypatch: pytest.MonkeyPatch) -> Iterator[Depot]:
    """The buckets of calls outlive a test's transaction and the clock stands still, so each depot has its own limits."""
    monkeypatch.setattr(limits, "key_of", lambda *names: ":".join((str(id(made)), *names)))
    made = Depot()
    sandbox = Watched({}, made.overlay, now=lambda: made.at)
    sandbox.depot = made
    with make_server("127.0.0.1", 0, wsgi(lambda: sandbox), Threaded, Silent) as server:
        made.url = f"http://127.0.0.1:{server.server_port}/_carriers/north/dhl"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        with clock.frozen(MORNING):
            yield made
        server.shutdown()


@pytest.fixture
def contract(depot: Depot, db: None) -> CarrierAccount:
    return enter(depot)


def enter(depot: Depot, **settings: str) -> CarrierAccount:
    carrier = carriers.registry.get("dhl")
    return carriers.connect(
        carriers.Contract(
            key="dhl", carrier="dhl", endpoint=depot.url, credentials=carrier.sandbox_credentials,
            settings={**carrier.sandbox_settings, **settings},
        )
    )  # fmt: skip


def parcel(*, weight_g: int = 1450, address: Address | None = HAMBURG, units: int = 2, key: str = "shop") -> Parcel:
    """A parcel with the one line of an order that waits to be shipped."""
    account = factories.account(key)
    sinks.orders([factories.order("O-1", ordered_at=MORNING - timedelta(days=1))], factories.source(account))
    order = Order.objects.get(account=account)
    shipment = Shipment(order=order, planned_by="anna")
    shipment.ship_to = requests.kept(address) if address else None
    shipment.save()
    made = Parcel.objects.create(shipment=shipment, weight_g=weight_g)
    ParcelItem.objects.create(parcel=made, line=OrderLine.objects.get(order=order), quantity=units)
    return made


def wish(contract: CarrierAccount, **changes: Any) -> labels.Wish:
    return labels.Wish(**{"account": contract, "product": "V01PAK", "asked_by": "anna", **changes})


def bought(contract: CarrierAccount, **changes: Any) -> Label:
    """A label bought for a new parcel, as a worker would."""
    wanted = labels.want(parcel(), wish(contract, **changes))
    purchases.buy(wanted.pk)
    return Label.objects.get(pk=wanted.pk)
