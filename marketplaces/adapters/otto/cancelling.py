"""Units of an order that are cancelled at our wish: which of them, and when they count as cancelled. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from config.core.errors import Rejected
from marketplaces.adapters.otto.rows import units
from marketplaces.adapters.otto.rows.reading import text
from marketplaces.adapters.otto.rows.units import CANCELLED, OPEN
from marketplaces.contract import Outbound, Outcome, OutcomeState


def chosen(command: Outbound, order: Mapping[str, Any]) -> list[str]:
    """The last open units of each line, for parcels take the first; none where enough are cancelled. Others raise Rejected.

    One call cancels all of its units or none, and only open ones.
    """
    known, found, asked = units.lines(order), [], command.payload["units"]
    for line_id, count in in_all(command).items():
        if line_id not in known:
            raise Rejected(f"order {command.external_id} has no line {line_id}; read the order again")
        states = [(units.unit_id(unit), text(unit, "fulfillmentStatus")) for unit in known[line_id]]
        missing = min(count - sum(word in CANCELLED for _, word in states), asked[line_id])
        ready = [unit for unit, word in states if word == OPEN]
        if missing > len(ready):
            raise Rejected(f"line {line_id}: {missing} units are to be cancelled, but only {len(ready)} are open")
        found += ready[len(ready) - missing :] if missing > 0 else []
    return found


def in_all(command: Outbound) -> dict[str, int]:
    told = command.payload.get("cancelled_in_all") or command.payload.get("units") or {}
    return {str(line): int(count) for line, count in told.items()}


def outcome(command: Outbound, order: Mapping[str, Any] | None) -> Outcome:
    """Confirmed when the order shows as many units cancelled as should be by now."""
    if order is None:
        return Outcome(OutcomeState.UNKNOWN, f"order {command.external_id} is not known to the marketplace")
    known, wanted = units.lines(order), in_all(command)
    gone = {line: sum(text(unit, "fulfillmentStatus") in CANCELLED for unit in known.get(line, [])) for line in wanted}
    if all(gone[line] >= count for line, count in wanted.items()):
        return Outcome(OutcomeState.CONFIRMED)
    return Outcome(
        OutcomeState.UNKNOWN, f"units to be cancelled: {wanted}; shown as cancelled: {gone}; asked again later"
    )
