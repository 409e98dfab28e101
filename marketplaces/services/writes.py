"""What a person or a program wants written: checked against what is known, and put into the outbox.

Each kind has a payload of its own, which the adapters read: a price `price` (text) beside `currency`, a quantity
`quantity`, a shipment `carrier` (our word) and `carrier_code` (theirs), `tracking_number`, `shipped_at`, `lines` (line id
to units) and `shipped_in_all` (line id to the units that have left once this parcel has), by which a read-back tells a
second parcel from the first; where there is a return label, its `return_tracking_number` and `return_carrier`; where
one piece left in several parcels, the `further_numbers` of those. A cancellation has `units` (line id to units),
`cancelled_in_all` (those that are cancelled once these are) and `reason`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError

from config.core import clock
from config.core.money import Money, minor_unit
from marketplaces import plain, registry, subjects
from marketplaces.canonical import CancelReason, Fulfilment
from marketplaces.contract import CommandKind, Writing
from marketplaces.models import Account, AccountStage, Command, CommandState
from marketplaces.services import carriage, commands

MOST_UNITS = 1_000_000
HIGHEST_PRICE = 1_000_000_000
LATER, GONE, WAS = "shipped_in_all", "cancelled_in_all", "was"
CAME_TO_NOTHING = (CommandState.REJECTED, CommandState.PARKED, CommandState.SUPERSEDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Who asks, in which request. Asked again in one request it is the same write; in another it is a new one."""

    request_id: UUID
    asked_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a price or a quantity is written to. `currency` is the one that it is sold in, empty while not known."""

    account: Account
    channel: str
    sku: str
    external_id: str
    currency: str
    fulfilment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What left, of which lines (line id to units), with whom and when. `before`: units of them that left earlier.

    `carrier` is a word of the marketplace's table of carriers; `return_carrier` is the parcel's own where it is blank.
    `further_numbers` are of other parcels that hold parts of the same units, where one piece leaves in several.
    """

    carrier: str
    tracking_number: str
    shipped_at: datetime
    lines: Mapping[str, int]
    return_tracking_number: str = ""
    return_carrier: str = ""
    further_numbers: tuple[str, ...] = ()
    before: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """Units of which lines (line id to units) are not sent, and why. `before`: units of them cancelled by now."""

    units: Mapping[str, int]
    reason: CancelReason
    before: Mapping[str, int] = field(default_factory=dict)


def price(offer: Offer, wanted: Money, wish: Wish) -> Command:
    """Ask for a price, as the buyer will see it; raises ValidationError when it cannot be one of this offer."""
    if not offer.currency:
        raise ValidationError(f"the currency of {offer.sku} is not known yet; wait until its price was read")
    if wanted.currency != offer.currency:
        raise ValidationError(f"{offer.sku} is sold in {offer.currency}, not in {wanted.currency}")
    if not 0 < wanted.amount < HIGHEST_PRICE:
        raise ValidationError(f"a price must be above zero and below {HIGHEST_PRICE}")
    unit = minor_unit(wanted.currency)
    if wanted.amount % unit:
        raise ValidationError(f"a price in {wanted.currency} has no parts smaller than {unit}")
    payload = {"price": wanted.rounded().amount, "currency": wanted.currency}
    return _plan_for(offer, CommandKind.SET_PRICE, payload, wish)


def stock(offer: Offer, quantity: int, wish: Wish) -> Command:
    """Ask for a quantity of our own stock to be offered; the marketplace's own warehouses are read, never written."""
    if offer.fulfilment == Fulfilment.MARKETPLACE:
        raise ValidationError(f"{offer.sku} ships from the marketplace's warehouses: that stock is read, never written")
    most = registry.get(offer.account.marketplace).writes.get("quantity", Writing()).most or MOST_UNITS
    if not 0 <= quantity <= most:
        raise ValidationError(f"a quantity is from 0 to {most}")
    return _plan_for(offer, CommandKind.SET_STOCK, {"quantity": quantity, "currency": offer.currency}, wish)


