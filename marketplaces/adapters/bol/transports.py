"""Another track and trace code for a parcel that bol was told of. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from config.core.errors import Rejected
from marketplaces.adapters.bol.actions import transporter
from marketplaces.contract import Outbound, Outcome, OutcomeState
from marketplaces.pieces import inner

Transport = Mapping[str, Any]


def of(shipments: Iterable[Mapping[str, Any]]) -> list[Transport]:
    return [inner(shipment, "transport") for shipment in shipments]


def body(command: Outbound) -> dict[str, str]:
    carrier = str(command.payload.get("carrier_code") or command.payload.get("carrier", ""))
    return {"transporterCode": transporter(carrier), "trackAndTrace": _number(command)}


def wanted(command: Outbound, found: Iterable[Transport]) -> str:
    """The id of the transport that has one of the codes that were told; Rejected when it is none, or more than one."""
    numbers = [str(number) for number in command.payload.get("was") or ()]
    ids = {str(transport.get("transportId", "")) for transport in _with(numbers, found)}
    if len(ids) != 1:
        known = " or ".join(number or "no number" for number in numbers)
        raise Rejected(f"order {command.external_id}: bol shows {len(ids)} parcels with {known}; look there")
    return ids.pop()


def outcome(command: Outbound, found: Iterable[Transport], remote_ref: str) -> Outcome:
    """Confirmed when a transport of the order shows the code."""
    if any(_with([_number(command)], found)):
        return Outcome(OutcomeState.CONFIRMED, remote_ref=remote_ref)
    reason = f"no parcel of order {command.external_id} shows {_number(command)} yet; asked again later"
    return Outcome(OutcomeState.UNKNOWN, reason=reason, remote_ref=remote_ref)


def _with(numbers: list[str], found: Iterable[Transport]) -> Iterator[Transport]:
    return (transport for transport in found if str(transport.get("trackAndTrace") or "") in numbers)


def _number(command: Outbound) -> str:
    return str(command.payload.get("tracking_number") or "")
