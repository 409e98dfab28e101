"""Sends commands and reads them back. A lost answer is UNKNOWN, never a failure and never a success."""

from __future__ import annotations

from typing import Any

from config.core.errors import RateLimited, Rejected, Transient
from config.core.http import Reply
from marketplaces.adapters.amazon import actions, definitions
from marketplaces.adapters.amazon.api import Api, segment
from marketplaces.adapters.amazon.writable import WORDS
from marketplaces.contract import AccountFacts, CommandKind, Outbound, Outcome, OutcomeState, Store

_BLOCKS = ("summaries", "attributes", "issues", "offers", "fulfillmentAvailability", "productTypes")


def read_listing(api: Api, account: AccountFacts, store: Store, sku: str) -> Reply:
    params = {"marketplaceIds": store.external_id, "includedData": _BLOCKS}
    return api.get("getListingsItem", _path(account, sku), params)


def send(api: Api, account: AccountFacts, command: Outbound) -> Outcome:
    try:
        store = _store(account, command)
        if command.kind is CommandKind.CONFIRM_SHIPMENT:
            return _confirm(api, store, command)
        if command.kind is CommandKind.CORRECT_TRACKING:
            return _correct(api, store, command)
        listing = read_listing(api, account, store, command.sku).json()
        schema = definitions.schema(api, store, actions.product_type(listing)) if command.field == "attributes" else {}
        body = actions.request(command, store, listing, schema)
    except (ValueError, Rejected) as error:
        return Outcome(OutcomeState.REJECTED, str(error))
    if command.field in WORDS:
        foreseen = _foreseen(api, account, store, command, body)
        if foreseen.state is OutcomeState.REJECTED:
            return foreseen
    return _patch(api, account, store, command, body)


def _foreseen(api: Api, account: AccountFacts, store: Store, command: Outbound, body: Any) -> Outcome:
    """What they would say to a change of words: their preview checks it and writes nothing."""
    params = {"marketplaceIds": store.external_id, "mode": "VALIDATION_PREVIEW"}
    path = _path(account, command.sku)
    try:
        reply = api.write("patchListingsItem", "PATCH", path, body=body, params=params, idempotent=True)
    except Rejected as error:
        return Outcome(OutcomeState.REJECTED, str(error))
    return actions.outcome(reply.json())


def _patch(api: Api, account: AccountFacts, store: Store, command: Outbound, body: Any) -> Outcome:
    params = {"marketplaceIds": store.external_id}
    path = _path(account, command.sku)
    try:
        reply = api.write("patchListingsItem", "PATCH", path, body=body, params=params, idempotent=True)
    except Rejected as error:
        return Outcome(OutcomeState.REJECTED, str(error))
    except RateLimited:
        raise
    except Transient as error:
        return Outcome(OutcomeState.UNKNOWN, str(error))
    return actions.outcome(reply.json())


def _confirm(api: Api, store: Store, command: Outbound) -> Outcome:
    """A shipment of the seller. A 400 often means that it was confirmed before, so the order is asked first."""
    reference = actions.package_reference(command.key)
    try:
        api.write(
            "confirmShipment", "POST", _confirmation(command), body=actions.shipment(command, store), idempotent=True
        )
    except Rejected as error:
        if error.code == "invalid_request" and actions.is_shipped(command, _order(api, command)):
            return Outcome(OutcomeState.CONFIRMED, "the order shows this parcel already", reference)
        return Outcome(OutcomeState.REJECTED, str(error), reference)
    except RateLimited:
        raise
    except Transient as error:
        return Outcome(OutcomeState.UNKNOWN, str(error), reference)
    return Outcome(OutcomeState.ACCEPTED, "", reference)


def _correct(api: Api, store: Store, command: Outbound) -> Outcome:
    """The same parcel is told once more, under its reference, with another number."""
    reference = actions.told_package(command, _order(api, command))
    try:
        api.write("confirmShipment", "POST", _confirmation(command), body=actions.shipment(command, store, reference),
                  idempotent=True)  # fmt: skip
    except RateLimited:
        raise
    except Transient as error:
        return Outcome(OutcomeState.UNKNOWN, str(error), reference)
    return Outcome(OutcomeState.ACCEPTED, "", reference)


def _confirmation(command: Outbound) -> str:
    return f"/orders/v0/orders/{segment(_order_id(command))}/shipmentConfirmation"


def read_back(api: Api, account: AccountFacts, command: Outbound) -> Outcome:
    """CONFIRMED when the marketplace shows what we wanted, else UNKNOWN with what is missing."""
    store = _store(account, command)
    if command.kind is CommandKind.CONFIRM_SHIPMENT:
        is_done = actions.is_shipped(command, _order(api, command))
    elif command.kind is CommandKind.CORRECT_TRACKING:
        is_done = actions.is_corrected(command, _order(api, command))
    else:
        listing = read_listing(api, account, store, command.sku).json()
        if command.field in WORDS:
            return actions.worded(command, store, listing)
        is_priced = command.kind is CommandKind.SET_PRICE
        is_done = actions.is_priced(command, store, listing) if is_priced else actions.is_stocked(command, listing)
    if is_done:
        return Outcome(OutcomeState.CONFIRMED)
    return Outcome(OutcomeState.UNKNOWN, "the marketplace does not show the change yet")


def _order(api: Api, command: Outbound) -> Any:
    path = f"/orders/2026-01-01/orders/{segment(_order_id(command))}"
    return api.get("getOrder", path, {"includedData": ("FULFILLMENT", "PACKAGES")}).json().get("order") or {}


def _store(account: AccountFacts, command: Outbound) -> Store:
    for store in account.stores:
        if store.code == command.channel:
            return store
    raise actions.NotPossible(f"the account does not sell in {command.channel!r}")


def _path(account: AccountFacts, sku: str) -> str:
    return f"/listings/2021-08-01/items/{segment(account.settings.get('seller_id', ''))}/{segment(sku)}"


def _order_id(command: Outbound) -> str:
    return str(command.payload.get("order_id") or command.external_id)
