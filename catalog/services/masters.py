"""Master fields of SKUs change here, each change with its before, its after and who did it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from catalog import master
from catalog.models import Brand, Identifier, Product, Sku, SkuChange
from catalog.signals import skus_changed
from config.core import clock
from config.core.events import announce
from config.core.sheets.cells import Problem
from marketplaces.canonical import IdentifierKind

AT_ONCE = 1000
Values = Mapping[str, Any]


def describe(sku: Sku, given: Mapping[str, str], *, by: str, source: str = "") -> int:
    """Change master fields of one SKU from texts as typed; an empty text leaves its field as it is.

    Returns how many changed; a text that cannot be read raises ValidationError with every problem.
    """
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, text in given.items():
        try:
            values |= {name: master.read(name, text)} if text.strip() else {}
        except Problem as problem:
            problems.append(str(problem))
    if problems:
        raise ValidationError(problems)
    return change({sku.pk: values}, by=by, source=source)


@transaction.atomic
def change(wanted: Mapping[int, Values], *, by: str, source: str = "") -> int:
    """Set master fields of many SKUs (by id, then by field) to values as `master.read` gives them.

    A brand is its product's, so all variants share it; a GTIN takes the place of the one there was. Announces the
    SKUs that changed and returns how many fields did.
    """
    skus = {sku.pk: sku for sku in Sku.objects.select_for_update(of=("self",)).filter(pk__in=wanted).order_by("pk")}
    brands = _brands(skus.values())
    gtins = _gtins(skus)
    before = {pk: {**_own(sku), "brand": brands.get(pk, ""), "gtin": gtins.get(pk, "")} for pk, sku in skus.items()}
    made = [
        SkuChange(sku_id=pk, field=name, before=text(before[pk][name]), after=text(value), changed_by=by,
                  changed_at=clock.now(), source=source[:200])
        for pk, values in wanted.items() for name, value in values.items() if pk in skus and before[pk][name] != value
    ]  # fmt: skip
    fresh: dict[int, dict[str, Any]] = defaultdict(dict)
    for each in made:
        fresh[each.sku_id][each.field] = wanted[each.sku_id][each.field]
    _write(skus, fresh)
    SkuChange.objects.bulk_create(made, batch_size=AT_ONCE)
    if made:
        announce(skus_changed, ids=sorted({each.sku_id for each in made}))
    return len(made)


def _own(sku: Sku) -> dict[str, Any]:
    return {name: getattr(sku, name) for name in master.OWN}


def text(value: Any) -> str:
    """A master field as text; a gap is empty."""
    return "" if value is None else str(value)


def _brands(skus: Iterable[Sku]) -> dict[int, str]:
    rows = Sku.objects.filter(pk__in=[sku.pk for sku in skus], product__brand__isnull=False)
    return dict(rows.values_list("pk", "product__brand__name"))


def _gtins(skus: Iterable[int]) -> dict[int, str]:
    """The first GTIN of each SKU, the one that master data shows."""
    rows = Identifier.objects.filter(sku__in=list(skus), kind=IdentifierKind.GTIN).order_by("-pk")
    return dict(rows.values_list("sku_id", "value"))


def _write(skus: Mapping[int, Sku], values: Mapping[int, Values]) -> None:
    touched = [skus[pk] for pk in values]
    for sku in touched:
        for name in set(values[sku.pk]) & set(master.OWN):
            setattr(sku, name, values[sku.pk][name])
        sku.updated_at = clock.now()
    Sku.objects.bulk_update(touched, [*master.OWN, "updated_at"], batch_size=AT_ONCE)
    _set_brands({skus[pk].product_id: given["brand"] for pk, given in values.items() if "brand" in given})
    _set_gtins({pk: given["gtin"] for pk, given in values.items() if "gtin" in given})


def _set_brands(wanted: Mapping[int, str]) -> None:
    brands = {name: Brand.objects.get_or_create(name=name)[0].pk for name in sorted(set(wanted.values()))}
    products = list(Product.objects.filter(pk__in=wanted))
    for product in products:
        product.brand_id = brands[wanted[product.pk]]
    Product.objects.bulk_update(products, ["brand"], batch_size=AT_ONCE)


def _set_gtins(wanted: Mapping[int, str]) -> None:
    """Give each SKU its GTIN; one that means another SKU raises ValidationError with that SKU's code."""
    taken = Identifier.objects.filter(kind=IdentifierKind.GTIN, value__in=wanted.values()).select_related("sku")
    clashes = [f"{each} belongs to {each.sku.code}" for each in taken if wanted.get(each.sku_id) != each.value]
    if clashes:
        raise ValidationError(clashes)
    former = _gtins(wanted)
    Identifier.objects.filter(kind=IdentifierKind.GTIN, sku__in=former, value__in=former.values()).delete()
    Identifier.objects.bulk_create(
        [Identifier(sku_id=pk, kind=IdentifierKind.GTIN, value=value) for pk, value in wanted.items()],
        ignore_conflicts=True,
    )
