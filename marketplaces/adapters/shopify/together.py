"""Units and prices of many variants in one call, and what its answer says of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from config.core.errors import Rejected
from marketplaces.adapters.shopify import actions, queries
from marketplaces.adapters.shopify.auth import Api
from marketplaces.adapters.shopify.rows.reading import nodes
from marketplaces.contract import CommandKind, Outbound, Outcome, OutcomeState

KINDS = frozenset({CommandKind.SET_STOCK, CommandKind.SET_PRICE})
READ_AT_ONCE = 20
Row = dict[str, Any]
Told = dict[str, Outcome]
"""Outcomes by the keys of their commands."""


def set_stock(api: Api, commands: Sequence[Outbound], location: str) -> list[Outcome]:
    """Compare and set, all rows or none: without those that are refused, and once more where units changed in between.

    Raises Rejected where no row is told as the reason.
    """
    told: Told = {}
    stale: set[str] = set()
    while left := [command for command in commands if command.key not in told]:
        rows = _rows(api, left, partial(actions.stock_row, location=location), told)
        told |= _stock_told(api, rows, stale) if rows else {}
    return [told[command.key] for command in commands]


def _stock_told(api: Api, rows: Mapping[str, Row], stale: set[str]) -> Told:
    """Of all rows where the call was done, or nobody knows; else of those that are the reason why it was not."""
    name, keys = "inventorySetQuantities", list(rows)
    data = api.data(queries.SET_STOCK, **actions.stock(rows))
    refusals = actions.refusals(data, name)
    if name not in data or not refusals or refusals[0].code in actions.IN_DOUBT:
        return dict.fromkeys(keys, actions.outcome(data, name))
    made: Told = {}
    for each in refusals:
        if each.place is None or each.place >= len(keys):
            raise Rejected(each.reason)
        key, is_stale = keys[each.place], each.code in actions.STALE
        if is_stale and key not in stale:
            stale.add(key)
        else:
            made[key] = Outcome(OutcomeState.UNKNOWN if is_stale else OutcomeState.REJECTED, reason=each.reason)
    return made


def set_prices(api: Api, commands: Sequence[Outbound]) -> list[Outcome]:
    """One mutation for each product, all in one call; a price that is refused keeps none of the others."""
    told: Told = {}
    products: dict[str, dict[str, Row]] = {}
    for key, row in _rows(api, commands, actions.price, told).items():
        products.setdefault(row["productId"], {})[key] = row["variants"][0]
    given: Row = {f"p{place}": product for place, product in enumerate(products)}
    given |= {f"v{place}": list(rows.values()) for place, rows in enumerate(products.values())}
    data = api.data(queries.set_prices(len(products)), **given) if products else {}
    for place, rows in enumerate(products.values()):
        told |= _prices_told(data, f"m{place}", list(rows))
    return [told[command.key] for command in commands]


def _prices_told(data: Mapping[str, Any], name: str, keys: Sequence[str]) -> Told:
    if name not in data:
        return dict.fromkeys(keys, actions.outcome(data, name))
    made = dict.fromkeys(keys, Outcome(OutcomeState.ACCEPTED))
    for each in actions.refusals(data, name):
        about = keys if each.place is None else keys[each.place : each.place + 1]
        made |= dict.fromkeys(about, Outcome(OutcomeState.REJECTED, reason=each.reason))
    return made


def _rows(
    api: Api, commands: Sequence[Outbound], say: Callable[[Outbound, Mapping[str, Any]], Row], told: Told
) -> dict[str, Row]:
    """What is sent of each variant, by the keys of the commands; what cannot be said is told as refused."""
    found = variants(api, commands)
    rows: dict[str, Row] = {}
    for command in commands:
        try:
            if not (variant := found.get(command.external_id)):
                raise Rejected(f"variant {command.external_id} is not known to the shop; check the id")
            rows[command.key] = say(command, variant)
        except Rejected as error:
            told[command.key] = Outcome(OutcomeState.REJECTED, reason=str(error))
    return rows


def variants(api: Api, commands: Sequence[Outbound]) -> dict[str, Any]:
    """What the writes are about, by their ids; None for those that the shop does not know."""
    found: dict[str, Any] = {}
    for start in range(0, len(commands), READ_AT_ONCE):
        part = [command.external_id for command in commands[start : start + READ_AT_ONCE]]
        told = nodes(
            api.data(queries.variants(len(part)), ids=[actions.gid("ProductVariant", number) for number in part])
        )
        found |= dict(zip(part, told, strict=True))
    return found
