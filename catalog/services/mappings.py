"""Versions of taxonomies and mappings: drafted, compared, activated; and every offered product put in its place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from catalog.mapping import placing
from catalog.models import Attribute, AttributeRule, Category, CategoryRule, Mapping, Placement, Taxonomy, VersionState
from config.core import clock
from config.core.bulk import Table, land

AT_ONCE = 1000
_PLACES = Table(
    name="catalog_placement",
    columns=("sku_id", "marketplace", "category_key", "category_name", "fee_category", "problems"),
    key=("sku_id", "marketplace"), newer=None,
)  # fmt: skip


@transaction.atomic
def draft_taxonomy(
    marketplace: str, name: str, *, categories: Iterable[dict[str, Any]], attributes: Iterable[dict[str, Any]], by: str,
    source: str = "",
) -> Taxonomy:  # fmt: skip
    """Store a version of a marketplace's taxonomy; it counts once it is activated. A name that is taken raises."""
    if Taxonomy.objects.filter(marketplace=marketplace, name=name).exists():
        raise ValidationError(f"version {name!r} of {marketplace} is stored already; give the new one another name")
    made = Taxonomy.objects.create(marketplace=marketplace, name=name, source=source, made_at=clock.now(), made_by=by)
    Category.objects.bulk_create([Category(taxonomy=made, **each) for each in categories], batch_size=AT_ONCE)
    Attribute.objects.bulk_create([Attribute(taxonomy=made, **each) for each in attributes], batch_size=AT_ONCE)
    parents = Category.objects.filter(taxonomy=made).exclude(parent_key="").values("parent_key")
    Category.objects.filter(taxonomy=made, key__in=parents).update(is_leaf=False)
    return made


@transaction.atomic
def draft_mapping(
    marketplace: str, name: str, *, rules: Iterable[Any], sources: Iterable[Any] = (), by: str,
    source: str = "",
) -> Mapping:  # fmt: skip
    """Store a version of our rules for a marketplace; it counts once it is activated. A name that is taken raises."""
    if Mapping.objects.filter(marketplace=marketplace, name=name).exists():
        raise ValidationError(f"version {name!r} for {marketplace} is stored already; give the new one another name")
    made = Mapping.objects.create(marketplace=marketplace, name=name, source=source, made_at=clock.now(), made_by=by)
    CategoryRule.objects.bulk_create([CategoryRule(mapping=made, **each) for each in rules], batch_size=AT_ONCE)
    AttributeRule.objects.bulk_create([AttributeRule(mapping=made, **each) for each in sources], batch_size=AT_ONCE)
    return made


@transaction.atomic
def set_rule(marketplace: str, *, rule: dict[str, str], by: str) -> Mapping:
    """Add or change one category rule in the newest draft, which begins as a copy of the active mapping."""
    if not rule.get("target"):
        raise ValidationError("choose a category of theirs")
    known = placing.names_of(marketplace)
    if known and rule["target"] not in known:
        raise ValidationError(f"{marketplace} has no category {rule['target']!r} in its active taxonomy")
    draft = (
        Mapping.objects.filter(marketplace=marketplace, state=VersionState.DRAFT).order_by("-made_at", "-pk").first()
    )
    draft = draft or copy(marketplace, by=by)
    conditions: dict[str, Any] = {name: rule.get(name, "").strip() for name in ("category", "brand", "title_has")}
    CategoryRule.objects.update_or_create(mapping=draft, **conditions, defaults={"target": rule["target"]})
    return draft


@transaction.atomic
def drop_rule(rule: CategoryRule) -> Mapping:
    """Take a rule out of a draft; the rules of other versions stay as they were."""
    if rule.mapping.state != VersionState.DRAFT:
        raise ValidationError("only a draft is changed; what counts or counted stays as it was")
    draft = rule.mapping
    rule.delete()
    return draft


def copy(marketplace: str, *, by: str) -> Mapping:
    """A draft with the rules of the active mapping."""
    now = placing.active(Mapping, marketplace)
    rules = CategoryRule.objects.filter(mapping=now.pk) if now else CategoryRule.objects.none()
    sources = AttributeRule.objects.filter(mapping=now.pk) if now else AttributeRule.objects.none()
    number = Mapping.objects.filter(marketplace=marketplace).count() + 1
    return draft_mapping(
        marketplace, f"version {number}", by=by, source=f"copy of {now.name}" if now else "",
        rules=list(rules.values("category", "brand", "title_has", "target")),
        sources=list(sources.values("target", "attribute", "source", "constant", "values")),
    )  # fmt: skip


@transaction.atomic
def activate(version: Taxonomy | Mapping, *, by: str) -> int:
    """Let a version count from now on, and the former one no more; returns how many products are placed.

    It was looked at before: the screen shows its impact or preview beside the button.
    """
    kind = type(version)
    version = kind.objects.select_for_update().get(pk=version.pk)
    if version.state == VersionState.ACTIVE:
        raise ValidationError("this version counts already")
    kind.objects.filter(marketplace=version.marketplace, state=VersionState.ACTIVE).update(state=VersionState.RETIRED)
    version.state, version.activated_at, version.activated_by = VersionState.ACTIVE, clock.now(), by
    version.save(update_fields=["state", "activated_at", "activated_by"])
    return place(version.marketplace)


@transaction.atomic
def place(marketplace: str) -> int:
    """Put every offered product in its category of the marketplace, with its defects; returns how many have one."""
    judge = placing.Judge(marketplace)
    placed = [(each.sku_id, found) for each in placing.facts(marketplace) if (found := judge.place(each))]
    Placement.objects.filter(marketplace=marketplace).exclude(sku__in=[sku for sku, _ in placed]).delete()
    land(_PLACES, (_row(sku, marketplace, *found) for sku, found in placed))
    return len(placed)


def _row(sku_id: int, marketplace: str, category: Category, problems: Sequence[str]) -> tuple[Any, ...]:
    return sku_id, marketplace, category.key, category.name, category.fee_category, list(problems)


def place_all() -> dict[str, int]:
    """Put all products in place again, for products and rules may have changed since."""
    active = Mapping.objects.filter(state=VersionState.ACTIVE).values_list("marketplace", flat=True)
    return {marketplace: place(marketplace) for marketplace in sorted(active)}
