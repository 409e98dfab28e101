"""Writes and their read-backs: prices by a task, shipments never twice, cancellations of open units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from config.core.errors import Rejected
from marketplaces.adapters.otto import actions, answers, cancelling, endpoints, together, words
from marketplaces.adapters.otto.auth import Api
from marketplaces.adapters.otto.rows.reading import text
from marketplaces.adapters.otto.standing import Standing
from marketplaces.contract import AccountFacts, CommandKind, Outbound, Outcome, OutcomeState


class Writer:
    def __init__(self, api: Api, account: AccountFacts) -> None:
        self.api, self.account, self.standing = api, account, Standing(api)
        self._done: dict[str, Mapping[str, Any]] = {}

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
        return together.send(self.api, commands, self.standing.variations)

    def read_back(self, command: Outbound, remote_ref: str) -> Outcome:
        if command.kind is CommandKind.CONFIRM_SHIPMENT:
            return actions.shipment_outcome(command, self.order(command.external_id), remote_ref)
        if command.kind is CommandKind.CANCEL_UNITS:
            return cancelling.outcome(command, self.order(command.external_id))
        decided = self._task_outcome(command, remote_ref)
        if command.field in words.FIELDS:
            return decided or self._words_outcome(command, remote_ref)
        return decided or actions.shown_outcome(command, self.standing.shown(command), remote_ref)

    def order(self, number: str) -> Mapping[str, Any] | None:
        return self.api.found(endpoints.ORDER, {"id": number}) if number else None

    def _set_words(self, command: Outbound) -> Outcome:
        body = words.document(command, self.standing.variation(command.external_id) or {})
        answer = answers.body(self.api.call(endpoints.POST_PRODUCTS, body=[body]))
        return Outcome(OutcomeState.ACCEPTED, remote_ref=together.task_id(answer), answer=dict(answer))

    def _task_outcome(self, command: Outbound, remote_ref: str) -> Outcome | None:
        """What a task decides of one of its variations; its success says only that the words were right."""
        task = self._task(remote_ref) if remote_ref else {}
        if text(task, "state") == "pending":
            reason = f"still being processed; not to be asked before {text(task, 'pingAfter') or 'a while'}"
            return Outcome(OutcomeState.ACCEPTED, reason=reason, remote_ref=remote_ref, answer=dict(task))
        return (
            together.failure(command.external_id, task, remote_ref) if text(task, "failed") not in ("", "0") else None
        )

    def _task(self, remote_ref: str) -> Mapping[str, Any]:
        """With its failures, under `results`, once it is done: then it stays as it is."""
        if remote_ref in self._done:
            return self._done[remote_ref]
        task = self.api.found(endpoints.TASK, {"id": remote_ref}) or {}
        if text(task, "failed") not in ("", "0"):
            task = {**task, **(self.api.found(endpoints.TASK_FAILED, {"id": remote_ref}) or {})}
        if text(task, "state") == "done":
            self._done[remote_ref] = task
        return task

    def _words_outcome(self, command: Outbound, remote_ref: str) -> Outcome:
        """The variation, and what the later check of its content says."""
        variation = self.standing.variation(command.external_id)
        if variation is None:
            return Outcome(OutcomeState.UNKNOWN, reason=f"{command.external_id} is not known; check the SKU")
        return words.outcome(command, variation, self.standing.verdict(command.external_id), remote_ref)

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
        return self.api.found(endpoints.SHIPMENT_BY_NUMBER, parts) if number else None


def _holds(parcel: Mapping[str, Any] | None, leaving: list[str]) -> bool:
    items = (parcel or {}).get("positionItems") or []
    inside = {text(item, "positionItemId") for item in items if isinstance(item, Mapping)}
    return set(leaving) <= inside
