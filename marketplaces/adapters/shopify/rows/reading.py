"""Tolerant readers for GraphQL answers, bulk files and single objects: ids, exact money, moments, connections."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from config.core.money import Money, decimal
from marketplaces.canonical import IdentifierKind, ProductId, Rejected, Row
from marketplaces.contract import Page
from marketplaces.pieces import UNREADABLE, Unreadable, read_json, record

PARENT = "__parentId"
CHILDREN = {"LineItem": "lineItems", "Refund": "refunds", "Fulfillment": "fulfillments", "Return": "returns"}


def each(pieces: Iterable[Any], build: Callable[[Any], Iterable[Row]], *, name: str) -> Iterator[Row | Rejected]:
    """Build rows piece by piece; a piece that cannot be read is rejected alone."""
    for piece in pieces:
        try:
            yield from list(build(record(piece, name)))
        except UNREADABLE as error:
            found = number_of(piece.get("id")) if isinstance(piece, Mapping) else ""
            yield Rejected(f"{name} cannot be read: {error}", raw=piece, external_id=found)


def pieces_of(page: Page, *names: str) -> list[Any]:
    """The objects of an answer: under `data` one of `names` as connection, list or object; a bulk file, joined; one object.

    An answer in which the object is null has none. Anything else is Unreadable.
    """
    body = read_json(page)
    if isinstance(body, list) and body and all(isinstance(each, Mapping) and "data" in each for each in body):
        return [piece for answer in body for piece in _pieces(answer, names)]
    return joined(body) if isinstance(body, list) else _pieces(record(body, "the body"), names)


def _pieces(body: Mapping[str, Any], names: Sequence[str]) -> list[Any]:
    inner_body = body.get("data")
    data = inner_body if isinstance(inner_body, Mapping) else body
    for name in names:
        if name in data:
            return _listed(data[name], name)
    if "id" in data:
        return [data]
    raise Unreadable(f"none of {', '.join(names)} is in the body; check the resource and the file")


def _listed(value: Any, name: str) -> list[Any]:
    if value is None:
        return []
    if isinstance(value, list):
        return value
    found = record(value, name)
    return nodes(found) if {"nodes", "edges"} & found.keys() else [found]


def joined(lines: list[Any]) -> list[Any]:
    """Objects of a bulk file with their children under the field of their kind; a child may stand before its parent."""
    known = {line["id"]: {**line} for line in lines if isinstance(line, Mapping) and isinstance(line.get("id"), str)}
    roots: list[Any] = []
    for line in lines:
        parent = known.get(line.get(PARENT, "")) if isinstance(line, Mapping) and _is_text(line, PARENT) else None
        own = known.get(line["id"], line) if isinstance(line, Mapping) and _is_text(line, "id") else line
        if parent is not None and parent is not own:
            field = CHILDREN.get(_kind(own), "children")
            parent[field] = [*nodes(parent.get(field)), own]
        elif parent is None:
            roots.append(own)
    return roots


def _kind(line: Mapping[str, Any]) -> str:
    """`LineItem` of `gid://shopify/LineItem/1`."""
    parts = str(line.get("id", "")).split("/")
    return parts[-2] if len(parts) > 1 else ""


def _is_text(line: Mapping[str, Any], key: str) -> bool:
    return isinstance(line.get(key), str)


def nodes(value: Any) -> list[Any]:
    """The nodes of a connection, in either of its spellings, or of a plain list; what is left out is empty."""
    if isinstance(value, list):
        return value
    if not isinstance(value, Mapping):
        return []
    if isinstance(value.get("nodes"), list):
        return list(value["nodes"])
    edges = value.get("edges")
    return [edge.get("node") for edge in edges if isinstance(edge, Mapping)] if isinstance(edges, list) else []


def records(piece: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    return [record(node, key) for node in nodes(piece.get(key))]


def has_more(value: Any) -> bool:
    """Whether a nested connection was cut off by its page size."""
    info = value.get("pageInfo") if isinstance(value, Mapping) else None
    return isinstance(info, Mapping) and info.get("hasNextPage") is True


def text(piece: Mapping[str, Any], key: str) -> str:
    value = piece.get(key)
    return str(value).strip() if isinstance(value, str | int | Decimal) and not isinstance(value, bool) else ""


def number_of(value: Any) -> str:
    """The number at the end of a global id `gid://shopify/Kind/123?x=y`; a bare number stays."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value).strip().split("?")[0].rstrip("/").rpartition("/")[2]


def required_id(piece: Mapping[str, Any]) -> str:
    found = number_of(piece.get("id"))
    if not found:
        raise Unreadable("id is missing or empty; ask for the object again")
    return found


def count(piece: Mapping[str, Any], key: str, default: int | None = None) -> int:
    """A whole number; left out it is `default`, or Unreadable where there is none."""
    value = piece.get(key)
    if value is None and default is not None:
        return default
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unreadable(f"{key} is {value!r}, which is not a whole number")
    return value


def money(value: Any, name: str) -> Money | None:
    """`{amount, currencyCode}`, or the shop's side of a MoneyBag."""
    if isinstance(value, Mapping) and "shopMoney" in value:
        value = value["shopMoney"]
    if not isinstance(value, Mapping) or value.get("amount") is None:
        return None
    try:
        return Money(decimal(value["amount"]), str(value.get("currencyCode") or ""))
    except ValueError as error:
        raise Unreadable(f"{name}: {error}") from error


def needed(value: Any, name: str) -> Money:
    found = money(value, name)
    if found is None:
        raise Unreadable(f"{name} is missing; ask for the object again")
    return found


def moment(value: Any, name: str) -> datetime | None:
    """ISO 8601 with a zone, as UTC."""
    if value is None or value == "":
        return None
    try:
        found = datetime.fromisoformat(str(value))
        if found.tzinfo is None:
            raise ValueError("it has no zone")
        return found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Unreadable(f"{name} is {value!r}, which is not a time ({error})") from error


def product_ids(*, barcode: str = "", variant: str = "", item: str = "") -> tuple[ProductId, ...]:
    named = (
        (IdentifierKind.GTIN, barcode if barcode.isdigit() and 8 <= len(barcode) <= 14 else ""),
        (IdentifierKind.OFFER, variant),
        (IdentifierKind.MARKETPLACE_UNIT, item),
    )
    return tuple(ProductId(kind, value) for kind, value in named if value)
