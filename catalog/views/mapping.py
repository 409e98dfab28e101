"""Mapping to marketplaces: what has no place yet, by revenue; rules in versions; taxonomies with what a new one touches."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse

from catalog.mapping import placing
from catalog.models import CategoryRule, Mapping, Taxonomy, VersionState
from catalog.services import mappings, words
from config.core.buttons import Button, allowed, press, text
from config.core.permissions import Action
from config.core.screens import page, require
from marketplaces import registry
from marketplaces.selectors import accounts

MOST = 60


def _labels() -> dict[str, str]:
    """Marketplaces on which the client has an account, by key."""
    used = set(accounts().values_list("marketplace", flat=True))
    return {adapter.key: adapter.label for adapter in registry.all_adapters() if adapter.key in used}


def overview(request: HttpRequest) -> HttpResponse:
    """Per marketplace: which versions count, how many offers have a place, and what waits to be looked at."""
    require(request, Action.VIEW)
    rows = [_standing(key, label) for key, label in sorted(_labels().items())]
    return page(request, "catalog/mappings.html", "Mapping", {"rows": rows})


def _standing(key: str, label: str) -> dict[str, Any]:
    lost = placing.unmapped(key)
    missing = placing.total([], {})
    for _, _, weight in lost:
        missing.add(weight)
    drafts = [kind.objects.filter(marketplace=key, state=VersionState.DRAFT).count() for kind in (Mapping, Taxonomy)]
    return {
        "key": key, "label": label, "taxonomy": placing.active(Taxonomy, key), "mapping": placing.active(Mapping, key),
        "placed": placing.placed(key), "defects": placing.placed(key, with_defects=True), "missing": missing,
        "drafts": sum(drafts),
    }  # fmt: skip


def _set_rule(request: HttpRequest, marketplace: str) -> str:
    given = {name: request.POST.get(name, "") for name in ("category", "brand", "title_has")}
    given["target"] = text(request, "target", missing="choose a category of theirs")
    draft = mappings.set_rule(marketplace, rule=given, by=request.user.get_username())
    return f"{draft.name} holds the rule; it counts once the version is activated"


def _drop_rule(request: HttpRequest, marketplace: str) -> str:
    rule = CategoryRule.objects.select_related("mapping").filter(pk=_number(request, "rule")).first()
    if rule is None or rule.mapping.marketplace != marketplace:
        raise ValidationError("this rule is gone already")
    return f"taken out of {mappings.drop_rule(rule).name}"


def _activate_mapping(request: HttpRequest, marketplace: str) -> str:
    return _activate(request, marketplace, Mapping)


def _activate_taxonomy(request: HttpRequest, marketplace: str) -> str:
    return _activate(request, marketplace, Taxonomy)


def _activate(request: HttpRequest, marketplace: str, kind: Any) -> str:
    version = kind.objects.filter(pk=_number(request, "version"), marketplace=marketplace).first()
    if version is None:
        raise ValidationError("there is no such version")
    count = mappings.activate(version, by=request.user.get_username())
    return f"{version.name} counts from now on: {count} products have a place"


def _wish(request: HttpRequest, marketplace: str) -> str:
    count = words.wish_as_mapped(marketplace, by=request.user.get_username())
    return f"{count} fields of offers should say something else now; see Publishing"


def _number(request: HttpRequest, name: str) -> int:
    told = request.POST.get(name, "")
    if not told.isdecimal():
        raise ValidationError("choose one first")
    return int(told)


BUTTONS = {
    "set_rule": Button(Action.EDIT_PRODUCTS, _set_rule),
    "drop_rule": Button(Action.EDIT_PRODUCTS, _drop_rule),
    "activate_mapping": Button(Action.EDIT_PRODUCTS, _activate_mapping),
    "activate_taxonomy": Button(Action.EDIT_PRODUCTS, _activate_taxonomy),
    "wish": Button(Action.WRITE_MARKETPLACE, _wish),
}


def one(request: HttpRequest, marketplace: str) -> HttpResponse:
    """The mapping to one marketplace, with the previews of its drafts and the buttons that let them count."""
    labels = _labels()
    if marketplace not in labels:
        raise Http404("no account of this marketplace")
    if request.method == "POST":
        return press(request, BUTTONS, marketplace)
    require(request, Action.VIEW)
    names = placing.names_of(marketplace)
    mapping = placing.active(Mapping, marketplace)
    drafts = list(Mapping.objects.filter(marketplace=marketplace, state=VersionState.DRAFT).order_by("-made_at"))
    trees = list(Taxonomy.objects.filter(marketplace=marketplace).order_by("-made_at"))
    context = {
        "key": marketplace, "label": labels[marketplace], "can": allowed(request, BUTTONS),
        "unmapped": placing.unmapped(marketplace)[:MOST], "leaves": placing.leaves(marketplace), "mapping": mapping,
        "rules": _rules(mapping, names), "placed": placing.placed(marketplace),
        "drafts": [(draft, placing.preview(draft)[:MOST], _rules(draft, names)) for draft in drafts],
        "trees": [(t, placing.impact(t) if t.state == VersionState.DRAFT else []) for t in trees],
        "former": list(Mapping.objects.filter(marketplace=marketplace, state=VersionState.RETIRED).order_by("-made_at")),
        "defects": placing.defective(marketplace, most=MOST),
    }  # fmt: skip
    return page(request, "catalog/mapping.html", f"Mapping to {labels[marketplace]}", context)


def _rules(mapping: Any, names: dict[str, str]) -> list[tuple[CategoryRule, str]]:
    if mapping is None:
        return []
    rows = mapping.category_rules.order_by("category", "brand", "title_has")
    return [(rule, names.get(rule.target, rule.target)) for rule in rows]
