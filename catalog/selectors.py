"""Questions about products and listings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import CharField, Count, Func, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Lower, Replace

from catalog import gtin, master, matching
from catalog.models import (
    BundlePart,
    Identifier,
    Listing,
    ListingIssue,
    ListingPrice,
    Merge,
    OfferField,
    OfferSnapshot,
    ParityRun,
    RemoteProduct,
    RemoteState,
    Sku,
    SkuChange,
)
from catalog.publishing.figures import delays as delays
from catalog.publishing.figures import drift as drift

MOST_LOOKED_AT = 200


def unlinked_products(*, account_id: int | None = None) -> QuerySet[RemoteProduct]:
    """Names of products that mean no SKU yet, oldest first."""
    found = RemoteProduct.objects.filter(state__in=[RemoteState.OPEN, RemoteState.AMBIGUOUS])
    found = found.filter(account_id=account_id) if account_id else found
    return found.select_related("account").order_by("first_seen_at", "pk")


def skus(*, search: str = "") -> QuerySet[Sku]:
    """SKUs with their brand, optionally those whose code, identifier or title is like a text."""
    found = Sku.objects.select_related("product__brand").order_by("code")
    if not search:
        return found
    named = Identifier.objects.filter(value__istartswith=search).values("sku")
    return found.filter(Q(code__istartswith=search) | Q(title__icontains=search) | Q(pk__in=named))


def skus_with_listings() -> QuerySet[Sku]:
    """SKUs with how many listings they have (`listed`), how many of those sell (`live`)."""
    mine = Listing.objects.filter(sku=OuterRef("pk")).order_by().values("sku").annotate(count=Count("pk"))
    live = mine.filter(status="active")
    return skus().annotate(
        listed=Coalesce(Subquery(mine.values("count")), 0), live=Coalesce(Subquery(live.values("count")), 0)
    )


def listings_of(*, sku_id: int) -> QuerySet[Listing]:
    return Listing.objects.filter(sku_id=sku_id).select_related("account").order_by("account__label", "channel", "pk")


def problems() -> QuerySet[ListingIssue]:
    """What is open on listings; mere news of a marketplace are no problem."""
    return ListingIssue.objects.filter(is_open=True).exclude(severity="info")


def listings() -> QuerySet[Listing]:
    """Listings with their account and SKU, and how many problems are open on each (`problems`)."""
    mine = problems().filter(listing=OuterRef("pk")).order_by().values("listing")
    counted = mine.annotate(count=Count("pk")).values("count")
    found = Listing.objects.select_related("account", "sku")
    return found.annotate(problems=Coalesce(Subquery(counted), 0))


def components(*, sku_ids: Iterable[int] | None = None) -> dict[int, dict[int, int]]:
    """By bundle (all, or those among these SKUs) how many pieces of which SKU it holds.

    A bundle has no stock of its own: it can be packed as often as the scarcest component allows.
    """
    found = BundlePart.objects.order_by("bundle", "component")
    found = found if sku_ids is None else found.filter(bundle__in=list(sku_ids))
    parts: dict[int, dict[int, int]] = {}
    for bundle, component, quantity in found.values_list("bundle_id", "component_id", "quantity"):
        parts.setdefault(bundle, {})[component] = quantity
    return parts


def bundles_with(*, sku_ids: Iterable[int]) -> list[tuple[int, int]]:
    """Bundles (id) that hold one of these SKUs, with that SKU."""
    found = BundlePart.objects.filter(component__in=list(sku_ids)).order_by("bundle", "component")
    return list(found.values_list("bundle_id", "component_id"))


def parts_of(*, sku_id: int) -> QuerySet[BundlePart]:
    """What a bundle is made of."""
    return BundlePart.objects.filter(bundle=sku_id).select_related("component").order_by("component__code")


def variants_of(*, sku: Sku) -> QuerySet[Sku]:
    """The other SKUs of a SKU's product, its parent first."""
    return Sku.objects.filter(product=sku.product_id).exclude(pk=sku.pk).order_by("-kind", "code")


def merges_of(*, sku: Sku) -> QuerySet[Merge]:
    """What this SKU or its product was merged with, the newest first; undone ones too."""
    skus = Q(kind="sku") & (Q(kept_id=sku.pk) | Q(gone_id=sku.pk))
    products = Q(kind="product") & (Q(kept_id=sku.product_id) | Q(gone_id=sku.product_id))
    return Merge.objects.filter(skus | products).order_by("-merged_at", "-pk")


def identifiers_of(*, sku_id: int) -> QuerySet[Identifier]:
    return Identifier.objects.filter(sku_id=sku_id).order_by("kind", "value")


