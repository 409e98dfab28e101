"""Shopify's API: one method per resource that yields raw pages, and the writes. The only place that talks to Shopify."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from config.core.errors import Rejected
from config.core.http import ApiSession
from marketplaces.adapters.shopify import (
    actions,
    bulk,
    cancelling,
    hooks,
    paging,
    parcels,
    payouts,
    queries,
    together,
    words,
)
from marketplaces.adapters.shopify.auth import Api
from marketplaces.adapters.shopify.errors import error_of
from marketplaces.adapters.shopify.queries import Query
from marketplaces.adapters.shopify.rows import addresses
from marketplaces.adapters.shopify.rows.lines import is_cut_off, lines_of
from marketplaces.adapters.shopify.rows.reading import text
from marketplaces.canonical import ShipTo
from marketplaces.contract import AccountFacts, CommandKind, Outbound, Outcome, OutcomeState, Page, ReportState, Window
from marketplaces.pieces import inner

__all__ = ["Client", "error_of"]

ANY = "(status:open OR status:closed OR status:cancelled)"
RETURNED = "(return_status:in_progress OR return_status:inspection_complete OR return_status:returned)"
BY_ID = {
    "orders": (queries.ORDER, "Order", "order"),
    "order_changes": (queries.ORDER, "Order", "order"),
    "listings": (queries.VARIANT, "ProductVariant", "productVariant"),
    "stock": (queries.VARIANT, "ProductVariant", "productVariant"),
}
PASSED_ON = ("ships_authorised", "other_sources")
ABOUT_PARCELS = {
    CommandKind.CORRECT_TRACKING: (queries.FIX_TRACKING, "fulfillmentTrackingInfoUpdate"),
    CommandKind.TELL_TRACKING: (queries.TELL_NEWS, "fulfillmentEventCreate"),
}


class Client:
    """`subjects` names known listings for resources that are asked about one by one; this API has none."""

    def __init__(
        self,
        session: ApiSession,
        account: AccountFacts,
        subjects: Callable[[str], Sequence[Mapping[str, str]]] = lambda resource: (),
    ) -> None:
        self.account = account
        self.api = Api(session, account)
        self._ahead: dict[tuple[CommandKind, str], Any] = {}

    def probe(self) -> str:
        """The shop's name; raises NeedsOperator when the credentials are refused."""
        shop = inner(self.api.data(queries.SHOP), "shop")
        return f"{text(shop, 'name')} ({text(shop, 'myshopifyDomain')})"

    # Reading

    def orders(self, window: Window) -> Iterator[Page]:
        """Orders changed in the window; one with more positions than a page holds follows by its id."""
        for reply, found in self._changed(queries.ORDERS, window, size=25):
            yield self._page("orders", reply.body, long_orders="follow")
            for order in found:
                page = self.by_id("orders", text(order, "id")) if is_cut_off(order) else None
                yield from [page] if page else []

    def order_changes(self, window: Window) -> Iterator[Page]:
        for reply, _ in self._changed(queries.CHANGES, window, size=50):
            yield self._page("order_changes", reply.body)

    def returns(self, window: Window) -> Iterator[Page]:
        for reply, _ in self._changed(queries.RETURNS, window, size=50, more=f"{RETURNED} AND "):
            yield self._page("returns", reply.body)

    def stock(self, window: Window) -> Iterator[Page]:
        path = ("productVariants",)
        for reply, _ in paging.pages(self.api, queries.STOCK, path, size=100, after=window.mark, query=None):
            yield replace(self._page("stock", reply.body), mark=paging.next_cursor(reply, path))

    def settlements(self, window: Window) -> Iterator[Page]:
        for name, body in payouts.documents(self.api, window):
            yield Page(resource="settlements", body=body, document_id=name, context=self._context())

    def by_id(self, resource: str, external_id: str) -> Page | None:
        """One order or variant; None when the shop does not know it."""
        if resource not in BY_ID:
            raise Rejected(f"{resource} cannot be asked for one by one; pull a window instead")
        query, kind, name = BY_ID[resource]
        reply = self.api.call(query, id=actions.gid(kind, external_id))
        found = inner(reply.json(), "data").get(name)
        return self._page(resource, reply.body) if found else None

    def ship_to(self, order: str) -> ShipTo | None:
        """Null where the app may not read customers' data."""
        return addresses.ship_to(inner(self.api.data(queries.SHIP_TO, id=actions.gid("Order", order)), "order"))

    # Bulk operations

    def request_report(self, resource: str, window: Window) -> str:
        return bulk.start(self.api, resource)

    def find_report(self, resource: str, window: Window) -> str:
        """A lost request is not looked for: the shop runs it, and ours waits for its end."""
        return ""

    def report_state(self, resource: str, remote_id: str) -> ReportState:
        return bulk.state(self.api, remote_id)

    def download(self, resource: str, state: ReportState) -> Page:
        reply = self.api.download(state.document_id)
        media = "application/jsonl"
        return Page(resource=resource, body=reply.body, path=reply.path, media_type=media, context=self._context())

    # Writes

    def send(self, command: Outbound) -> Outcome:
        """Make the write; what cannot be said or is refused is REJECTED, everything else is read back."""
        try:
            if command.kind is CommandKind.CONFIRM_SHIPMENT:
                return self._ship(command)
            if command.kind in together.KINDS:
                return self.send_together([command])[0]
            if command.kind is CommandKind.CANCEL_UNITS:
                told = self.api.data(queries.CANCEL, **cancelling.variables(command, self._order(command) or {}))
                return actions.outcome(told, "orderCancel")
            if command.kind in ABOUT_PARCELS:
                query, name = ABOUT_PARCELS[command.kind]
                return actions.outcome(self.api.data(query, **parcels.request(command, self._parcels(command))), name)
            return self._set_words(command)
        except Rejected as error:
            return Outcome(OutcomeState.REJECTED, reason=str(error))

    def send_together(self, commands: Sequence[Outbound]) -> list[Outcome]:
        """Quantities or prices in one call; raises Rejected when it is refused as a whole."""
        if commands[0].kind is CommandKind.SET_STOCK:
            return together.set_stock(self.api, commands, self.account.settings.get("location_id", ""))
        return together.set_prices(self.api, commands)

    def look_ahead(self, commands: Sequence[Outbound]) -> None:
        """What is read ahead is used once."""
        wanted = [command for command in commands if command.kind in together.KINDS]
        found = together.variants(self.api, wanted)
        self._ahead = {(each.kind, each.external_id): found[each.external_id] for each in wanted}

    def read_back(self, command: Outbound, remote_ref: str) -> Outcome:
        if command.kind is CommandKind.CONFIRM_SHIPMENT:
            return actions.order_outcome(command, self._shipped(command))
        if command.kind is CommandKind.CANCEL_UNITS:
            return cancelling.outcome(command, self._order(command))
        if command.kind in ABOUT_PARCELS:
            return parcels.outcome(command, self._parcels(command))
        query = queries.PICTURES if command.field == "images" else queries.VARIANT
        ahead = self._ahead.pop((command.kind, command.external_id), None)
        variant = ahead or self._known(query, "ProductVariant", command.external_id, "productVariant")
        if command.field in words.FIELDS:
            return words.outcome(command, variant)
        return actions.variant_outcome(command, variant, self.account.settings.get("location_id", ""))

    def offer(self, command: Outbound) -> Page | None:
        return self.by_id("listings", command.external_id)

    def _set_words(self, command: Outbound) -> Outcome:
        if command.field == "images":
            told = self.api.data(queries.SET_FILES, **words.files(command, self._variant(command, queries.PICTURES)))
            return actions.outcome(told, "productSet")
        variant = self._variant(command)
        return actions.outcome(self.api.data(queries.SET_PRODUCT, **words.product(command, variant)), "productUpdate")

    def _ship(self, command: Outbound) -> Outcome:
        """The shop knows no idempotency key for parcels, so its state is read first: what has left is not sent again."""
        actions.check_shipment(command)
        if command.payload.get("shipped_in_all"):
            done = actions.order_outcome(command, self._shipped(command))
            if done.state is OutcomeState.CONFIRMED:
                return done
        order = self._known(queries.OPEN_WORK, "Order", command.external_id, "order") or {}
        for variables in actions.shipments(command, order):
            told = actions.outcome(self.api.data(queries.SHIP, **variables), "fulfillmentCreate")
            if told.state is not OutcomeState.ACCEPTED:
                return told
        return Outcome(OutcomeState.ACCEPTED)

    def _shipped(self, command: Outbound) -> dict[str, int] | None:
        order = self._order(command)
        return {line.id: line.units - line.unfulfilled for line in lines_of(order)} if order else None

    def _order(self, command: Outbound) -> Mapping[str, Any] | None:
        return self._known(queries.ORDER, "Order", command.external_id, "order")

    def _parcels(self, command: Outbound) -> Mapping[str, Any]:
        return self._known(queries.PARCELS, "Order", command.external_id, "order") or {}

    def _variant(self, command: Outbound, query: Query = queries.VARIANT) -> Mapping[str, Any]:
        found = self._known(query, "ProductVariant", command.external_id, "productVariant")
        if found is None:
            raise Rejected(f"variant {command.external_id} is not known to the shop; check the id")
        return found

    def _known(self, query: Query, kind: str, number: str, name: str) -> Mapping[str, Any] | None:
        return inner(self.api.data(query, id=actions.gid(kind, number)), name) or None

    # Webhooks

    def signature_keys(self) -> Mapping[str, str]:
        """The app's own secret signs what is pushed."""
        return {"client_secret": self.account.credentials.get("client_secret", "")}

    def ensure_subscription(self, url: str) -> str:
        """Subscribe to what is missing; subscriptions are removed when deliveries fail for hours."""
        return hooks.ensure(self.api, url)

    def _changed(self, query: Query, window: Window, *, size: int, more: str = "") -> Iterator[paging.Found]:
        asked = f"{more}updated_at:>='{_stamp(window.since)}' AND updated_at:<'{_stamp(window.until)}' AND {ANY}"
        return paging.pages(self.api, query, ("orders",), size=size, query=asked)

    def _context(self, **more: str) -> dict[str, str]:
        stores = self.account.stores
        settings = {name: value for name in PASSED_ON if (value := self.account.settings.get(name))}
        home = {"store": stores[0].code, "currency": stores[0].currency} if stores else {}
        return {**home, **settings, **more}

    def _page(self, resource: str, body: bytes, **more: str) -> Page:
        return Page(resource=resource, body=body, context=self._context(**more))


def _stamp(moment: datetime) -> str:
    """To the microsecond, so that windows neither overlap nor leave a gap."""
    return moment.isoformat().replace("+00:00", "Z")
