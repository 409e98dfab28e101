"""What offers should say by the active mapping: wishes for the attributes of every offer whose product has a place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError

from catalog.mapping import placing
from catalog.models import Listing, Mapping
from catalog.services import publishing
from catalog.services.publishing import Want
from config.core import clock
from marketplaces.selectors import accounts
from marketplaces.services import batches

ATTRIBUTES = "attributes"


def wish_as_mapped(marketplace: str, *, by: str) -> int:
    """Wish that each offer says what the active mapping makes of its product; returns how many fields got another value.

    An attribute that is called like a field of offers is that field. Products with defects are left out, for they would
    be refused.
    """
    mapping = placing.active(Mapping, marketplace)
    if mapping is None:
        raise ValidationError("no rules count yet; activate a version of the mapping first")
    return publishing.want(_wishes(marketplace, f"{mapping.name} of the mapping", by))


def _wishes(marketplace: str, cause: str, by: str) -> Iterator[Want]:
    judge, now = placing.Judge(marketplace), clock.now()
    said = {each.sku_id: found for each in placing.facts(marketplace) if (found := _sound(judge, each))}
    for account in accounts().filter(marketplace=marketplace).order_by("pk"):
        taken = batches.hints(account)
        for listing_id, sku_id in Listing.objects.filter(account=account, sku__in=said).values_list("pk", "sku"):
            for field, value in _fields(said[sku_id], taken):
                yield Want(listing_id=listing_id, field=field, value=value, cause=cause, cause_at=now, asked_by=by)


def _sound(judge: placing.Judge, facts: Any) -> dict[str, str]:
    found = judge.place(facts)
    return judge.said(facts, found[0].key) if found and not found[1] else {}


def _fields(said: dict[str, str], taken: dict[str, str]) -> Iterator[tuple[str, Any]]:
    named = {name: value for name, value in said.items() if name in taken and name in ("title", "description")}
    yield from named.items()
    others = {name: value for name, value in said.items() if name not in ("title", "description")}
    if others and ATTRIBUTES in taken:
        yield ATTRIBUTES, others
