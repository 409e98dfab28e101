"""What marketplaces call kinds of products, as they tell it: a reading that says something new becomes a draft to be looked at.

The rows of one reading may come in several portions; each is compared as a whole with the newest version known before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from catalog.models import Attribute, Category, Taxonomy
from marketplaces.canonical import Rejected, TaxonomyNode
from marketplaces.selectors import accounts
from marketplaces.sinks import Applied, Source

BY, SOURCE = "reading", "read from the marketplace"
LONGEST_KEY, LONGEST_NAME, LONGEST_ATTRIBUTE = 120, 200, 80
AT_ONCE = 1000
_Shape = tuple[set[tuple[object, ...]], set[tuple[object, ...]]]


def nodes(rows: Sequence[TaxonomyNode], source: Source) -> Applied:
    """Keep a reading as a draft, or nothing where it tells what the newest version says already.

    A taxonomy belongs to the marketplace, so only one account's reading counts: that of the one connected first.
    """
    marketplace = source.account.marketplace
    first = accounts().filter(marketplace=marketplace).order_by("pk").values_list("pk", flat=True).first()
    if source.account.pk != first:
        return Applied(unchanged=len(rows))
    rejected = tuple(_too_long(rows))
    refused = {each.external_id for each in rejected}
    draft, _ = Taxonomy.objects.get_or_create(
        marketplace=marketplace, name=f"read {source.at:%Y-%m-%d %H:%M}",
        defaults={"source": SOURCE, "made_at": source.at, "made_by": BY},
    )  # fmt: skip
    before = Taxonomy.objects.filter(marketplace=marketplace, made_at__lte=draft.made_at).exclude(pk=draft.pk)
    known = before.order_by("-made_at", "-pk").first()
    _add(draft, known, [row for row in rows if row.external_id not in refused])
    if known and _shape(known) == _shape(draft):
        draft.delete()
        return Applied(unchanged=len(rows) - len(rejected), rejected=rejected)
    return Applied(inserted=len(rows) - len(rejected), rejected=rejected)


def _too_long(rows: Sequence[TaxonomyNode]) -> Iterator[Rejected]:
    """A key that was cut would be another category's or nobody's."""
    for row in rows:
        longest = max((len(asked.key) for asked in row.asks), default=0)
        if len(row.external_id) > LONGEST_KEY or len(row.parent) > LONGEST_KEY or longest > LONGEST_ATTRIBUTE:
            reason = "a key of this category or of one of its attributes is longer than can be stored"
            yield Rejected(reason, {"key": row.external_id}, external_id=row.external_id)


def _add(draft: Taxonomy, known: Taxonomy | None, rows: Sequence[TaxonomyNode]) -> None:
    """What a marketplace does not tell is kept from the version before: what fee schedules call it, and conditions."""
    fees = dict(known.categories.values_list("key", "fee_category")) if known else {}
    conditions = {(a.category_key, a.key): a.asked_if for a in known.attributes.all()} if known else {}
    categories = [
        Category(
            taxonomy=draft, key=row.external_id, name=row.name[:LONGEST_NAME], parent_key=row.parent,
            fee_category=fees.get(row.external_id, ""),
        )
        for row in rows
    ]  # fmt: skip
    attributes = [
        Attribute(
            taxonomy=draft, category_key=row.external_id, key=asked.key, kind=asked.kind, is_required=asked.is_required,
            max_length=asked.max_length, choices=list(asked.choices), unit=asked.unit,
            asked_if=conditions.get((row.external_id, asked.key), {}),
        )
        for row in rows for asked in row.asks
    ]  # fmt: skip
    Category.objects.bulk_create(categories, batch_size=AT_ONCE, ignore_conflicts=True)
    Attribute.objects.bulk_create(attributes, batch_size=AT_ONCE, ignore_conflicts=True)
    parents = draft.categories.exclude(parent_key="").values("parent_key")
    draft.categories.filter(key__in=parents).update(is_leaf=False)


def _shape(version: Taxonomy) -> _Shape:
    """All that a marketplace tells of a version, in no order."""
    categories = version.categories.values_list("key", "name", "parent_key")
    asked = version.attributes.values_list(
        "category_key", "key", "kind", "is_required", "max_length", "choices", "unit"
    )
    return set(categories), {(*row[:5], tuple(row[5]), row[6]) for row in asked}
