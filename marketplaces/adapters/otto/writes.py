"""Writes and their read-backs: prices by a task, shipments never twice, cancellations of open units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from config.core.errors import Rejected
from config.core.http import Reply
from config.core.money import decimal
from marketplaces.adapters.otto import actions, answers, cancelling, endpoints, paging, together, words
from marketplaces.adapters.otto.auth import Api
from marketplaces.adapters.otto.rows.reading import text
from marketplaces.contract import AccountFacts, CommandKind, Outbound, Outcome, OutcomeState
from marketplaces.pieces import inner

MOST_STATES, MOST_VARIATIONS = 500, 100
FEW = 20
PATH_IS_SAFE = frozenset("/.")


class Writer:
    def __init__(self, api: Api, account: AccountFacts) -> None:
        self.api, self.account = api, account

    def send(self, command: Outbound) -> Outcome:
        """Make the write; what cannot be said or is refused at once is REJECTED, everything else is read back."""
        try:
            if command.kind in together.KINDS:
                return self.send_together([command])[0]
            if command.field in words.FIELDS:
                return self._set_words(command)
            if command.kind is CommandKind.CONFIRM_SHIPMENT:
                return self._ship(command)
            if command.kind is CommandKind.CANCEL_UNITS:
                return self._cancel(command)
        except Rejected as error:
            return Outcome(OutcomeState.REJECTED, reason=str(error))
        return Outcome(OutcomeState.REJECTED, reason=f"{command.kind} cannot be written here")

    def send_together(self, commands: Sequence[Outbound]) -> list[Outcome]:
        """Quantities, prices or switches in one call; raises Rejected when it is refused as a whole."""
        return together.send(self.api, commands, self._shown)

    def read_back(self, command: Outbound, remote_ref: str) -> Outcome:
        if command.kind is CommandKind.CONFIRM_SHIPMENT:
            return actions.shipment_outcome(command, self.order(command.external_id), remote_ref)
        if command.kind is CommandKind.CANCEL_UNITS:
            return cancelling.outcome(command, self.order(command.external_id))
        if command.kind is CommandKind.SET_PRICE or command.field in words.FIELDS:
            return self._variation_outcome(command, remote_ref)
        if command.kind is CommandKind.SET_HOLD:
            decided = self._task_outcome(command, remote_ref)
            return decided or actions.shown_outcome(command, self._held(command.external_id), remote_ref)
        return actions.shown_outcome(command, self._quantity(command.external_id), remote_ref)

    def order(self, number: str) -> Mapping[str, Any] | None:
        return self._found(endpoints.ORDER, {"id": number}) if number else None

    def variation(self, sku: str) -> Reply | None:
        """By query, because a SKU may hold a slash or a dot; None when it is not known."""
        try:
            reply = self.api.call(endpoints.PRODUCTS, params={"sku": sku})
        except Rejected as error:
            if error.code == "http_404":
                return None
            raise
        return reply if any(text(piece, "sku") == sku for piece in _variations(reply)) else None

    def _shown(self, skus: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """The variations of these SKUs: one by one while they are few, else by the list of all."""
        if len(skus) <= FEW:
            return {sku: _one(reply, sku) for sku in skus if (reply := self.variation(sku))}
        wanted = set(skus)
        found: dict[str, Mapping[str, Any]] = {}
        for reply in paging.linked(self.api, endpoints.PRODUCTS, {"page": 0, "limit": MOST_VARIATIONS}):
            found |= {sku: piece for piece in _variations(reply) if (sku := text(piece, "sku")) in wanted}
            if len(found) == len(wanted):
                break
        return found

    def _set_words(self, command: Outbound) -> Outcome:
        shown = self.variation(command.external_id)
        body = words.document(command, _one(shown, command.external_id) if shown else {})
        answer = answers.body(self.api.call(endpoints.POST_PRODUCTS, body=[body]))
        return Outcome(OutcomeState.ACCEPTED, remote_ref=together.task_id(answer), answer=dict(answer))

    def _held(self, sku: str) -> str:
        """By query, because a SKU may hold a slash or a dot."""
        found = paging.pieces(self.api.call(endpoints.ACTIVE_STATUS, params={"sku": sku}), "status", "resources")
        told = next((piece.get("active") for piece in found if text(piece, "sku") == sku), None)
        return "no" if told is True else "yes" if told is False else ""

    def _verdict(self, sku: str) -> Mapping[str, Any]:
        """From a list that knows no filter by SKU."""
        for reply in paging.linked(self.api, endpoints.MARKETPLACE_STATUS, {"limit": MOST_STATES}):
            for piece in paging.pieces(reply, "marketPlaceStatus", "resources"):
                if text(piece, "sku") == sku:
                    return piece
        return {}

    def _task_outcome(self, command: Outbound, remote_ref: str) -> Outcome | None:
        """What a task decides of one of its variations; its success says only that the words were right."""
        task = self._found(endpoints.TASK, {"id": remote_ref}) if remote_ref else None
        if task and text(task, "state") == "pending":
            reason = f"still being processed; not to be asked before {text(task, 'pingAfter') or 'a while'}"
            return Outcome(OutcomeState.ACCEPTED, reason=reason, remote_ref=remote_ref, answer=dict(task))
        if task and text(task, "failed") not in ("", "0"):
            failed = self._found(endpoints.TASK_FAILED, {"id": remote_ref}) or {}
            return together.failure(command.external_id, task, failed, remote_ref)
        return None

    def _variation_outcome(self, command: Outbound, remote_ref: str) -> Outcome:
        """The task first, then the variation; of words also what the later check of its content says."""
        decided = self._task_outcome(command, remote_ref)
        if decided:
            return decided
        reply = self.variation(command.external_id)
        if reply is None:
            return Outcome(OutcomeState.UNKNOWN, reason=f"{command.external_id} is not known; check the SKU")
        variation = _one(reply, command.external_id)
        if command.field in words.FIELDS:
            return words.outcome(command, variation, self._verdict(command.external_id), remote_ref)
        told = inner(inner(variation, "pricing"), "standardPrice").get("amount")
        return actions.shown_outcome(command, None if told is None else decimal(told), remote_ref)

    def _quantity(self, sku: str) -> Any:
        """By path where the SKU allows it, else from the list."""
        if not PATH_IS_SAFE & set(sku):
            return (self._found(endpoints.QUANTITY, {"id": sku}) or {}).get("quantity")
        for reply in paging.linked(self.api, endpoints.QUANTITIES, {"limit": 200}):
            for piece in paging.pieces(reply, "resources", "variations"):
                if text(piece, "sku") == sku:
                    return piece.get("quantity")
        return None

    def _ship(self, command: Outbound) -> Outcome:
        """Ship what is still open. The call cannot be undone or repeated, so order and parcel are looked at before."""
        key = actions.tracking_key(command)
        actions.return_key(command, self.account.settings)
        order = self.order(command.external_id)
        if order is None:
            raise Rejected(f"order {command.external_id} is not known to the marketplace; check the number")
        leaving = actions.shipped_units(command, order)
        known = self._known_parcel(key)
        if not leaving or _holds(known, leaving):
            return Outcome(OutcomeState.ACCEPTED, reason="told already", remote_ref=text(known or {}, "shipmentId"))
        bodies = actions.shipment_bodies(command, order, leaving, self.account.settings)
        is_one = len(bodies) == 1
        try:
            reply = self.api.call(
                endpoints.SHIP if is_one else endpoints.SHIP_SEVERAL, body=bodies[0] if is_one else bodies
            )
        except Rejected as error:
            if error.code != answers.ALREADY_SHIPPED:
                raise
            return Outcome(OutcomeState.ACCEPTED, reason="told already, by the marketplace's word")
        answer = answers.body(reply)
        told = text(answer, "shipmentId", "multiParcelShipmentId")
        return Outcome(OutcomeState.ACCEPTED, remote_ref=told, answer=dict(answer))

    def _cancel(self, command: Outbound) -> Outcome:
        """Open units, all of them or none; units that are cancelled already do no harm."""
        order = self.order(command.external_id)
        if order is None:
            raise Rejected(f"order {command.external_id} is not known to the marketplace; check the number")
        if not (leaving := cancelling.chosen(command, order)):
            return Outcome(OutcomeState.ACCEPTED, reason="cancelled already")
        parts = {"order": text(order, "salesOrderId"), "units": ",".join(leaving)}
        self.api.call(endpoints.CANCEL, parts=parts)
        return Outcome(OutcomeState.ACCEPTED)

    def _known_parcel(self, key: Mapping[str, str]) -> Mapping[str, Any] | None:
        number = key.get("trackingNumber", "")
        parts = {"carrier": key["carrier"], "number": number}
        return self._found(endpoints.SHIPMENT_BY_NUMBER, parts) if number else None

    def _found(self, endpoint: endpoints.Endpoint, parts: Mapping[str, str]) -> Mapping[str, Any] | None:
        try:
            found = self.api.call(endpoint, parts=parts).json()
        except Rejected as error:
            if error.code == "http_404":
                return None
            raise
        return found if isinstance(found, Mapping) else None


def _variations(reply: Reply) -> list[Mapping[str, Any]]:
    return paging.pieces(reply, "productVariations", "resources")


def _one(reply: Reply, sku: str) -> Mapping[str, Any]:
    return next(piece for piece in _variations(reply) if text(piece, "sku") == sku)


def _holds(parcel: Mapping[str, Any] | None, leaving: list[str]) -> bool:
    items = (parcel or {}).get("positionItems") or []
    inside = {text(item, "positionItemId") for item in items if isinstance(item, Mapping)}
    return set(leaving) <= inside