def shipment(account: Account, order: str, parcel: Parcel, wish: Wish, *, channel: str) -> Command:
    """Tell the marketplace that a parcel of the order (its id there) has left; the lines are the caller's to check."""
    told = {**carriage.told(account, parcel), **carriage.further(account, parcel.further_numbers)}
    if not parcel.lines or min(parcel.lines.values()) < 1:
        raise ValidationError("say how many units of which line are in the parcel")
    if parcel.shipped_at > clock.now():
        raise ValidationError("a parcel cannot have left in the future")
    payload = {
        "external_id": order, **told, "shipped_at": parcel.shipped_at, "lines": parcel.lines,
        LATER: {line: units + parcel.before.get(line, 0) for line, units in parcel.lines.items()},
    }  # fmt: skip
    intent = commands.Intent(
        kind=CommandKind.CONFIRM_SHIPMENT, subject=subjects.order(order), channel=channel, payload=payload,
        key=shipment_key(wish), asked_by=wish.asked_by,
    )  # fmt: skip
    return plan(account, intent)


def cancellation(account: Account, order: str, wanted: Cancelled, wish: Wish, *, channel: str) -> Command:
    """Ask the marketplace to cancel units of an order (its id there); they are the caller's to check."""
    if not wanted.units or min(wanted.units.values()) < 1:
        raise ValidationError("say how many units of which line are to be cancelled")
    payload = {
        "external_id": order, "units": wanted.units, "reason": wanted.reason,
        GONE: {line: count + wanted.before.get(line, 0) for line, count in wanted.units.items()},
    }  # fmt: skip
    intent = commands.Intent(
        kind=CommandKind.CANCEL_UNITS, subject=subjects.order(order), channel=channel, payload=payload,
        key=cancellation_key(wish), asked_by=wish.asked_by,
    )  # fmt: skip
    return plan(account, intent)


def cancellations(found: Iterable[Command]) -> list[Command]:
    """Those of an order's writes that cancelled units or are about to; what came to nothing is left out."""
    asked = (each for each in found if each.kind == CommandKind.CANCEL_UNITS)
    return [each for each in asked if each.state not in CAME_TO_NOTHING]


def cancellation_key(wish: Wish) -> str:
    return _key(CommandKind.CANCEL_UNITS, wish)


def can_cancel(account: Account) -> bool:
    """Whether the account is trusted with writes and its marketplace takes cancellations."""
    return CommandKind.CANCEL_UNITS.value in commands.possible(account)


def can_tell_parcels(account: Account) -> bool:
    """Whether the account is trusted with writes and its marketplace takes confirmations of shipments."""
    return CommandKind.CONFIRM_SHIPMENT.value in commands.possible(account)


def parcels(found: Iterable[Command]) -> list[Command]:
    """Those of an order's writes that told a parcel or are about to; what came to nothing is left out."""
    told = (each for each in found if each.kind == CommandKind.CONFIRM_SHIPMENT)
    return [each for each in told if each.state not in CAME_TO_NOTHING]


def shipment_key(wish: Wish) -> str:
    return _key(CommandKind.CONFIRM_SHIPMENT, wish)


def _key(kind: CommandKind, wish: Wish) -> str:
    """What makes a repeated request the same write: the request, not the value, for 10, 9 and 10 again are three."""
    return f"{kind.value}:{wish.request_id}"


def require_act(account: Account) -> None:
    """Refuse an account that was not yet trusted to write; raises ValidationError."""
    if account.stage != AccountStage.ACT:
        stage = account.get_stage_display().lower()
        raise ValidationError(f"{account.label} is set to {stage}: nothing is written there until it is set to act")


def _plan_for(offer: Offer, kind: CommandKind, payload: Mapping[str, Any], wish: Wish) -> Command:
    intent = commands.Intent(
        kind=kind, subject=subjects.sku(offer.sku), channel=offer.channel, key=_key(kind, wish), asked_by=wish.asked_by,
        payload={"sku": offer.sku, "external_id": offer.external_id, **payload},
    )  # fmt: skip
    return plan(offer.account, intent)


def plan(account: Account, intent: commands.Intent) -> Command:
    """The write of a request, the same one when it is asked again; raises ValidationError when it asked for another then."""
    require_act(account)
    command = commands.plan(account, intent)
    if (command.subject, command.channel, _asked(command.payload)) != (
        intent.subject, intent.channel, _asked(plain.plain(intent.payload)),
    ):  # fmt: skip
        raise ValidationError("this request wrote something else already; open the page again and repeat it")
    return command


def _asked(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The payload without what we added from what stood in our tables at that moment."""
    return {name: value for name, value in payload.items() if name not in (LATER, GONE, WAS)}
