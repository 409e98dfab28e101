"""Writes and their read-backs: the process status where there is one, and then the order, offer or parcel itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from config.core.errors import Rejected
from marketplaces.adapters.bol import actions, cancelling, documents, endpoints, paging, transports, words
from marketplaces.adapters.bol.auth import Api
from marketplaces.contract import AccountFacts, CommandKind, Outbound, Outcome, OutcomeState, Page

OneById = Callable[[str, str], Page | None]


class Writer:
    """`by_id` reads one record of a resource."""

    def __init__(self, api: Api, account: AccountFacts, by_id: OneById) -> None:
        self.api, self.account, self._by_id = api, account, by_id

    def send(self, command: Outbound) -> Outcome:
        """Make the write; what cannot be said or is refused at once is REJECTED, everything else is read back."""
        try:
            if command.kind is CommandKind.CORRECT_TRACKING:
                number = transports.wanted(command, self._transports(command))
                reply = self.api.call(endpoints.TRANSPORT, parts={"id": number}, body=transports.body(command))
            else:
                call = self._call(command)
                reply = self.api.call(call.endpoint, parts={"id": command.external_id}, body=call.body)
        except Rejected as error:
            return Outcome(OutcomeState.REJECTED, reason=str(error))
        return actions.accepted(reply.json() if reply.body else {})

    def _call(self, command: Outbound) -> actions.Write:
        """What replaces something is made of what bol shows now; words are those of the product, by its EAN."""
        if command.field in words.FIELDS:
            language = self.account.settings.get("content_language") or words.LANGUAGE
            told = words.body(command.field, command.value, self._ean(command), language)
            return actions.Write(endpoints.UPLOAD_CONTENT, told)
        if command.kind is CommandKind.CANCEL_UNITS:
            order = self._by_id("orders", command.external_id)
            return actions.Write(endpoints.CANCEL, cancelling.body(command, order.json() if order else None))
        settings = self.account.settings
        if command.kind not in documents.SWITCHES:
            call = actions.request(command, settings)
            if command.kind is not CommandKind.SET_PRICE:
                return call
        shown = self._by_id("listings", command.external_id)
        return actions.request(command, settings, shown.json() if shown else None)

    def _ean(self, command: Outbound) -> str:
        page = self._by_id("listings", command.external_id)
        ean = str(page.json().get("ean") or "") if page else ""
        if not ean:
            raise Rejected(f"offer {command.external_id} shows no EAN, so bol cannot tell whose words these are")
        return ean

    def read_back(self, command: Outbound, remote_ref: str) -> Outcome:
        process = self.process(remote_ref) if remote_ref else None
        told = actions.process_outcome(process, remote_ref) if remote_ref else None
        if told is not None:
            return told
        if command.field in words.FIELDS:
            return self._words_outcome(command, str((process or {}).get("entityId") or ""), remote_ref)
        if command.kind is CommandKind.CORRECT_TRACKING:
            return transports.outcome(command, self._transports(command), remote_ref)
        page = self._by_id(*actions.entity_of(command))
        return actions.entity_outcome(command, page.json() if page else None, remote_ref)

    def _words_outcome(self, command: Outbound, upload: str, remote_ref: str) -> Outcome:
        """The upload's report, and then the product as the catalogue shows it."""
        report = self._found(endpoints.UPLOAD_REPORT, upload) if upload else None
        decided = words.refused(report, remote_ref) if report else None
        if decided:
            return decided
        if command.field == "images":
            return words.pictured(command, report, remote_ref)
        return words.worded(command, self._found(endpoints.CATALOG_PRODUCT, self._ean(command)), remote_ref)

    def process(self, process_id: str) -> Mapping[str, Any] | None:
        """A process status; None when it is forgotten."""
        return self._found(endpoints.PROCESS, process_id)

    def _found(self, endpoint: endpoints.Endpoint, name: str) -> Mapping[str, Any] | None:
        try:
            return self.api.call(endpoint, parts={"id": name}).json()
        except Rejected as error:
            if error.code == "http_404":
                return None
            raise

    def _transports(self, command: Outbound) -> list[transports.Transport]:
        """Those of an order's parcels; the list names the shipments only."""
        listed = paging.numbered(self.api, endpoints.SHIPMENTS, {"order-id": command.external_id}, key="shipments")
        ids = [str(shipment.get("shipmentId", "")) for _, found in listed for shipment in found]
        pages = [page for shipment in ids if (page := self._by_id("order_changes", shipment))]
        return transports.of(page.json() for page in pages)
