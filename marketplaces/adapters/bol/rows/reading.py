"""Tolerant readers for bol's payloads: text ids, exact numbers, several time notations, files as clients mail them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from config.core.money import LossyAmount, Money, decimal
from marketplaces.canonical import Fulfilment, IdentifierKind, ProductId, Rejected, Row
from marketplaces.pieces import UNREADABLE, Unreadable, record

ZONE = "Europe/Amsterdam"
CURRENCY = "EUR"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BUYER_KEYS = frozenset({"shipmentDetails", "billingDetails", "customerDetails"})
_MILLISECONDS_FROM = 100_000_000_000
_FULFILMENT = {"FBR": Fulfilment.MERCHANT, "FBB": Fulfilment.MARKETPLACE}


def each(
    pieces: Iterable[Any], build: Callable[[Any], Iterable[Row]], *, name: str, id_key: str
) -> Iterator[Row | Rejected]:
    """Build rows piece by piece; a piece that cannot be read is rejected alone, without the buyer's data."""
    for piece in pieces:
        try:
            yield from list(build(record(piece, name)))
        except UNREADABLE as error:
            found = piece.get(id_key) if isinstance(piece, Mapping) else None
            yield Rejected(f"{name}: {error}", raw=without_buyer(piece), external_id=_plain(found))


def without_buyer(piece: Any) -> Any:
    """The piece with names and addresses left out; the country stays because mapping needs it."""
    if not isinstance(piece, Mapping):
        return piece
    kept = {key: value for key, value in piece.items() if key not in BUYER_KEYS}
    for key in BUYER_KEYS & piece.keys():
        details = piece[key]
        kept[key] = {"countryCode": details.get("countryCode")} if isinstance(details, Mapping) else None
    return kept


def pieces_of(payload: Any, key: str) -> list[Any]:
    """The list under `key`, a bare list (of answers too), or the single object; `{}` is how bol says that there is nothing."""
    if isinstance(payload, list):
        answers = [pieces_of(each, key) if isinstance(each, Mapping) and key in each else [each] for each in payload]
        return [piece for answer in answers for piece in answer]
    body = record(payload, "the body")
    if key in body:
        return listed(body, key)
    return [body] if body else []


def listed(piece: Mapping[str, Any], key: str) -> list[Any]:
    """The nested list; bol leaves out empty ones."""
    value = piece.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise Unreadable(f"{key} is {type(value).__name__} where a list is expected; check the payload's version")
    return value


def records(piece: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    return [record(item, key) for item in listed(piece, key)]


def _plain(value: Any) -> str:
    return str(value).strip() if isinstance(value, (str, int, Decimal)) and not isinstance(value, bool) else ""


def text(piece: Mapping[str, Any], *keys: str) -> str:
    """The first of the keys that has a value, as text; ids came as numbers in older versions."""
    return next((found for key in keys if (found := _plain(piece.get(key)))), "")


def required(piece: Mapping[str, Any], *keys: str) -> str:
    found = text(piece, *keys)
    if not found:
        raise Unreadable(f"{keys[0]} is missing or empty; ask for the document again")
    return found


def whole(piece: Mapping[str, Any], key: str) -> int | None:
    """A whole number, or None when it is not told."""
    value = piece.get(key)
    if value is None or value == "":
        return None
    number = _number(value, key)
    if number != number.to_integral_value():
        raise Unreadable(f"{key} is {value!r} where a whole number is expected")
    return int(number)


def counted(piece: Mapping[str, Any], key: str, *, default: int | None = None) -> int:
    """A whole number that is not negative."""
    number = whole(piece, key)
    if number is None:
        number = default
    if number is None or number < 0:
        raise Unreadable(f"{key} is {piece.get(key)!r} where a count is expected")
    return number


def _number(value: Any, name: str) -> Decimal:
    try:
        return decimal(value)
    except LossyAmount as error:
        raise Unreadable(f"{name}: {error}; give the original number") from error


def euros(piece: Mapping[str, Any], key: str) -> Money | None:
    """A bare number in euro, or None when it is not told."""
    value = piece.get(key)
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        raise Unreadable(f"{key} is {value!r} where an amount is expected")
    return Money(_number(value, key), CURRENCY)


def amount(value: Any, name: str) -> Money | None:
    """An amount object of the invoices: `{amount|value, currencyID}`."""
    if not isinstance(value, Mapping):
        return None
    number = value.get("amount", value.get("value"))
    if number is None or isinstance(number, bool):
        return None
    currency = (text(value, "currencyID", "currencyId") or CURRENCY).upper()
    try:
        return Money(_number(number, name), currency)
    except LossyAmount as error:
        raise Unreadable(f"{name}: {error}") from error
    except ValueError as error:
        raise Unreadable(f"{name}: {error}; an ISO 4217 code is expected") from error


def moment(value: Any, name: str) -> datetime | None:
    """ISO 8601, `2026-03-01 07:00:00.000 UTC`, or an epoch (seconds, milliseconds); without zone it is Dutch."""
    if value is None or value == "":
        return None
    try:
        if str(value).strip().lstrip("-").isdigit():
            number = int(str(value).strip())
            return EPOCH + (
                timedelta(milliseconds=number) if abs(number) >= _MILLISECONDS_FROM else timedelta(seconds=number)
            )
        read = datetime.fromisoformat(str(value).strip().replace(" UTC", "+00:00"))
        return (read if read.tzinfo else read.replace(tzinfo=ZoneInfo(ZONE))).astimezone(UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise Unreadable(f"{name} is {value!r}, which is not a time") from error


def day(value: Any, name: str) -> date | None:
    """A calendar day, also when it comes with a time."""
    if value is None or value == "":
        return None
    try:
        return date.fromisoformat(str(value).strip()[:10])
    except ValueError as error:
        raise Unreadable(f"{name} is {value!r}, which is not a day") from error


def fulfilment(word: str) -> Fulfilment:
    """Who ships: FBR is the retailer, FBB is bol; any other word is unknown."""
    return _FULFILMENT.get(word.upper(), Fulfilment.UNKNOWN)


def product_ids(*, ean: str = "", offer: str = "", unit: str = "") -> tuple[ProductId, ...]:
    named = (
        (IdentifierKind.GTIN, ean),
        (IdentifierKind.OFFER, offer),
        (IdentifierKind.MARKETPLACE_UNIT, unit),
    )
    return tuple(ProductId(kind, value) for kind, value in named if value)
