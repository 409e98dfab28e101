"""A marketplace small enough to hold in one hand: its remote side is a plain object that a test fills and breaks.

The adapter's parts are real modules to the pipeline (registered under the key `stall`), only without HTTP.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from types import ModuleType
from typing import Any

from config.core import clock
from config.core.errors import NinefoldError
from config.core.money import Money
from marketplaces import registry
from marketplaces.canonical import (
    Fulfilment,
    LineClass,
    Order,
    OrderLine,
    OrderStatus,
    Rejected,
    Row,
    Settlement,
    SettlementLine,
    Stock,
)
from marketplaces.contract import (
    Adapter,
    Capability,
    CredentialField,
    Flow,
    Notice,
    Outbound,
    Outcome,
    OutcomeState,
    Page,
    ReportState,
    ReportStatus,
    Resource,
    Store,
    Window,
    Writing,
)
from marketplaces.wording import Noise

KEY = "stall"
ADAPTER = Adapter(
    key=KEY,
    label="Stall",
    stores=(Store("NL", "nl-1", "NL", "EUR", "Europe/Amsterdam"),),
    credentials=(CredentialField("token", "Token"),),
    resources=(
        Resource(key="orders", rows=("Order",), every=timedelta(minutes=5), window=timedelta(days=7)),
        Resource(key="stock", rows=("Stock",), every=timedelta(hours=1), is_snapshot=True),
        Resource(key="returns", rows=("Order",), every=timedelta(hours=1), flow=Flow.REPORT, window=timedelta(days=30)),
        Resource(
            key="settlements", rows=("Settlement", "SettlementLine"), every=timedelta(hours=6), flow=Flow.DOCUMENTS,
            window=timedelta(days=30),
        ),
    ),
    capabilities=frozenset(
        {
            Capability.ORDERS_BY_ID, Capability.WEBHOOKS, Capability.WRITE_PRICE, Capability.WRITE_STOCK,
            Capability.WRITE_LISTING,
        }
    ),
    writes={
        "price": Writing(least=Decimal(1), most=Decimal(500), together=4), "quantity": Writing(most=Decimal(999)),
        "title": Writing(shortest=3, longest=40, alters=frozenset({Noise.SPACES})),
        "description": Writing(longest=2000, alters=frozenset({Noise.SPACES, Noise.MARKUP})),
        "bullets": Writing(most=Decimal(2), longest=60), "attributes": Writing(),
        "images": Writing(most=Decimal(3), longest=200),
        "delivery": Writing(choices=("1-2d", "3-5d")),
    },
)  # fmt: skip


@dataclass
class Remote:
    """What the marketplace holds. `hidden` orders are served by id only; `failing` raises on the n-th page."""

    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    documents: dict[str, bytes] = field(default_factory=dict)
    errors: list[NinefoldError | None] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    ahead: list[list[str]] = field(default_factory=list)
    shelf: list[str] = field(default_factory=lambda: ["MUG"])
    per_page: int = 100
    before_page: Callable[[int], None] | None = None
    reports: dict[str, datetime] = field(default_factory=dict)
    report_takes: timedelta = timedelta(minutes=90)
    report_status: list[ReportStatus] = field(default_factory=list)
    report_body: bytes = b"[]"
    loses_create_answer: bool = False
    outcomes: list[Outcome | NinefoldError] = field(default_factory=list)
    signature_keys: list[str] = field(default_factory=list)
    has_no_offers: bool = False

    def put(self, order_id: str, at: datetime, **changes: Any) -> None:
        self.orders[order_id] = {"id": order_id, "at": at.isoformat(), "status": "to_ship", "qty": 1, **changes}

    def answer(self, what: str) -> None:
        self.asked.append(what)
        error = self.errors.pop(0) if self.errors else None
        if error:
            raise error


REMOTE = Remote()


def renew() -> Remote:
    global REMOTE
    REMOTE = Remote()
    return REMOTE


class StallClient:
    def __init__(self, session: Any, account: Any, subjects: Any = None) -> None:
        self.session, self.account, self.subjects = session, account, subjects

    def probe(self) -> str:
        REMOTE.answer("probe")
        return "the stall of " + self.account.key

    def orders(self, window: Window) -> Iterator[Page]:
        found = [
            o for o in REMOTE.orders.values()
            if o["id"] not in REMOTE.hidden and window.since <= _listed(o) < window.until
        ]  # fmt: skip
        for start in range(0, max(len(found), 1), REMOTE.per_page):
            if REMOTE.before_page:
                REMOTE.before_page(start // REMOTE.per_page)
            REMOTE.answer(f"orders {window.since.isoformat()} {start}")
            yield _page("orders", found[start : start + REMOTE.per_page])

    def stock(self, window: Window) -> Iterator[Page]:
        start = int(window.mark or 0)
        while start < len(REMOTE.shelf):
            REMOTE.answer(f"stock {start}")
            units = [{"sku": sku, "free": 4} for sku in REMOTE.shelf[start : start + REMOTE.per_page]]
            start += REMOTE.per_page
            yield replace(_page("stock", units), mark=str(start) if start < len(REMOTE.shelf) else "")

    def settlements(self, window: Window) -> Iterator[Page]:
        for name, body in REMOTE.documents.items():
            if name not in window.seen:
                REMOTE.answer(f"document {name}")
                yield Page(resource="settlements", body=body, document_id=name)

    def by_id(self, resource: str, external_id: str) -> Page | None:
        REMOTE.answer(f"by_id {external_id}")
        found = REMOTE.orders.get(external_id)
        return _page(resource, [found]) if found else None

    def request_report(self, resource: str, window: Window) -> str:
        REMOTE.answer("create")
        name = f"R{len(REMOTE.reports) + 1}"
        REMOTE.reports[name] = clock.now()
        if REMOTE.loses_create_answer:
            REMOTE.loses_create_answer = False
            raise ConnectionResetError("the process died here")
        return name

    def find_report(self, resource: str, window: Window) -> str:
        REMOTE.answer("find")
        return next(iter(REMOTE.reports), "")

    def report_state(self, resource: str, remote_id: str) -> ReportState:
        REMOTE.answer("state")
        if REMOTE.report_status:
            return ReportState(REMOTE.report_status.pop(0), reason="as the test wants it")
        ready = clock.now() >= REMOTE.reports[remote_id] + REMOTE.report_takes
        return ReportState(ReportStatus.READY, f"doc-{remote_id}") if ready else ReportState(ReportStatus.WAITING)

    def download(self, resource: str, state: ReportState) -> Page:
        REMOTE.answer("download")
        return Page(resource=resource, body=REMOTE.report_body, document_id=state.document_id)

    def signature_keys(self) -> list[str]:
        REMOTE.answer("keys")
        return REMOTE.signature_keys

    def send(self, command: Outbound) -> Outcome:
        REMOTE.answer(f"send {command.key}")
        return _next_outcome()

    def send_together(self, commands: Sequence[Outbound]) -> list[Outcome]:
        REMOTE.answer(f"send {' '.join(command.key for command in commands)}")
        return [_next_outcome() for _ in commands]

    def look_ahead(self, commands: Sequence[Outbound]) -> None:
        REMOTE.ahead.append([command.key for command in commands])

    def read_back(self, command: Outbound, remote_ref: str) -> Outcome:
        REMOTE.answer(f"read_back {command.key}")
        return _next_outcome()

    def offer(self, command: Outbound) -> Page | None:
        return None if REMOTE.has_no_offers else _page("stock", [])


def _listed(order: Mapping[str, Any]) -> datetime:
    """When the list shows the order as changed; some marketplaces show old records late."""
    return datetime.fromisoformat(order.get("listed_at", order["at"]))


def _next_outcome() -> Outcome:
    outcome = REMOTE.outcomes.pop(0) if REMOTE.outcomes else Outcome(OutcomeState.CONFIRMED)
    if isinstance(outcome, NinefoldError):
        raise outcome
    return outcome


def _page(resource: str, found: list[Any]) -> Page:
    return Page(resource=resource, body=json.dumps(found).encode())


def map_orders(page: Page) -> Iterator[Row | Rejected]:
    try:
        found = page.json()
    except ValueError:
        yield Rejected("this page is not JSON; ask for it again", page.body[:200].decode("utf-8", "replace"))
        return
    for raw in found:
        if "qty" not in raw:
            yield Rejected("field qty is missing; the order cannot be read", raw, external_id=str(raw.get("id", "")))
            continue
        yield _order(raw)


def _order(raw: Mapping[str, Any]) -> Order:
    at = datetime.fromisoformat(raw["at"])
    known = raw["status"] in OrderStatus._value2member_map_
    return Order(
        external_id=raw["id"], changed_at=at, ordered_at=at, currency="EUR", status_raw=raw["status"],
        status=OrderStatus(raw["status"]) if known else OrderStatus.UNKNOWN,
        lines=(OrderLine(external_id="1", sku=raw.get("sku", "MUG"), quantity=raw["qty"]),),
    )  # fmt: skip


def map_stock(page: Page) -> Iterator[Row | Rejected]:
    for raw in page.json():
        yield Stock(
            external_id=raw["sku"], sku=raw["sku"], pool="stall", fulfilment=Fulfilment.MARKETPLACE,
            available=raw["free"],
        )  # fmt: skip


def map_settlements(page: Page) -> Iterator[Row | Rejected]:
    """A header line `id;start;end;total`, then one `order;amount` per line."""
    with page.open() as stream:
        header = stream.readline().decode(errors="replace").strip().split(";")
        if len(header) != 4:
            yield Rejected("the file does not begin with a header of four fields", ";".join(header))
            return
        name, start, end, total = header
        yield Settlement(
            external_id=name, currency="EUR", period_start=datetime.fromisoformat(start),
            period_end=datetime.fromisoformat(end), total=Money(Decimal(total), "EUR"),
        )  # fmt: skip
        for number, line in enumerate(stream, start=1):
            order, amount = line.decode().strip().split(";")
            yield SettlementLine(
                external_id=f"{name}:{number}", settlement_id=name, row_no=number, order_id=order,
                line_class=LineClass.PRINCIPAL, labels=("Order", "Sale", ""), amount=Money(Decimal(amount), "EUR"),
            )  # fmt: skip


MAPPERS = {"orders": map_orders, "returns": map_orders, "stock": map_stock, "settlements": map_settlements}


def read_events(body: bytes, headers: Mapping[str, str]) -> list[Notice]:
    raw = json.loads(body)
    if "event" not in raw:
        return []
    page = _page("orders", [raw["order"]]) if raw.get("order") else Page(resource="order_news")
    at = datetime.fromisoformat(raw["at"])
    return [Notice(raw["event"], "order", at, page, order_id=raw["order"]["id"] if raw.get("order") else "")]


def install() -> None:
    """Make the pipeline know the stall as it knows any adapter folder."""
    if registry.known(KEY):
        return
    parts: dict[str, dict[str, Any]] = {
        "client": {"Client": StallClient, "error_of": lambda reply, call: None},
        "mapping": {"MAPPERS": MAPPERS},
        "events": {"read": read_events, "is_authentic": lambda body, headers, keys: headers.get("Signature") in keys},
    }
    for name, members in {"": {}, **parts}.items():
        path = f"marketplaces.adapters.{KEY}" + (f".{name}" if name else "")
        module = ModuleType(path)
        module.__dict__.update(members)
        sys.modules[path] = module
    registry._ADAPTERS.add(KEY, ADAPTER)
