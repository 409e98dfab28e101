"""Sheets of mapping rules and of taxonomies: all rows together become one draft per marketplace, to be looked at first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from catalog.mapping import placing
from catalog.models import AttributeRule, CategoryRule, Mapping, Taxonomy, VersionState
from catalog.services import mappings
from catalog.uploads.kinds import Applied, Judged, Kind, Row, Said, apart
from config.core.permissions import Action
from config.core.sheets import cells, rows
from config.core.sheets.cells import Problem
from config.core.sheets.reading import NOTES, Given, Layout
from marketplaces import registry

TYPES = ("text", "number", "flag")
RULES = Layout(
    columns=("marketplace", "our_category", "brand", "title_has", "their_category", "attribute", "source", "constant",
             "values"),
    required=("marketplace", "their_category"), notes=(*NOTES, "offers", "revenue_in_30_days"),
)  # fmt: skip
RULES_MEAN = {
    "marketplace": "the key of the marketplace",
    "our_category": "products of this category of ours; empty for all; brand and title_has narrow it further",
    "their_category": "the key of their category; empty only in a row about an attribute of every category",
    "attribute": "makes the row one about an attribute; its value comes from source or constant",
    "source": "a master field of ours, or option:colour",
    "values": "what ours is called there, such as red=Rot|blue=Blau",
}
TREE = Layout(
    columns=("marketplace", "version", "category", "name", "parent", "fee_category", "attribute", "type", "required",
             "max_length", "choices", "unit", "asked_if"),
    required=("marketplace", "version", "category"),
)  # fmt: skip
TREE_MEANS = {
    "marketplace": "the key of the marketplace",
    "version": "how this state of the taxonomy is called, such as 2026-11",
    "category": "their key of the category; empty in a row about an attribute of every category",
    "parent": "the key of the category above; only categories without children take offers",
    "fee_category": "what the fee schedules call it; may be empty",
    "attribute": "makes the row one about an attribute of the category",
    "type": ", ".join(TYPES),
    "choices": "what it may say, such as S|M|L",
    "unit": "that stands behind a number, such as g; several are parted by |",
    "asked_if": "when it is required, such as battery=yes",
}


def _judge(given: Sequence[Given], layout: Layout, key: tuple[str, ...], check: Callable[..., Any]) -> list[Judged]:
    """Rows that say nothing about one thing twice; `check` yields what is wrong with the cells of one row together."""
    judged = []
    for row in given:
        values, found = rows.values(row, {name: partial(_cell, name) for name in layout.columns})
        found = [rows.EMPTY] if row.is_empty else found or list(check(values))
        said = None if found else Said(what=_what(values, key), values=values, before={})
        judged.append(Judged(row, said, tuple(found)))
    return apart(judged, lambda said: tuple(said.values.get(name, "") for name in key))


def _cell(name: str, text: str) -> str:
    if name == "marketplace" and text not in {adapter.key for adapter in registry.all_adapters()}:
        known = ", ".join(sorted(adapter.key for adapter in registry.all_adapters()))
        raise Problem(name, f"no marketplace has the key {text!r}", f"write one of {known}")
    if name == "type" and text not in ("", *TYPES):
        raise Problem(name, f"{text!r} is no type", f"write one of {', '.join(TYPES)}")
    if name == "max_length" and text and not (text.isascii() and text.isdigit()):
        raise Problem(name, f"{text!r} is not a number of characters", "write digits alone")
    if name == "required":
        return "yes" if cells.flag(name, text) else ""
    if name in ("values", "asked_if") and any("=" not in part for part in text.split("|") if part):
        raise Problem(name, f"{text!r} is not written as ours=theirs", "put = between the two, | between pairs")
    return text


def _what(values: dict[str, str], key: Iterable[str]) -> str:
    return " · ".join(values[name] for name in key if values.get(name))


def _rule(known: dict[str, dict[str, str]], values: dict[str, str]) -> Iterator[Problem]:
    target, tree = values["their_category"], known.get(values["marketplace"], {})
    if target and tree and target not in tree:
        yield Problem(
            "their_category", f"the active taxonomy has no {target!r}", "write the key of one of its categories"
        )
    if not target and not values["attribute"]:
        yield Problem("their_category", "the category is missing", "write the key of a category of theirs")
    if values["attribute"] and not (values["source"] or values["constant"]):
        yield Problem("source", "nothing says what the attribute is", "name a field of ours, or write a constant")


def judge_rules(given: Sequence[Given]) -> list[Judged]:
    named = {row.cells.get("marketplace", "") for row in given}
    known = {marketplace: placing.names_of(marketplace) for marketplace in named}
    return _judge(
        given, RULES, ("marketplace", "our_category", "brand", "title_has", "attribute"), partial(_rule, known)
    )


def _branch(stored: set[tuple[str, str]], parents: set[str], values: dict[str, str]) -> Iterator[Problem]:
    if (values["marketplace"], values["version"]) in stored:
        yield Problem("version", f"{values['version']!r} is stored already", "give the new version another name")
    if not values["version"]:
        yield Problem("version", "the version has no name", "write how this state is called, such as 2026-11")
    if not values["attribute"] and not (values["category"] and values["name"]):
        yield Problem("name", "a category needs a key and a name", "fill in both")
    if values["parent"] and values["parent"] not in parents:
        yield Problem("parent", f"no row has the category {values['parent']!r}", "add it, or mend the key")


def judge_tree(given: Sequence[Given]) -> list[Judged]:
    stored = set(Taxonomy.objects.values_list("marketplace", "name"))
    keys = {row.cells.get("category", "") for row in given}
    return _judge(given, TREE, ("marketplace", "category", "attribute"), partial(_branch, stored, keys))


def apply_rules(given: Sequence[Row], how: Applied) -> int:
    """One draft per marketplace with exactly these rules; it counts once somebody activates it."""
    for marketplace, said in _by("marketplace", given):
        mappings.draft_mapping(
            marketplace, how.source[:60], by=how.by, source=how.source,
            rules=[
                {"category": s["our_category"], "brand": s["brand"], "title_has": s["title_has"],
                 "target": s["their_category"]} for s in said if not s["attribute"]
            ],
            sources=[
                {"target": s["their_category"], "attribute": s["attribute"], "source": s["source"],
                 "constant": s["constant"], "values": _pairs(s["values"])} for s in said if s["attribute"]
            ],
        )  # fmt: skip
    return len(given)


def apply_tree(given: Sequence[Row], how: Applied) -> int:
    """One draft per marketplace with exactly these categories; it counts once somebody activates it."""
    for marketplace, said in _by("marketplace", given):
        mappings.draft_taxonomy(
            marketplace, said[0]["version"], by=how.by, source=how.source,
            categories=[
                {"key": s["category"], "name": s["name"], "parent_key": s["parent"], "fee_category": s["fee_category"]}
                for s in said if not s["attribute"]
            ],
            attributes=[_attribute(s) for s in said if s["attribute"]],
        )  # fmt: skip
    return len(given)


def _attribute(said: dict[str, str]) -> dict[str, Any]:
    condition = next(iter(_pairs(said["asked_if"]).items()), None)
    return {
        "category_key": said["category"], "key": said["attribute"], "kind": said["type"] or "text",
        "is_required": said["required"] == "yes", "unit": said["unit"],
        "max_length": int(said["max_length"]) if said["max_length"] else None,
        "choices": [part for part in said["choices"].split("|") if part],
        "asked_if": {"attribute": condition[0], "is": condition[1]} if condition else {},
    }  # fmt: skip


def _pairs(text: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in text.split("|") if part)


def _by(name: str, given: Sequence[Row]) -> Iterator[tuple[str, list[dict[str, str]]]]:
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in given:
        found[row.said[name]].append(row.said)
    yield from found.items()


def rules_template() -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
    """The rules that count today, then what they miss, most revenue first."""
    header = (*RULES.columns, "offers", "revenue_in_30_days")
    return header, _rules_rows()


def _rules_rows() -> Iterator[list[Any]]:
    live = Mapping.objects.filter(state=VersionState.ACTIVE)
    for rule in CategoryRule.objects.filter(mapping__in=live).select_related("mapping").order_by("mapping", "category"):
        yield [rule.mapping.marketplace, rule.category, rule.brand, rule.title_has, rule.target, *[""] * 6]
    for each in (
        AttributeRule.objects.filter(mapping__in=live).select_related("mapping").order_by("mapping", "attribute")
    ):
        pairs = "|".join(f"{ours}={theirs}" for ours, theirs in each.values.items())
        told = (each.target, each.attribute, each.source, each.constant, pairs)
        yield [each.mapping.marketplace, *[""] * 3, *told, "", ""]
    for adapter in registry.all_adapters():
        for category, _, weight in placing.unmapped(adapter.key):
            money = ", ".join(f"{amount:.2f} {currency}" for amount, currency in weight.amounts)
            yield [adapter.key, category, *[""] * 7, weight.offers, money]


def tree_template() -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
    """The active taxonomies, as a start for the next version."""
    return TREE.columns, _tree_rows()


def _tree_rows() -> Iterator[list[Any]]:
    for tree in Taxonomy.objects.filter(state=VersionState.ACTIVE).order_by("marketplace"):
        for c in tree.categories.order_by("key"):
            yield [tree.marketplace, "", c.key, c.name, c.parent_key, c.fee_category, *[""] * 7]
        for a in tree.attributes.order_by("category_key", "key"):
            asked = f"{a.asked_if['attribute']}={a.asked_if['is']}" if a.asked_if else ""
            yield [
                tree.marketplace, "", a.category_key, "", "", "", a.key, a.kind, "yes" if a.is_required else "",
                a.max_length, "|".join(a.choices), a.unit, asked,
            ]  # fmt: skip


KINDS = (
    Kind(
        key="mapping", label="Mapping rules", layout=RULES, meaning=RULES_MEAN, needs=Action.EDIT_PRODUCTS,
        judge=judge_rules, apply=apply_rules, template=rules_template,
    ),
    Kind(
        key="taxonomy", label="Taxonomies", layout=TREE, meaning=TREE_MEANS, needs=Action.EDIT_PRODUCTS,
        judge=judge_tree, apply=apply_tree, template=tree_template,
    ),
)  # fmt: skip
