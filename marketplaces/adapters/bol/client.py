"""bol's API: one method per resource that yields raw pages, and the writes. The only place that talks to bol."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from config.core.clock import now
from config.core.errors import Rejected
from config.core.http import ApiSession
from marketplaces.adapters.bol import actions, endpoints, paging, subscriptions
from marketplaces.adapters.bol.answers import error_of
from marketplaces.adapters.bol.auth import Api
from marketplaces.adapters.bol.invoices import invoice_pages
from marketplaces.adapters.bol.rows import addresses
from marketplaces.adapters.bol.rows.reading import ZONE, moment
from marketplaces.adapters.bol.writes import Writer
from marketplaces.canonical import ShipTo
from marketplaces.contract import AccountFacts, Outbound, Outcome, Page, ReportState, Window

__all__ = ["Client", "error_of"]

Subjects = Callable[[str], Sequence[Mapping[str, str]]]
MOST_MINUTES = 60
METHODS = ("FBR", "FBB")
LONGEST_HANDLING = timedelta(days=30)
CHECK_AGES = (timedelta(0), timedelta(days=5))
MOST_QUOTES = 100
BY_ID = {
    "orders": endpoints.ORDER,
    "order_changes": endpoints.SHIPMENT,
    "listings": endpoints.OFFER,
    "prices": endpoints.OFFER,
    "returns": endpoints.RETURN,
}


def _none(resource: str) -> Sequence[Mapping[str, str]]:
    return ()


class Client:
    """`subjects` names the known listings of a resource, stalest first: sku, channel, external_id, item, gtin."""

    def __init__(self, session: ApiSession, account: AccountFacts, subjects: Subjects = _none) -> None:
        self.account = account
        self.api = Api(session, account)
        self._subjects = subjects
        self._is_v10 = account.settings.get("offers_api") == "v10"
        self.writer = Writer(self.api, account, self.by_id)

    def probe(self) -> str:
        """Who we are to bol; raises NeedsOperator when the credentials are refused."""
        found = self.api.call(endpoints.ME).json()
        return f"{found.get('displayName') or 'retailer'} ({found.get('retailerId', '')})"

    # Orders

    def orders(self, window: Window) -> Iterator[Page]:
        """Details of the orders that changed in the window, each once."""
        done: set[str] = set()
        for order in self._listed_orders(window):
            order_id = str(order.get("orderId", ""))
            if order_id and order_id not in done and _changed_within(order, window):
                done.add(order_id)
                page = self.by_id("orders", order_id)
                yield from [page] if page else []

    def _listed_orders(self, window: Window) -> Iterator[Mapping[str, Any]]:
        for params in self._changed_since(window):
            for _, found in paging.numbered(self.api, endpoints.ORDERS, params, key="orders"):
                yield from found

    def _changed_since(self, window: Window) -> Iterator[dict[str, Any]]:
        """A window within the last hour is asked in minutes, a longer one day by day (Dutch calendar)."""
        shared = {"fulfilment-method": "ALL", "status": "ALL"}
        minutes = int((now() - window.since).total_seconds() // 60) + 1
        if minutes < MOST_MINUTES:
            yield {**shared, "change-interval-minute": max(minutes, 1)}
            return
        day = window.since.astimezone(ZoneInfo(ZONE)).date()
        last = (window.until - timedelta(microseconds=1)).astimezone(ZoneInfo(ZONE)).date()
        while day <= last:
            yield {**shared, "latest-change-date": day.isoformat()}
            day += timedelta(days=1)

    def by_id(self, resource: str, external_id: str) -> Page | None:
        """One order, shipment, offer or return; None when bol does not know it."""
        endpoint = BY_ID.get(resource)
        if endpoint is None:
            raise Rejected(f"{resource} cannot be asked for one by one; pull a window instead")
        if endpoint is endpoints.OFFER and self._is_v10:
            endpoint = endpoints.OFFER_V10
        try:
            reply = self.api.call(endpoint, parts={"id": external_id})
        except Rejected as error:
            if error.code == "http_404":
                return None
            raise
        return self._page(resource, reply.body)

    def ship_to(self, order: str) -> ShipTo | None:
        page = self.by_id("orders", order)
        return addresses.ship_to(page.json()) if page else None

    def order_changes(self, window: Window) -> Iterator[Page]:
        """Each shipment when it is new, and again at the age at which it is usually delivered."""
        for shipment, at in self._shipments(window.since - CHECK_AGES[-1]):
            if any(window.since <= at + age < window.until for age in CHECK_AGES):
                page = self.by_id("order_changes", str(shipment.get("shipmentId", "")))
                yield from [page] if page else []

    def _shipments(self, since: datetime) -> Iterator[tuple[Mapping[str, Any], datetime]]:
        """Shipments of both fulfilment methods, newest first, until a page is older throughout."""
        for method in METHODS:
            for _, found in paging.numbered(
                self.api, endpoints.SHIPMENTS, {"fulfilment-method": method}, key="shipments"
            ):
                sent = [(shipment, moment(shipment.get("shipmentDateTime"), "shipmentDateTime")) for shipment in found]
                dated = [(shipment, at) for shipment, at in sent if at is not None]
                yield from dated
                if not any(at >= since for _, at in dated):
                    break

    # Offers and stock

    def listings(self, window: Window) -> Iterator[Page]:
        """All offers; those not for sale with the reasons. With `offers_api` v10 use the report calls instead."""
        for reply, offers in self._offers_from(window.mark):
            reasons = {offer_id: self._reasons(offer_id) for offer_id in filter(None, map(_blocked_id, offers))}
            page = self._page("listings", _with_reasons(reply.body, reasons) if reasons else reply.body)
            yield replace(page, mark=paging.next_cursor(reply))

    def _offers_from(self, cursor: str) -> Iterator[paging.Found]:
        return paging.by_cursor(self.api, endpoints.OFFERS, key="offers", cursor=cursor)

    def _reasons(self, offer_id: str) -> bytes:
        return self.api.call(endpoints.OFFER_REASONS, parts={"id": offer_id}).body or b"{}"

    def prices(self, window: Window) -> Iterator[Page]:
        for reply, _ in self._offers_from(window.mark):
            yield replace(self._page("prices", reply.body), mark=paging.next_cursor(reply))

    def stock(self, window: Window) -> Iterator[Page]:
        """What we told bol for own offers (its mark a cursor), then what lies in bol's warehouse (a page after '#')."""
        cursor, _, number = window.mark.partition("#")
        for reply, _ in () if number else self._offers_from(cursor):
            yield replace(self._page("stock", reply.body), mark=paging.next_cursor(reply) or "#1")
        first = int(number or 1)
        shelves = paging.numbered(self.api, endpoints.INVENTORY, {}, key="inventory", first=first)
        for following, (reply, _) in enumerate(shelves, first + 1):
            yield replace(self._page("stock", reply.body), mark=f"#{following}")

    def taxonomy(self, window: Window) -> Iterator[Page]:
        yield self._page("taxonomy", self.api.call(endpoints.CATEGORIES).body)

    # Returns, fees, competing offers, invoices

    def returns(self, window: Window) -> Iterator[Page]:
        """Every open return, and handled ones (newest first) as long as they may have been handled in the window."""
        for handled, method in itertools.product(("false", "true"), METHODS):
            params = {"handled": handled, "fulfilment-method": method}
            for reply, found in paging.numbered(self.api, endpoints.RETURNS, params, key="returns"):
                yield self._page("returns", reply.body)
                if handled == "true" and _all_before(found, "registrationDateTime", window.since - LONGEST_HANDLING):
                    break

    def fees(self, window: Window) -> Iterator[Page]:
        """The commission of known listings at their present price, a hundred in one question."""
        known = {subject["external_id"]: subject for subject in self._subjects("fees") if subject.get("external_id")}
        if not known:
            return
        queries, skus = [], {}
        for _reply, offers in self._offers_from(""):
            for offer in offers:
                query = actions.commission_query(offer)
                if query and str(offer.get("offerId")) in known:
                    queries.append(query)
                    skus[query["ean"]] = known[str(offer["offerId"])].get("sku", "")
        for start in range(0, len(queries), MOST_QUOTES):
            batch = queries[start : start + MOST_QUOTES]
            reply = self.api.call(endpoints.COMMISSION, body={"commissionQueries": batch})
            yield self._page("fees", reply.body, skus=json.dumps({q["ean"]: skus[q["ean"]] for q in batch}),
                             observed_at=now().isoformat())  # fmt: skip

    def offers(self, window: Window) -> Iterator[Page]:
        """Who else sells each known listing's product, per country."""
        for subject in self._subjects("offers"):
            ean, channel = subject.get("gtin", ""), subject.get("channel", "") or self.account.stores[0].code
            if not ean:
                continue
            params = {"country-code": channel, "best-offer-only": "false"}
            for reply, found in paging.numbered(
                self.api, endpoints.COMPETING, params, key="offers", parts={"ean": ean}
            ):
                yield self._page("offers", reply.body, ean=ean, channel=channel, sku=subject.get("sku", ""),
                                 observed_at=now().isoformat())  # fmt: skip
                if len(found) < paging.PER_PAGE:
                    break

    def settlements(self, window: Window) -> Iterator[Page]:
        yield from invoice_pages(self.api, window)

    # The offer export of v10, for accounts that have not moved to v11

    def request_report(self, resource: str, window: Window) -> str:
        """Ask for the export of all offers; the answer is the process status to poll."""
        return str(self.api.call(endpoints.EXPORT, body={"format": "CSV"}).json()["processStatusId"])

    def find_report(self, resource: str, window: Window) -> str:
        """bol lists process statuses by entity only, so a lost request cannot be found again."""
        return ""

    def report_state(self, resource: str, remote_id: str) -> ReportState:
        return actions.report_state(self.writer.process(remote_id))

    def download(self, resource: str, state: ReportState) -> Page:
        reply = self.api.call(endpoints.EXPORT_FILE, parts={"id": state.document_id}, to_file=True)
        return Page(resource=resource, body=reply.body, path=reply.path, media_type="text/csv", context=self._context())

    # Writes

    def send(self, command: Outbound) -> Outcome:
        return self.writer.send(command)

    def read_back(self, command: Outbound, remote_ref: str) -> Outcome:
        return self.writer.read_back(command, remote_ref)

    def offer(self, command: Outbound) -> Page | None:
        return self.by_id("listings", command.external_id)

    # Webhooks

    def signature_keys(self) -> Mapping[str, str]:
        return subscriptions.signature_keys(self.api)

    def ensure_subscription(self, url: str) -> str:
        """Subscribe, or switch on again what bol has disabled; returns what was done."""
        return subscriptions.ensure(self.api, url)

    def _context(self, **more: str) -> dict[str, str]:
        settings = self.account.settings
        return {
            "stores": ",".join(store.code for store in self.account.stores),
            "retailer_id": settings.get("retailer_id", ""),
            "seller_country": settings.get("seller_country", ""),
            **more,
        }

    def _page(self, resource: str, body: bytes, **more: str) -> Page:
        return Page(resource=resource, body=body, context=self._context(**more))