def master_of(*, sku_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """The code and the master fields of SKUs by id, then by name; None or an empty text is a gap."""
    wanted = list(sku_ids)
    gtins = Identifier.objects.filter(sku__in=wanted, kind="gtin").order_by("-pk").values_list("sku_id", "value")
    first = dict(gtins)
    return {
        sku.pk: {"code": sku.code}
        | {
            name: first.get(sku.pk, "") if name == "gtin" else brand_of(sku) if name == "brand" else getattr(sku, name)
            for name in master.FIELDS
        }
        for sku in Sku.objects.filter(pk__in=wanted).select_related("product__brand")
    }


def brand_of(sku: Sku) -> str:
    return sku.product.brand.name if sku.product.brand else ""


def proposals(*, sku_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """By SKU a GTIN that one of its listings carries, and in which account it was seen."""
    found = Listing.objects.filter(sku__in=list(sku_ids)).order_by("-pk")
    rows = found.values_list("sku_id", "product_ids", "account__label")
    return {
        sku: (named["value"], label)
        for sku, names, label in rows
        for named in names
        if named["kind"] == "gtin" and gtin.is_gtin(named["value"])
    }


def changes_of(*, sku_id: int, limit: int = 50) -> QuerySet[SkuChange]:
    """What changed in the master data of a SKU, the newest first."""
    return SkuChange.objects.filter(sku_id=sku_id).order_by("-changed_at", "-pk")[:limit]


def names_of(*, sku_id: int) -> QuerySet[RemoteProduct]:
    """What accounts call a SKU."""
    return RemoteProduct.objects.filter(sku_id=sku_id).select_related("account").order_by("account__label", "remote_id")


def prices_of(*, listing_id: int, limit: int = 200) -> list[ListingPrice]:
    """The latest prices of a listing, oldest first."""
    return list(reversed(ListingPrice.objects.filter(listing_id=listing_id).order_by("-since")[:limit]))


def issues_of(*, listing_id: int) -> QuerySet[ListingIssue]:
    """What the marketplace reports on a listing, the open and blocking first."""
    return ListingIssue.objects.filter(listing_id=listing_id).order_by("-is_open", "-is_blocking", "-last_seen_at")


def offers_of(*, listing: Listing, limit: int = 20) -> QuerySet[OfferSnapshot]:
    """Who else sold the product of a listing, the latest look first."""
    found = OfferSnapshot.objects.filter(
        account=listing.account_id, channel=listing.channel, remote_id=listing.remote_id
    )
    return found.order_by("-observed_at")[:limit]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A SKU that a name might mean: 0 to 100, and why."""

    sku: Sku
    score: int
    reason: str


def candidates(*, remote: RemoteProduct, limit: int = 5) -> list[Candidate]:
    """SKUs ranked by how likely the name means them: by code, GTIN, words of the title, and price."""
    found = {sku.pk: sku for sku in _like(remote)}
    told = _as_told(remote)
    return [
        Candidate(found[each.sku_id], each.score, ", ".join(each.reasons))
        for each in matching.rank(told, _as_ours(found), limit=limit)
    ]


def _like(remote: RemoteProduct) -> QuerySet[Sku]:
    """What is worth a closer look: the same code or number however it is written, or a word of the title."""
    numbers = [item["value"] for item in remote.product_ids if item["value"].isdigit()]
    written = {text for value in numbers for text in gtin.spellings(value)} | {i["value"] for i in remote.product_ids}
    named = Identifier.objects.filter(value__in=written).values("sku")
    alike = codes_alike([remote.remote_id]).values()
    wanted = Q(code__in=[remote.remote_id, *alike]) | Q(pk__in=named)
    words = [word for word in remote.title.casefold().split() if len(word) > 3][:6]
    ids = list(Sku.objects.filter(wanted).values_list("pk", flat=True)[:MOST_LOOKED_AT])
    for word in words:
        ids += Sku.objects.filter(title__icontains=word).values_list("pk", flat=True)[:MOST_LOOKED_AT]
    return Sku.objects.filter(pk__in=ids, is_retired=False).exclude(kind="parent")


def _as_told(remote: RemoteProduct) -> matching.Remote:
    shown = Listing.objects.filter(account=remote.account_id, remote_id=remote.remote_id, price__isnull=False).first()
    return matching.Remote(
        remote_id=remote.remote_id, title=remote.title, price=shown.price if shown else None,
        gtins=tuple(item["value"] for item in remote.product_ids if item["kind"] == "gtin"),
        currency=shown.currency if shown else "",
    )  # fmt: skip


def _as_ours(found: dict[int, Sku]) -> list[matching.Own]:
    numbers: dict[int, list[str]] = {}
    for sku, value in Identifier.objects.filter(sku__in=found, kind="gtin").values_list("sku_id", "value"):
        numbers.setdefault(sku, []).append(value)
    prices: dict[int, dict[str, Any]] = {}
    offered = Listing.objects.filter(sku__in=found, price__isnull=False).order_by("-price")
    for sku, currency, price in offered.values_list("sku_id", "currency", "price"):
        prices.setdefault(sku, {})[currency] = price
    return [
        matching.Own(
            sku_id=pk, code=sku.code, title=sku.title, gtins=tuple(numbers.get(pk, ())), prices=prices.get(pk, {})
        )
        for pk, sku in found.items()
    ]


def codes(wanted: Iterable[str]) -> dict[str, int]:
    """The SKUs among these codes, by code."""
    return dict(Sku.objects.filter(code__in=list(wanted)).values_list("code", "pk"))


def codes_alike(wanted: Iterable[str]) -> dict[str, str]:
    """For each text that is no code, a code that differs in capitals, blanks or leading zeros only, where there is one."""
    bare = Func(Replace(Lower("code"), Value(" "), Value("")), Value("0"), function="ltrim", output_field=CharField())
    asked = {text: text.lower().replace(" ", "").lstrip("0") for text in wanted}
    found = Sku.objects.annotate(bare=bare).filter(bare__in=set(asked.values()))
    codes_by_bare = dict(found.order_by("-code").values_list("bare", "code"))
    return {text: codes_by_bare[key] for text, key in asked.items() if key in codes_by_bare}


def comparisons(*, ends: Mapping[date, datetime]) -> Iterator[tuple[ParityRun, date]]:
    """The last full comparison of each account within the 24 hours before the end of each day."""
    since = min(ends.values()) - timedelta(days=1)
    runs = list(ParityRun.objects.filter(at__gte=since, at__lt=max(ends.values()), cause="").order_by("at"))
    for day, end in ends.items():
        last = {run.account_id: run for run in runs if end - timedelta(days=1) <= run.at < end}
        yield from ((run, day) for run in last.values())


def offer_fields() -> QuerySet[OfferField]:
    """What is wanted, confirmed and live, one row per listing and field."""
    return OfferField.objects.all()
