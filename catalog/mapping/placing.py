"""What mapping rules make of the client's products: facts read, rules asked, and what it means in offers and revenue."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Count, Exists, OuterRef, QuerySet

from catalog import demand, master
from catalog.mapping.rules import (
    Asked,
    Change,
    Facts,
    Refused,
    Rule,
    Rules,
    Source,
    attributes_of,
    changes,
    defects,
)
from catalog.models import (
    Attribute,
    Category,
    LearnedRule,
    Listing,
    Placement,
    Sku,
    Taxonomy,
    VersionState,
)  # fmt: skip
from catalog.models import Mapping as MappingVersion
from marketplaces.selectors import accounts

NOWHERE = ""


@dataclass(slots=True)
class Weight:
    """How many offers something touches, and what they brought in 30 days, by currency."""

    offers: int = 0
    units: int = 0
    revenue: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def add(self, other: Weight) -> None:
        self.offers += other.offers
        self.units += other.units
        for currency, amount in other.revenue.items():
            self.revenue[currency] += amount

    @property
    def amounts(self) -> list[tuple[Decimal, str]]:
        return sorted(((amount, currency) for currency, amount in self.revenue.items()), reverse=True)


@dataclass(frozen=True, slots=True)
class Shift:
    """Products that a mapping moves from one category of theirs to another; an empty name is none."""

    before: str
    after: str
    skus: int
    weight: Weight


@dataclass(frozen=True, slots=True)
class Impact:
    """A category that a new version treats otherwise, and what stands in it today."""

    change: Change
    skus: int
    weight: Weight


def active(kind: type[Taxonomy] | type[MappingVersion], marketplace: str) -> Taxonomy | MappingVersion | None:
    return kind.objects.filter(marketplace=marketplace, state=VersionState.ACTIVE).first()


def facts(marketplace: str) -> Iterator[Facts]:
    """Every SKU that is offered on a marketplace."""
    offered = Listing.objects.filter(account__marketplace=marketplace, sku__isnull=False).values("sku")
    for sku in Sku.objects.filter(pk__in=offered).select_related("product__brand").order_by("code").iterator():
        own = {name: str(getattr(sku, name) or "") for name in master.OWN}
        options = {f"option:{name}": value for name, value in sku.options.items()}
        brand = sku.product.brand.name if sku.product.brand else ""
        yield Facts(
            sku_id=sku.pk, category=sku.product.category, brand=brand, title=sku.title, fields={**own, **options}
        )


def weights(marketplace: str) -> dict[int, Weight]:
    """By SKU, its offers on a marketplace and what they brought."""
    mine = dict(accounts().filter(marketplace=marketplace).values_list("pk", "key"))
    found: dict[int, Weight] = defaultdict(Weight)
    for sku_id in Listing.objects.filter(account__in=mine, sku__isnull=False).values_list("sku_id", flat=True):
        found[sku_id].offers += 1
    for place, sold in demand.lately().items():
        if place.account_id in mine:
            found[place.sku_id].units += sold.units
            found[place.sku_id].revenue[sold.currency] += sold.revenue
    return found


def rules_of(mapping: MappingVersion | None) -> Rules:
    rows = mapping.category_rules.all() if mapping else ()
    return Rules(Rule(row.category, row.brand, row.title_has, row.target) for row in rows)


def preview(mapping: MappingVersion) -> list[Shift]:
    """What a mapping would move if it were activated, most revenue first; what stays where it is is left out."""
    names = names_of(mapping.marketplace)
    now = dict(Placement.objects.filter(marketplace=mapping.marketplace).values_list("sku_id", "category_key"))
    rules = rules_of(mapping)
    moved: dict[tuple[str, str], list[int]] = defaultdict(list)
    for each in facts(mapping.marketplace):
        pair = (now.get(each.sku_id, NOWHERE), rules.of(each))
        if pair[0] != pair[1]:
            moved[pair].append(each.sku_id)
    of_sku = weights(mapping.marketplace)
    shifts = [
        Shift(names.get(before, before), names.get(after, after), len(skus), total(skus, of_sku))
        for (before, after), skus in moved.items()
    ]
    return sorted(shifts, key=lambda shift: by_revenue(shift.weight))


def unmapped(marketplace: str) -> list[tuple[str, int, Weight]]:
    """Our categories whose offers have no place in the marketplace's taxonomy, with SKUs and weight, most revenue first."""
    placed_there = Placement.objects.filter(marketplace=marketplace, sku=OuterRef("sku"))
    lost = Listing.objects.filter(~Exists(placed_there), account__marketplace=marketplace, sku__isnull=False)
    brought = _brought(lost, marketplace)
    rows = lost.values_list("sku__product__category").annotate(Count("sku", distinct=True), Count("pk"))
    found = []
    for category, skus, offers in rows:
        weight = brought.get(category, Weight())
        weight.offers = offers
        found.append((category, skus, weight))
    return sorted(found, key=lambda row: by_revenue(row[2]))


def _brought(lost: QuerySet[Listing], marketplace: str) -> dict[str, Weight]:
    """What these offers brought, by category of ours; only what sold is looked up, however many offers there are."""
    mine = set(accounts().filter(marketplace=marketplace).values_list("pk", flat=True))
    sold = {place: told for place, told in demand.lately().items() if place.account_id in mine}
    names = {place.sku_id for place in sold}
    categories = dict(lost.filter(sku__in=names).values_list("sku", "sku__product__category"))
    found: dict[str, Weight] = defaultdict(Weight)
    for place, told in sold.items():
        if place.sku_id in categories:
            weight = found[categories[place.sku_id]]
            weight.units += told.units
            weight.revenue[told.currency] += told.revenue
    return found


