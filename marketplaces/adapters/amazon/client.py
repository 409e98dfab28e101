"""Reads of every resource as raw pages, report jobs, and writes. Calls go out in `api.py` only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from config.core.errors import NeedsOperator, Rejected
from config.core.http import ApiSession, Reply
from marketplaces.adapters.amazon import batches, definitions, documents, legacy_orders, listing_search, shelves, writes
from marketplaces.adapters.amazon.api import Api, segment
from marketplaces.adapters.amazon.errors import UNAUTHORISED, error_of
from marketplaces.adapters.amazon.mapping import recipients
from marketplaces.adapters.amazon.moments import settled, stamp
from marketplaces.canonical import ShipTo
from marketplaces.contract import AccountFacts, Outbound, Outcome, Page, ReportState, Window

__all__ = ["Client", "error_of"]

Subjects = Callable[[str], Sequence[Mapping[str, str]]]
ORDER_BLOCKS = ("PROCEEDS", "EXPENSE", "PROMOTION", "CANCELLATION", "FULFILLMENT", "PACKAGES", "TAX")
_FEWER_BLOCKS = tuple(block for block in ORDER_BLOCKS if block != "TAX")


def _no_subjects(resource: str) -> Sequence[Mapping[str, str]]:
    return ()


class Client:
    """`subjects` names listings to ask about ({"sku", "channel", "item", "external_id"}), the stalest first."""

    def __init__(self, session: ApiSession, account: AccountFacts, subjects: Subjects = _no_subjects) -> None:
        self.api, self.account, self.subjects = Api(session, account), account, subjects
        self._blocks: tuple[str, ...] = ORDER_BLOCKS

    def probe(self) -> str:
        """Which stores the connection reaches, as a sentence; raises when the connection does not work."""
        reply = self.api.get("getMarketplaceParticipations", "/sellers/v1/marketplaceParticipations")
        stores = [entry["marketplace"]["countryCode"] for entry in reply.json()["payload"]]
        return f"Connected; stores: {', '.join(sorted(stores))}"

    def orders(self, window: Window) -> Iterator[Page]:
        """Orders changed in the window, of all stores in one call per page."""
        if self.account.settings.get("orders_api") == "v0":
            yield from legacy_orders.pages(self.api, self.account, window)
            return
        token = ""
        while True:
            reply = self._order_page(window, token)
            token = (reply.json().get("pagination") or {}).get("nextToken") or ""
            yield self._page("orders", reply.body)
            if not token:
                return

    def _order_page(self, window: Window, token: str) -> Reply:
        params = {
            "lastUpdatedAfter": stamp(window.since),
            "lastUpdatedBefore": settled(window.until),
            "marketplaceIds": [store.external_id for store in self.account.stores],
            "maxResultsPerPage": "100",
            "paginationToken": token,
        }
        return self._with_blocks("searchOrders", "/orders/2026-01-01/orders", params)

    def _with_blocks(self, operation: str, path: str, params: Mapping[str, Any]) -> Reply:
        """Some sellers are refused as a whole when the role for one block is missing: ask again without it."""
        try:
            return self.api.get(operation, path, {**params, "includedData": self._blocks})
        except NeedsOperator as error:
            if error.code != UNAUTHORISED or self._blocks == _FEWER_BLOCKS:
                raise
        reply = self.api.get(operation, path, {**params, "includedData": _FEWER_BLOCKS})
        self._blocks = _FEWER_BLOCKS
        return reply

    def prices(self, window: Window) -> Iterator[Page]:
        for store, body in listing_search.pages(self.api, self.account, window):
            yield self._page("prices", body, context={"store": store.code})

    def stock(self, window: Window) -> Iterator[Page]:
        for store, body, mark in shelves.pages(self.api, self.account, window.mark):
            yield self._page("stock", body, context={"store": store.code}, mark=mark)

    def fees(self, window: Window) -> Iterator[Page]:
        for body in batches.fees(self.api, self.account, self.subjects("fees")):
            yield self._page("fees", body, context={"observed_at": stamp(window.until)})

    def offers(self, window: Window) -> Iterator[Page]:
        for body in batches.offers(self.api, self.account, self.subjects("offers")):
            yield self._page("offers", body, context={"observed_at": stamp(window.until)})

    def taxonomy(self, window: Window) -> Iterator[Page]:
        wanted = [subject["item"] for subject in self.subjects("taxonomy") if subject.get("item")]
        for store, name, body in definitions.pages(self.api, self.account, wanted):
            yield self._page("taxonomy", body, context={"store": store.code, "product_type": name})

    def settlements(self, window: Window) -> Iterator[Page]:
        """Settlement files made in the window that are not stored yet; each is located and downloaded in one go."""
        for report in documents.settlement_reports(self.api, window):
            document_id = report.get("reportDocumentId")
            if document_id and document_id not in window.seen:
                path = documents.fetch(self.api, document_id)
                yield self._page(
                    "settlements", path=path, media_type="text/tab-separated-values", document_id=document_id
                )

    def by_id(self, resource: str, external_id: str) -> Page | None:
        """One order by its id, or one listing by `STORE:sku` or `sku`; None when the marketplace does not know it."""
        try:
            if resource == "orders":
                return self._page("orders", self._order(external_id))
            if resource == "listings":
                return self._listing(external_id)
        except Rejected as error:
            if error.code == "not_found":
                return None
            raise
        raise LookupError(f"{resource} cannot be read one by one")

    def _order(self, order_id: str) -> bytes:
        if self.account.settings.get("orders_api") == "v0":
            return legacy_orders.one(self.api, order_id)
        reply = self._with_blocks("getOrder", f"/orders/2026-01-01/orders/{segment(order_id)}", {})
        reply.json()
        return reply.body

    def ship_to(self, order: str) -> ShipTo | None:
        """Without the role for recipients the answer is a refusal, which a person reads; v0 is not asked."""
        if self.account.settings.get("orders_api") == "v0":
            return None
        path = f"/orders/2026-01-01/orders/{segment(order)}"
        reply = self.api.get("getOrder", path, {"includedData": recipients.BLOCKS})
        return recipients.ship_to(reply.json().get("order") or {})

    def _listing(self, external_id: str) -> Page:
        code, _, sku = external_id.partition(":")
        stores = [store for store in self.account.stores if store.code == code] if sku else []
        store, sku = (stores[0], sku) if stores else (self.account.stores[0], external_id)
        return self._page(
            "listings", writes.read_listing(self.api, self.account, store, sku).body, context={"store": store.code}
        )

    def request_report(self, resource: str, window: Window) -> str:
        """Ask for the reports of a pull, adopting those that an interrupted attempt has asked for already."""
        return documents.request(self.api, self.account, resource, window)

    def find_report(self, resource: str, window: Window) -> str:
        """The remote id of reports that were asked for and whose answer was lost, or '' when one of them is missing."""
        return documents.find(self.api, self.account, resource, window)

    def report_state(self, resource: str, remote_id: str) -> ReportState:
        return documents.state(self.api, remote_id)

    def download(self, resource: str, state: ReportState) -> Page:
        path, media_type, context = documents.collect(self.api, state.document_id)
        return self._page(resource, path=path, media_type=media_type, document_id=state.document_id, context=context)

    def send(self, command: Outbound) -> Outcome:
        return writes.send(self.api, self.account, command)

    def read_back(self, command: Outbound, remote_ref: str) -> Outcome:
        return writes.read_back(self.api, self.account, command)

    def offer(self, command: Outbound) -> Page | None:
        return self.by_id("listings", f"{command.channel}:{command.sku}")

    def _page(self, resource: str, body: bytes = b"", *, context: Mapping[str, str] | None = None, **more: str) -> Page:
        """A page with what its body does not say: seller, region, and what the caller adds."""
        settings = self.account.settings
        facts = {"seller_id": settings.get("seller_id", ""), "region": settings.get("region", "")}
        return Page(resource=resource, body=body, context={**facts, **(context or {})}, **more)
