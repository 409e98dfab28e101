"""Writes and their read-backs: prices by a task, quantities at once, shipments never twice, cancellations of open units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from config.core.errors import Rejected
from config.core.http import Reply
from config.core.money import decimal
from marketplaces.adapters.otto import actions, answers, cancelling, endpoints, paging, words
from marketplaces.adapters.otto.auth import Api
from marketplaces.adapters.otto.rows.reading import text
from marketplaces.contract import AccountFacts, CommandKind, Outbound, Outcome, OutcomeState
from marketplaces.pieces import inner

MOST_STATES = 500
PATH_IS_SAFE = frozenset("/.")


class Writer:
    def __init__(self, api: Api, account: AccountFacts) -> None:
        self.api, self.account = api, account

    def send(self, command: Outbound) -> Outcome:
        """Make the write; what cannot be said or is refused at once is REJECTED, everything else is read back."""
        try:
            if command.kind is CommandKind.SET_PRICE:
                return self._set_price(command)
            if command.kind is CommandKind.SET_STOCK:
                return self._set_stock(command)
            if command.field in words.FIELDS:
                return self._set_words(command)
            if command.kind is CommandKind.SET_HOLD:
                return self._switch(command)
            if command.kind is CommandKind.CONFIRM_SHIPMENT:
                return self._ship(command)
            if command.kind is CommandKind.CANCEL_UNITS:
                return self._cancel(command)
        except Rejected as error:
            return Outcome(OutcomeState.REJECTED, reason=str(error))
        return Outcome(OutcomeState.REJECTED, reason=f"{command.kind} cannot be written here")

    def read_back(self, command: Outbound, remote_ref: str) -> Outcome:
        if command.kind is CommandKind.CONFIRM_SHIPMENT:
            return actions.shipment_outcome(command, self.order(command.external_id), remote_ref)
        if command.kind is CommandKind.CANCEL_UNITS:
            return cancelling.outcome(command, self.order(command.external_id))
        if command.kind is CommandKind.SET_PRICE or command.field in words.FIELDS:
            return self._variation_outcome(command, remote_ref)
        if command.kind is CommandKind.SET_HOLD:
            return actions.shown_outcome(command, self._held(command.external_id), remote_ref)
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

    def _set_price(self, command: Outbound) -> Outcome:
        actions.wanted_price(command.payload)
        shown = self.variation(command.external_id)
        body = actions.price_body(command, _one(shown, command.external_id) if shown else {})
        reply = self.api.call(endpoints.PRICES, body=body)
        answer = answers.body(reply)
        return Outcome(OutcomeState.ACCEPTED, remote_ref=_task_id(answer), answer=dict(answer))

    def _set_words(self, command: Outbound) -> Outcome:
        shown = self.variation(command.external_id)
        body = words.document(command, _one(shown, command.external_id) if shown else {})
        answer = answers.body(self.api.call(endpoints.POST_PRODUCTS, body=[body]))
        return Outcome(OutcomeState.ACCEPTED, remote_ref=_task_id(answer), answer=dict(answer))

    def _switch(self, command: Outbound) -> Outcome:
        body = {"status": [{"sku": command.external_id, "active": command.value == "no"}]}
        answer = answers.body(self.api.call(endpoints.SET_ACTIVE, body=body))
        if refused := list(answers.errors(answer)):
            return Outcome(OutcomeState.REJECTED, reason="; ".join(refused), answer=dict(answer))
        return Outcome(OutcomeState.ACCEPTED, remote_ref=_task_id(answer), answer=dict(answer))

    def _held(self, sku: str) -> str:
        told = self._of_sku(endpoints.ACTIVE_STATUS, "status", sku).get("active")
        return "no" if told is True else "yes" if told is False else ""

    def _of_sku(self, endpoint: endpoints.Endpoint, key: str, sku: str) -> Mapping[str, Any]:
        """One piece of a list that knows no filter by SKU; a SKU may hold what a path must not."""
        for reply in paging.linked(self.api, endpoint, {"limit": MOST_STATES}):
            for piece in paging.pieces(reply, key, "resources"):
                if text(piece, "sku") == sku:
                    return piece
        return {}

    def _task_outcome(self, remote_ref: str) -> Outcome | None:
        """What a task decides by itself; its success says only that the words were right."""
        task = self._found(endpoints.TASK, {"id": remote_ref}) if remote_ref else None
        if task and text(task, "state") == "pending":
            reason = f"still being processed; not to be asked before {text(task, 'pingAfter') or 'a while'}"
            return Outcome(OutcomeState.ACCEPTED, reason=reason, remote_ref=remote_ref, answer=dict(task))
        if task and text(task, "failed") not in ("", "0"):
            failed = self._found(endpoints.TASK_FAILED, {"id": remote_ref}) or {}
            reason = "; ".join(_failures(failed)) or "the marketplace says only that it failed"
            return Outcome(OutcomeState.REJECTED, reason=reason, remote_ref=remote_ref, answer=dict(failed))
        return None

    def _variation_outcome(self, command: Outbound, remote_ref: str) -> Outcome:
        """The task first, then the variation; of words also what the later check of its content says."""
        decided = self._task_outcome(remote_ref)
        if decided:
            return decided
        reply = self.variation(command.external_id)
        if reply is None:
            return Outcome(OutcomeState.UNKNOWN, reason=f"{command.external_id} is not known; check the SKU")
        variation = _one(reply, command.external_id)
        if command.field in words.FIELDS:
            verdict = self._of_sku(endpoints.MARKETPLACE_STATUS, "marketPlaceStatus", command.external_id)
            return words.outcome(command, variation, verdict, remote_ref)
        told = inner(inner(variation, "pricing"), "standardPrice").get("amount")
        return actions.shown_outcome(command, None if told is None else decimal(told), remote_ref)

    def _set_stock(self, command: Outbound) -> Outcome:
        reply = self.api.call(endpoints.SET_QUANTITIES, body=actions.quantity_body(command))
        answer = answers.body(reply)
        if refused := list(answers.errors(answer)):
            return Outcome(OutcomeState.REJECTED, reason="; ".join(refused), answer=dict(answer))
        return Outcome(OutcomeState.ACCEPTED, answer=dict(answer))

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


def _task_id(answer: Mapping[str, Any]) -> str:
    """The task's id stands at the end of its link."""
    links = answer.get("links")
    for link in links if isinstance(links, list) else []:
        path = urlsplit(str(link.get("href", ""))).path if isinstance(link, Mapping) else ""
        if "update-tasks/" in path:
            return path.partition("update-tasks/")[2].partition("/")[0]
    return text(answer, "uuid", "id")


def _failures(failed: Mapping[str, Any]) -> list[str]:
    results = failed.get("results") or []
    told = [piece for piece in results if isinstance(piece, Mapping)] if isinstance(results, list) else []
    return [word for piece in (failed, *told) for word in answers.errors(piece)]


def _holds(parcel: Mapping[str, Any] | None, leaving: list[str]) -> bool:
    items = (parcel or {}).get("positionItems") or []
    inside = {text(item, "positionItemId") for item in items if isinstance(item, Mapping)}
    return set(leaving) <= inside
