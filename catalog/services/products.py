"""The client's own master data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction

from catalog import selectors
from catalog.gtin import is_gtin
from catalog.matching import REVIEW_LINE
from catalog.models import Brand, Identifier, Product, RemoteProduct, Sku
from catalog.services import remote
from marketplaces.canonical import IdentifierKind

AT_ONCE = 1000


@transaction.atomic
def create(*, code: str, title: str, brand: str = "", category: str = "", weight_g: int | None = None) -> Sku:
    """Register one product with its first SKU; a code that is taken raises ValidationError."""
    if Sku.objects.filter(code=code).exists():
        raise ValidationError(f"the SKU {code!r} exists already")
    maker = Brand.objects.get_or_create(name=brand)[0] if brand else None
    product = Product.objects.create(title=title, brand=maker, category=category)
    return Sku.objects.create(code=code, product=product, title=title, weight_g=weight_g)


@dataclass(frozen=True, slots=True)
class Draft:
    """A SKU to make; `variant_of` is the code of a SKU, known or made with it, whose product it joins."""

    code: str
    title: str
    category: str = ""
    variant_of: str = ""


@transaction.atomic
def create_many(drafts: Sequence[Draft]) -> None:
    """Make SKUs with their products; a code that is taken raises IntegrityError."""
    alone = [draft for draft in drafts if not draft.variant_of]
    made = Product.objects.bulk_create([Product(title=d.title, category=d.category) for d in alone], batch_size=AT_ONCE)
    homes = dict(Sku.objects.filter(code__in=[d.variant_of for d in drafts]).values_list("code", "product_id"))
    homes |= {draft.code: product.pk for draft, product in zip(alone, made, strict=True)}
    rows = [Sku(code=d.code, title=d.title, product_id=homes[d.variant_of or d.code]) for d in drafts]
    Sku.objects.bulk_create(rows, batch_size=AT_ONCE)


@transaction.atomic
def arrange(wanted: Mapping[int, tuple[str | None, Mapping[str, str]]]) -> None:
    """Set the category (None: as it is) of products and add to the options of SKUs, by SKU id."""
    skus = list(Sku.objects.filter(pk__in=[pk for pk, (_, options) in wanted.items() if options]))
    for sku in skus:
        sku.options = {**sku.options, **wanted[sku.pk][1]}
    Sku.objects.bulk_update(skus, ["options"], batch_size=AT_ONCE)
    named = [pk for pk, (category, _) in wanted.items() if category is not None]
    homes = dict(Sku.objects.filter(pk__in=named).values_list("product_id", "pk"))
    found = list(Product.objects.filter(pk__in=homes))
    for product in found:
        product.category = wanted[homes[product.pk]][0] or ""
    Product.objects.bulk_update(found, ["category"], batch_size=AT_ONCE)


@transaction.atomic
def register(found: RemoteProduct, *, code: str, title: str, brand: str, by: str, is_another: bool = False) -> Sku:
    """Make a SKU out of a name that means none yet, with its GTIN, and link the name to it; needs a code and a title.

    Where a known SKU scores above the review line, only somebody who says that it is another product makes one.
    """
    if not code or not title:
        raise ValidationError("a new SKU needs a code and a title")
    best = next(iter(selectors.candidates(remote=found, limit=1)), None)
    if best and best.score >= REVIEW_LINE and not is_another:
        told = f"{best.sku.code} looks the same ({best.score} of 100: {best.reason})"
        raise ValidationError(f"{told}; link it, or say that it is another product")
    sku = create(code=code, title=title, brand=brand)
    for value in {item["value"] for item in found.product_ids if item["kind"] == IdentifierKind.GTIN}:
        if is_gtin(value) and not Identifier.objects.filter(kind=IdentifierKind.GTIN, value=value).exists():
            identify(sku, IdentifierKind.GTIN, value)
    remote.link(found, sku, by=by)
    return sku


def register_all(names: Sequence[RemoteProduct], *, by: str) -> tuple[list[Sku], list[RemoteProduct]]:
    """Make a SKU of each name that looks like nothing known; returns those made, and the names left for a person."""
    made, kept = [], []
    for name in names:
        try:
            made.append(register(name, code=name.remote_id, title=name.title or name.remote_id, brand="", by=by))
        except ValidationError:
            kept.append(name)
    return made, kept


def identify(sku: Sku, kind: IdentifierKind, value: str) -> Identifier:
    """Give a SKU one more name; a name that means another SKU raises ValidationError with that SKU's code."""
    check_identifier(kind, value)
    taken = Identifier.objects.filter(kind=kind, value=value).exclude(sku=sku).select_related("sku").first()
    if taken:
        raise ValidationError(f"{kind} {value} belongs to {taken.sku.code}")
    return Identifier.objects.get_or_create(sku=sku, kind=kind, value=value)[0]


def check_identifier(kind: IdentifierKind, value: str) -> None:
    """GTINs are text with a valid check digit; a shorter one is never padded silently."""
    if kind is IdentifierKind.GTIN and not is_gtin(value):
        raise ValidationError(f"{value!r} is not a GTIN: 8, 12, 13 or 14 digits with a valid check digit")


@transaction.atomic
def import_master(rows: Iterable[Mapping[str, str]]) -> int:
    """Register many SKUs (code, title, brand, category, weight_g, gtin); known codes keep their product. Idempotent."""
    wanted = {row["code"]: row for row in rows}
    known = set(Sku.objects.filter(code__in=wanted).values_list("code", flat=True))
    fresh = [row for code, row in wanted.items() if code not in known]
    brands = {b.name: b for b in (Brand.objects.get_or_create(name=n)[0] for n in {r["brand"] for r in fresh})}
    products = Product.objects.bulk_create(
        [Product(title=r["title"], brand=brands[r["brand"]], category=r.get("category", "")) for r in fresh]
    )
    skus = Sku.objects.bulk_create(
        [
            Sku(code=r["code"], product=p, title=r["title"], weight_g=int(r["weight_g"]) if r.get("weight_g") else None)
            for r, p in zip(fresh, products, strict=True)
        ]
    )
    names = [
        Identifier(sku=s, kind=IdentifierKind.GTIN, value=r["gtin"])
        for r, s in zip(fresh, skus, strict=True)
        if r.get("gtin")
    ]
    Identifier.objects.bulk_create(names, ignore_conflicts=True)
    return len(skus)
