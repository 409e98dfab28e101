"""Master data of the demo's clients with a few gaps, variants and a bundle, mapping to their marketplaces, and a sheet
that waits for a second person. Safe to run again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from catalog.models import Category, Listing, Mapping, Merge, Sku, SkuKind, Upload
from catalog.services import bundles, mappings, masters, merges, products, uploads
from marketplaces.models import Account
from marketplaces.sandbox.facts import WorldProduct
from marketplaces.sandbox.world import World

BY = "demo"
SOURCE = "entered at the start of the demo"
ORIGINS = ("DE", "CN", "PT", "TR", "IN", "PL")
CODES = {
    "kitchen": "69120023", "garden": "82019000", "toys": "95030095", "electronics": "94052190", "sports": "95069190",
    "pets": "42010000",
}  # fmt: skip
SUPPLIERS = ("Harbour Supplies", "Elbe Trading", "Lotus Works")
GAPS = {"weight_g": 53, "customs_code": 47, "origin_country": 71, "vat_class": 97, "supplier": 89}
"""Of so many products, one lacks the field."""
UNMAPPED = "pets"
FAMILIES = 6
PRICED = 24
NAMES = {
    "kitchen": "Kitchen and table", "garden": "Garden tools", "toys": "Toys and games", "electronics": "Small electronics",
    "sports": "Sports and outdoors", "pets": "Pet supplies",
}  # fmt: skip


def furnish(world: World) -> None:
    """What a client knows of its products before the first order comes."""
    known = {p.sku: p for p in world.products if p.is_registered}
    ids = dict(Sku.objects.filter(code__in=known, vat_class="", supplier="").values_list("code", "pk"))
    masters.change({ids[code]: dict(_values(known[code])) for code in ids}, by=BY, source=SOURCE)
    if not Merge.objects.exists():
        _families(known)
    _gift_set(list(known))


def leave_a_sheet() -> None:
    """A place for every product, and a sheet of prices that operations uploaded and somebody else has to approve."""
    for marketplace in sorted(set(Account.objects.values_list("marketplace", flat=True))):
        _map(marketplace)
    mappings.place_all()
    if Upload.objects.exists():
        return
    listings = Listing.objects.filter(status="active", price__isnull=False, sku__isnull=False).select_related("account")
    rows = [_priced(number, listing) for number, listing in enumerate(listings.order_by("pk")[:PRICED])]
    if rows:
        content = "\n".join(["account;store;sku;currency;price", *rows]).encode()
        uploads.upload("prices", content, name="winter-prices.csv", by="operations")


def _priced(number: int, listing: Listing) -> str:
    """Every sixth price falls by a fifth, one is mistyped; the others move a little."""
    assert listing.price is not None  # noqa: S101 - only listings with a price were asked for
    factor = Decimal("0.8") if number % 6 == 0 else Decimal("1.03")
    price = "soon" if number == 7 else f"{(listing.price * factor).quantize(Decimal('0.01'))}"
    return f"{listing.account.key};{listing.channel};{listing.remote_id};{listing.currency};{price}"


def _values(product: WorldProduct) -> Iterator[tuple[str, Any]]:
    n = product.serial
    length, width, height = product.sides_mm
    given = {
        "vat_class": "standard", "length_mm": length, "width_mm": width, "height_mm": height,
        "origin_country": ORIGINS[n % len(ORIGINS)],
        "customs_code": CODES[product.category], "supplier": SUPPLIERS[n % len(SUPPLIERS)],
        "lead_time_days": (21, 35, 60)[n % 3], "pack_quantity": (6, 12, 24)[n % 3], "moq": (50, 100)[n % 2],
    }  # fmt: skip
    return ((name, value) for name, value in given.items() if n % GAPS.get(name, n + 1))


def _families(known: dict[str, WorldProduct]) -> None:
    """Products that differ in their shade only become variants of one."""
    alike: dict[str, list[str]] = defaultdict(list)
    for code, product in known.items():
        alike[product.title.partition(",")[0]].append(code)
    skus = {sku.code: sku for sku in Sku.objects.select_related("product").filter(code__in=known)}
    families = [codes for _, codes in sorted(alike.items()) if len(_shades(known, codes)) == len(codes) > 1][:FAMILIES]
    for codes in families:
        shades = {skus[code].pk: (None, {"colour": known[code].title.rpartition(", ")[2]}) for code in codes}
        products.arrange(shades)
        for code in codes[1:]:
            merges.merge_products(skus[codes[0]].product, skus[code].product, by=BY, reason="shades of one product")


def _shades(known: dict[str, WorldProduct], codes: list[str]) -> set[str]:
    return {known[code].title.rpartition(", ")[2] for code in codes}


def _gift_set(codes: list[str]) -> None:
    if len(codes) > 1 and not Sku.objects.filter(kind=SkuKind.BUNDLE).exists():
        gift = products.create(code="GIFT-SET-01", title="Gift set of two", category="kitchen", weight_g=900)
        bundles.compose(gift, {codes[0]: 1, codes[1]: 2}, by=BY)


def _map(marketplace: str) -> None:
    """A taxonomy, rules for all but one of our categories, and the next version of the taxonomy to be looked at."""
    if Mapping.objects.filter(marketplace=marketplace).exists():
        return
    shelves = _shelves(marketplace)
    tree = mappings.draft_taxonomy(
        marketplace, "2026", by=BY, source=SOURCE, categories=_tree(shelves),
        attributes=[
            {"key": "brand", "is_required": True}, {"key": "title", "is_required": True, "max_length": 200},
            {"key": "weight", "kind": "number", "category_key": shelves["garden"][0], "is_required": True},
            {"key": "origin", "category_key": shelves["toys"][0], "is_required": True},
        ],
    )  # fmt: skip
    mappings.activate(tree, by=BY)
    sources = {"brand": "brand", "title": "title", "weight": "weight_g", "origin": "origin_country"}
    rules = mappings.draft_mapping(
        marketplace, "version 1", by=BY, source=SOURCE,
        rules=[{"category": name, "target": key} for name, (key, _) in shelves.items() if name != UNMAPPED],
        sources=[{"attribute": name, "source": source} for name, source in sources.items()],
    )  # fmt: skip
    mappings.activate(rules, by=BY)
    later = {name: shelf for name, shelf in shelves.items() if name != "garden"}
    later["toys"] = (shelves["toys"][0], "Toys, games and hobbies")
    mappings.draft_taxonomy(
        marketplace, "2027", by=BY, source="announced by the marketplace", categories=_tree(later), attributes=[]
    )


def _shelves(marketplace: str) -> dict[str, tuple[str, str]]:
    """Key and name of each of our categories there, by the newest reading; where that tells none, our own."""
    told = Category.objects.filter(taxonomy__marketplace=marketplace, is_leaf=True).order_by("taxonomy__made_at")
    read = {key.casefold(): (key, name) for key, name in told.values_list("key", "name")}
    return {name: read.get(name, (name, label)) for name, label in NAMES.items()}


def _tree(shelves: dict[str, tuple[str, str]]) -> list[dict[str, Any]]:
    below = (
        {"key": key, "name": label, "parent_key": "all", "fee_category": name} for name, (key, label) in shelves.items()
    )
    return [{"key": "all", "name": "Everything"}, *below]