def impact(taxonomy: Taxonomy) -> list[Impact]:
    """What a version of a taxonomy changes for products of today against the active one, most revenue first."""
    current = active(Taxonomy, taxonomy.marketplace)
    if current is None or current.pk == taxonomy.pk:
        return []
    standing: dict[str, list[int]] = defaultdict(list)
    for sku, key in Placement.objects.filter(marketplace=taxonomy.marketplace).values_list("sku_id", "category_key"):
        standing[key].append(sku)
    of_sku = weights(taxonomy.marketplace)
    found = [
        Impact(change, len(standing[change.key]), total(standing[change.key], of_sku))
        for change in changes(_shape(current), _shape(taxonomy)) if standing.get(change.key)
    ]  # fmt: skip
    return sorted(found, key=lambda each: by_revenue(each.weight))


def _shape(taxonomy: Taxonomy | MappingVersion) -> dict[str, tuple[str, bool, tuple[str, ...]]]:
    """What `changes` compares: name, whether a leaf, and what is required, by category."""
    asked: dict[str, list[str]] = defaultdict(list)
    for key, name in Attribute.objects.filter(taxonomy=taxonomy.pk, is_required=True).values_list(
        "category_key", "key"
    ):
        asked[key].append(name)
    rows = Category.objects.filter(taxonomy=taxonomy.pk).values_list("key", "name", "is_leaf")
    return {key: (name, is_leaf, (*asked[key], *asked[""])) for key, name, is_leaf in rows}


def names_of(marketplace: str) -> dict[str, str]:
    """Names of the categories of the active taxonomy, by key."""
    taxonomy = active(Taxonomy, marketplace)
    return dict(Category.objects.filter(taxonomy=taxonomy.pk).values_list("key", "name")) if taxonomy else {}


def total(skus: Iterable[int], of_sku: Mapping[int, Weight]) -> Weight:
    summed = Weight()
    for sku in skus:
        if sku in of_sku:
            summed.add(of_sku[sku])
    return summed


def by_revenue(weight: Weight) -> tuple[Decimal, int]:
    """The key by which what brings most comes first; of several currencies the largest amount decides."""
    return (-max(weight.revenue.values(), default=Decimal(0)), -weight.offers)


class Judge:
    """What a marketplace asks, read once: where each product belongs, and what is wrong with it there."""

    def __init__(self, marketplace: str) -> None:
        taxonomy, mapping = active(Taxonomy, marketplace), active(MappingVersion, marketplace)
        assert taxonomy is None or isinstance(taxonomy, Taxonomy)  # noqa: S101 - `active` gives what it was asked for
        assert mapping is None or isinstance(mapping, MappingVersion)  # noqa: S101
        rows = taxonomy.categories.filter(is_leaf=True) if taxonomy else Category.objects.none()
        self.categories = {row.key: row for row in rows}
        self.rules = rules_of(mapping)
        self.sources: dict[str, list[Source]] = defaultdict(list)
        for row in mapping.attribute_rules.all() if mapping else ():
            self.sources[row.target].append(Source(row.attribute, row.source, row.constant, row.values))
        self.asked: dict[str, list[Asked]] = defaultdict(list)
        for each in taxonomy.attributes.all() if taxonomy else ():
            self.asked[each.category_key].append(asked_of(each))
        self.refused: dict[str, list[Refused]] = defaultdict(list)
        for rule in LearnedRule.objects.filter(marketplace=marketplace, is_waived=False):
            self.refused[rule.product_type].append(Refused(rule.field, rule.value, rule.reason))

    def place(self, each: Facts) -> tuple[Category, list[str]] | None:
        """The category and the defects of one product there; None where no rule fits or its target takes no offers."""
        category = self.categories.get(self.rules.of(each))
        if category is None:
            return None
        asked = [asked for key in ("", category.key) for asked in self.asked[key]]
        refused = [refused for key in ("", category.key) for refused in self.refused[key]]
        return category, defects(self.said(each, category.key), asked, refused)

    def unfit(self, category: str, said: Mapping[str, str]) -> list[str]:
        """What is wrong with attributes that are told, in a category of theirs; what is not told is not asked for."""
        asked = [asked for key in dict.fromkeys(("", category)) for asked in self.asked[key] if asked.key in said]
        return defects(said, asked)

    def said(self, each: Facts, category: str) -> dict[str, str]:
        """What the mapping makes of one product in a category of theirs, by the names of its attributes there."""
        sources = {source.attribute: source for key in ("", category) for source in self.sources[key]}
        return attributes_of(each, list(sources.values()))


def asked_of(row: Attribute) -> Asked:
    condition = (row.asked_if["attribute"], row.asked_if["is"]) if row.asked_if else None
    return Asked(
        key=row.key, kind=row.kind, is_required=row.is_required, max_length=row.max_length, choices=tuple(row.choices),
        unit=row.unit, asked_if=condition,
    )  # fmt: skip


def placed(marketplace: str, *, with_defects: bool = False) -> int:
    """How many products have a place there, all or those of which something is wrong."""
    found = Placement.objects.filter(marketplace=marketplace)
    return (found.exclude(problems=[]) if with_defects else found).count()


def leaves(marketplace: str) -> list[tuple[str, str]]:
    """The categories that take offers, by key and name, in the order of names."""
    taxonomy = active(Taxonomy, marketplace)
    rows = Category.objects.filter(taxonomy=taxonomy.pk if taxonomy else None, is_leaf=True).order_by("name")
    return list(rows.values_list("key", "name"))


def defective(marketplace: str, *, most: int) -> list[Placement]:
    """The first products of which the marketplace asks what they do not say."""
    found = Placement.objects.filter(marketplace=marketplace).exclude(problems=[])
    return list(found.select_related("sku").order_by("category_name", "sku__code")[:most])
