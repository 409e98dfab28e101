"""OTTO's API: one method per resource that yields raw pages, and the writes. The only place that talks to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from config.core.clock import now
from config.core.errors import Rejected
from config.core.exact import exact_json
from config.core.http import ApiSession, Reply
from marketplaces.adapters.otto import documents, endpoints, paging
from marketplaces.adapters.otto.answers import error_of
from marketplaces.adapters.otto.auth import Api
from marketplaces.adapters.otto.rows import addresses
from marketplaces.adapters.otto.rows.reading import moment, text
from marketplaces.adapters.otto.writes import Writer
from marketplaces.canonical import ShipTo
from marketplaces.contract import AccountFacts, Outbound, Outcome, Page, ReportState, Window
from marketplaces.pieces import Unreadable

__all__ = ["Client", "error_of"]

Piece = Mapping[str, Any]
MOST = {
    "orders": 128,
    "shipments": 25,
    "products": 100,
    "status": 1000,
    "active": 100,
    "changes": 100,
    "quantities": 200,
    "returns": 50,
    "categories": 2000,
}
TRACKED_FOR = timedelta(days=14)
DECIDED = ("ACCEPTED", "REJECTED", "MISDIRECTED")


class Client:
    """`subjects` names known listings for resources that are asked about one by one; this API has none."""

    def __init__(
        self,
        session: ApiSession,
        account: AccountFacts,
        subjects: Callable[[str], Sequence[Mapping[str, str]]] = lambda resource: (),
    ) -> None:
        self.account, self.subjects = account, subjects
        self.api = Api(session, account)
        self.writer = Writer(self.api, account)

    def probe(self) -> str:
        """What the app may read; raises NeedsOperator when it is refused."""
        self.api.call(endpoints.ORDERS, params={"limit": 1})
        return f"OTTO Market (scopes: {self.api.scope() or 'not told'})"

    def orders(self, window: Window) -> Iterator[Page]:
        """Orders by the time of their last change, whatever their state: a state filter would hide mixed orders."""
        params = {"fromDate": _stamp(window.since), "orderDirection": "ASC", "limit": MOST["orders"]}
        for reply in paging.linked(self.api, endpoints.ORDERS, params):
            found = paging.pieces(reply, "resources")
            kept = [order for order in found if not _is_from(order.get("lastModifiedDate"), window.until)]
            if kept:
                yield _page("orders", {"resources": kept})
            if found and all(_is_from(_lifecycle(order), window.until) for order in found):
                return

    def order_changes(self, window: Window) -> Iterator[Page]:
        """Shipments of the last two weeks in which something happened within the window, with their orders."""
        params = {"datefrom": _stamp(window.since - TRACKED_FOR), "limit": MOST["shipments"]}
        for reply in paging.linked(self.api, endpoints.SHIPMENTS, params):
            found = [s for s in paging.pieces(reply, "resources", "shipments") if _has_moved(s, window)]
            if found:
                items = (item for shipment in found for item in shipment.get("positionItems") or [])
                yield _page("order_changes", {"shipments": found, "orders": self._orders_of(items)})

    def listings(self, window: Window) -> Iterator[Page]:
        """All variations, each page with the verdicts, switches, quantities and edits by OTTO of its SKUs."""
        beside = {
            "statuses": self._by_sku(endpoints.MARKETPLACE_STATUS, "status", "marketPlaceStatus"),
            "active": self._by_sku(endpoints.ACTIVE_STATUS, "active", "status"),
            "quantities": self._by_sku(endpoints.QUANTITIES, "quantities", "resources", "variations"),
            "changes": self._by_sku(endpoints.CONTENT_CHANGES, "changes", "contentChanges"),
        }
        for reply in self._variations(window):
            skus = [text(piece, "sku") for piece in paging.pieces(reply, "productVariations", "resources")]
            told = {key: [known[sku] for sku in skus if sku in known] for key, known in beside.items()}
            page = _page("listings", {"products": reply.json(), **told})
            yield replace(page, mark=paging.next_mark(reply))

    def prices(self, window: Window) -> Iterator[Page]:
        for reply in self._variations(window):
            observed = {"observed_at": now().isoformat()}
            yield Page(resource="prices", body=reply.body, context=observed, mark=paging.next_mark(reply))

    def stock(self, window: Window) -> Iterator[Page]:
        for reply in paging.linked(self.api, endpoints.QUANTITIES, {"limit": MOST["quantities"]}, window.mark):
            yield Page(resource="stock", body=reply.body, mark=paging.next_mark(reply))

    def taxonomy(self, window: Window) -> Iterator[Page]:
        for reply in paging.linked(self.api, endpoints.CATEGORIES, {"page": 0, "limit": MOST["categories"]}):
            yield Page(resource="taxonomy", body=reply.body)

    def returns(self, window: Window) -> Iterator[Page]:
        """Every announced return, and decided ones as long as they may have been decided in the window."""
        yield from (self._returned(found) for found in self._return_pages("ANNOUNCED") if found)
        for status in DECIDED:
            for found in self._return_pages(status):
                fresh = [item for item in found if not _is_before(item.get("occurredTime"), window.since)]
                if fresh:
                    yield self._returned(fresh)
                elif _is_newest_first(found):
                    break

    def settlements(self, window: Window) -> Iterator[Page]:
        """Statements from the mailbox; an account without one gets the receipts of each day instead."""
        mailbox = self.account.settings.get("statement_mailbox", "")
        yield from documents.mailed(self.api, mailbox, window) if mailbox else documents.daily(self.api, window)

    def by_id(self, resource: str, external_id: str) -> Page | None:
        """One order by its number (or technical id), one variation by its SKU; None when it is not known."""
        if resource not in ("orders", "listings", "prices"):
            raise Rejected(f"{resource} cannot be asked for one by one; pull a window instead")
        if resource != "orders":
            reply = self.writer.standing.page(external_id)
            return Page(resource=resource, body=reply.body) if reply else None
        try:
            return Page(resource=resource, body=self.api.call(endpoints.ORDER, parts={"id": external_id}).body)
        except Rejected as error:
            if error.code == "http_404":
                return None
            raise

    def ship_to(self, order: str) -> ShipTo | None:
        found = self.writer.order(order)
        return addresses.ship_to(found) if found else None

    def request_report(self, resource: str, window: Window) -> str:
        raise Rejected(f"{resource} is not read as a report; pull pages instead")

    def find_report(self, resource: str, window: Window) -> str:
        return ""

    def report_state(self, resource: str, remote_id: str) -> ReportState:
        raise Rejected(f"{resource} is not read as a report; pull pages instead")

    def download(self, resource: str, state: ReportState) -> Page:
        raise Rejected(f"{resource} is not read as a report; pull pages instead")

    def send(self, command: Outbound) -> Outcome:
        return self.writer.send(command)

    def send_together(self, commands: Sequence[Outbound]) -> list[Outcome]:
        return self.writer.send_together(commands)

    def look_ahead(self, commands: Sequence[Outbound]) -> None:
        self.writer.standing.look_ahead(commands)

    def read_back(self, command: Outbound, remote_ref: str) -> Outcome:
        return self.writer.read_back(command, remote_ref)

    def offer(self, command: Outbound) -> Page | None:
        return self.by_id("listings", command.external_id)

    def _variations(self, window: Window) -> Iterator[Reply]:
        return paging.linked(self.api, endpoints.PRODUCTS, {"page": 0, "limit": MOST["products"]}, window.mark)

    def _by_sku(self, endpoint: endpoints.Endpoint, most: str, *keys: str) -> dict[str, Piece]:
        pages = paging.linked(self.api, endpoint, {"limit": MOST[most]})
        return {text(piece, "sku"): piece for reply in pages for piece in paging.pieces(reply, *keys)}

    def _return_pages(self, status: str) -> Iterator[list[Piece]]:
        params = {"status": status, "page": 1, "limit": MOST["returns"]}
        for reply in paging.linked(self.api, endpoints.RETURNS, params):
            yield paging.pieces(reply, "positionItems", "resources")

    def _returned(self, found: list[Piece]) -> Page:
        return _page("returns", {"returns": {"positionItems": found}, "orders": self._orders_of(found)})

    def _orders_of(self, items: Iterable[Piece]) -> list[Piece]:
        """The orders that units belong to, each asked for once; one that is not known yet is left out."""
        ids = dict.fromkeys(text(item, "salesOrderId") for item in items if isinstance(item, Mapping))
        return [order for order_id in ids if order_id and (order := self.writer.order(order_id))]


def _page(resource: str, body: Mapping[str, Any]) -> Page:
    """Pieces put together anew; every amount keeps its digits."""
    return Page(resource=resource, body=exact_json(body))


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _at(told: Any) -> datetime | None:
    try:
        return moment(told, "time")
    except Unreadable:
        return None


def _is_before(told: Any, limit: datetime) -> bool:
    at = _at(told)
    return at is not None and at < limit


def _is_from(told: Any, limit: datetime) -> bool:
    at = _at(told)
    return at is not None and at >= limit


def _lifecycle(order: Piece) -> Any:
    """What the list is sorted by; no order was modified before it."""
    told = order.get("orderLifecycleInformation")
    return told.get("lifecycleChangeDate") if isinstance(told, Mapping) else None


def _is_newest_first(found: list[Piece]) -> bool:
    """Whether older pieces follow; only then may a list without a date filter be left early."""
    times = [at for item in found if (at := _at(item.get("occurredTime")))]
    return all(later <= earlier for earlier, later in pairwise(times))


def _has_moved(shipment: Piece, window: Window) -> bool:
    steps = shipment.get("states")
    told = [step.get("occurredOn") for step in steps if isinstance(step, Mapping)] if isinstance(steps, list) else []
    times = [_at(when) for when in (*told, shipment.get("creationDate"), shipment.get("shipDate"))]
    return not any(times) or any(at and window.since <= at < window.until for at in times)