def _changed_within(order: Mapping[str, Any], window: Window) -> bool:
    """Whether the newest change of its items lies in the window; an order that does not tell is read."""
    items = [item for item in order.get("orderItems") or [] if isinstance(item, Mapping)]
    changes = [at for item in items if (at := moment(item.get("latestChangedDateTime"), "latestChangedDateTime"))]
    return not changes or window.since <= max(changes) < window.until


def _all_before(found: Sequence[Mapping[str, Any]], key: str, limit: datetime) -> bool:
    times = [moment(piece.get(key), key) for piece in found]
    return all(at is not None and at < limit for at in times)


def _blocked_id(offer: Mapping[str, Any]) -> str:
    """The id of an offer that is not for sale in some country although we do not hold it back."""
    countries = offer.get("countryAvailabilities") or []
    is_blocked = any(isinstance(c, Mapping) and c.get("forSale") is False for c in countries)
    return str(offer.get("offerId", "")) if is_blocked and offer.get("onHoldByRetailer") is not True else ""


def _with_reasons(body: bytes, reasons: Mapping[str, bytes]) -> bytes:
    """Both answers as they came, side by side, so that exact numbers survive."""
    told = b",".join(json.dumps(offer_id).encode() + b":" + answer for offer_id, answer in reasons.items())
    return b'{"list":' + body + b',"reasons":{' + told + b"}}"
