"""Tolerant readers for OTTO's payloads: exact amounts, several time notations, files as clients mail them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from config.core.money import LossyAmount, Money, decimal
from marketplaces.canonical import IdentifierKind, ProductId, Rejected, Row
from marketplaces.pieces import UNREADABLE, Unreadable, inner, record

STORE = "DE"
ZONE = "Europe/Berlin"
CURRENCY = "EUR"
COUNTRIES = {
    "DEU": "DE", "AUT": "AT", "CHE": "CH", "NLD": "NL", "BEL": "BE", "LUX": "LU", "FRA": "FR", "DNK": "DK", "POL": "PL",
    "CZE": "CZ", "ITA": "IT", "ESP": "ES",
}  # fmt: skip
ADDRESSES = frozenset({"deliveryAddress", "invoiceAddress", "customer"})


def each(
    pieces: Iterable[Any], build: Callable[[Mapping[str, Any]], Iterable[Row]], *, name: str, id_key: str
) -> Iterator[Row | Rejected]:
    """Build rows piece by piece; a piece that cannot be read is rejected alone, without the buyer's data."""
    for piece in pieces:
        try:
            yield from list(build(record(piece, name)))
        except UNREADABLE as error:
            found = piece.get(id_key) if isinstance(piece, Mapping) else None
            yield Rejected(f"{name}: {error}", raw=without_buyer(piece), external_id=plain(found))


def without_buyer(piece: Any) -> Any:
    """The piece without names and addresses; the country stays because mapping needs it."""
    if not isinstance(piece, Mapping):
        return piece
    kept = {key: value for key, value in piece.items() if key not in ADDRESSES}
    for key in ADDRESSES & piece.keys():
        kept[key] = {"countryCode": inner(piece, key).get("countryCode")}
    return kept


def pieces_of(payload: Any, *keys: str) -> list[Any]:
    """The list under the first of the keys, a bare list (of answers too), or the single object."""
    if isinstance(payload, list):
        is_answer = [isinstance(each, Mapping) and bool(each.keys() & set(keys)) for each in payload]
        answers = zip(payload, is_answer, strict=True)
        return [piece for each, is_one in answers for piece in (pieces_of(each, *keys) if is_one else [each])]
    body = record(payload, "the body")
    for key in keys:
        if key in body:
            found = body[key]
            return pieces_of(found, *keys) if isinstance(found, Mapping) else records_or_none(found, key)
    return [body]


def records_or_none(found: Any, key: str) -> list[Any]:
    if found is None:
        return []
    if not isinstance(found, list):
        raise Unreadable(f"{key} is {type(found).__name__} where a list is expected; check the payload's version")
    return found


def records(piece: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    return [record(item, key) for item in records_or_none(piece.get(key), key)]


def plain(value: Any) -> str:
    return str(value).strip() if isinstance(value, (str, int, Decimal)) and not isinstance(value, bool) else ""


def text(piece: Mapping[str, Any], *keys: str) -> str:
    """The first of the keys that has a value, as text."""
    return next((found for key in keys if (found := plain(piece.get(key)))), "")


def required(piece: Mapping[str, Any], *keys: str) -> str:
    found = text(piece, *keys)
    if not found:
        raise Unreadable(f"{keys[0]} is missing or empty; ask for the document again")
    return found


def counted(piece: Mapping[str, Any], key: str) -> int:
    """A whole number that is not negative."""
    value = piece.get(key)
    number = decimal(value) if value is not None and not isinstance(value, bool) else Decimal(-1)
    if number < 0 or number != number.to_integral_value():
        raise Unreadable(f"{key} is {value!r} where a count is expected")
    return int(number)


def money(value: Any, name: str) -> Money | None:
    """`{amount, currency}`, or None when it is not told."""
    if not isinstance(value, Mapping) or value.get("amount") is None or isinstance(value.get("amount"), bool):
        return None
    try:
        return Money(decimal(value["amount"]), text(value, "currency") or CURRENCY)
    except LossyAmount as error:
        raise Unreadable(f"{name}: {error}") from error
    except ValueError as error:
        raise Unreadable(f"{name}: {error}; an ISO 4217 code is expected") from error


def moment(value: Any, name: str) -> datetime | None:
    """ISO 8601 with `Z`, `+00:00` or `+0000`; without a zone it is UTC."""
    if value is None or value == "":
        return None
    try:
        read = datetime.fromisoformat(str(value).strip())
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Unreadable(f"{name} is {value!r}, which is not a time") from error


def local(read: datetime) -> datetime:
    """A time of the German clock as UTC."""
    return read.replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC)


def product_ids(*, ean: str = "", item: str = "") -> tuple[ProductId, ...]:
    named = ((IdentifierKind.GTIN, ean), (IdentifierKind.MARKETPLACE_ITEM, item))
    return tuple(ProductId(kind, value) for kind, value in named if value)
