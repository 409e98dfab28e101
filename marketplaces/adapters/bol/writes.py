"""Writes and their read-backs: the process status where there is one, and then the order, offer or parcel itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from config.core.errors import Rejected
from marketplaces.adapters.bol import actions, endpoints, paging, transports
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
        call = actions.request(command, self.account.settings)
        if command.kind is CommandKind.SET_PRICE and (shown := self._by_id("listings", command.external_id)):
            call = actions.request(command, self.account.settings, shown.json())
        return call

    def read_back(self, command: Outbound, remote_ref: str) -> Outcome:
        if remote_ref:
            told = actions.process_outcome(self.process(remote_ref), remote_ref)
            if told is not None:
                return told
        if command.kind is CommandKind.CORRECT_TRACKING:
            return transports.outcome(command, self._transports(command), remote_ref)
        page = self._by_id(*actions.entity_of(command))
        return actions.entity_outcome(command, page.json() if page else None, remote_ref)

    def process(self, process_id: str) -> Mapping[str, Any] | None:
        """A process status; None when it is forgotten."""
        try:
            return self.api.call(endpoints.PROCESS, parts={"id": process_id}).json()
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
