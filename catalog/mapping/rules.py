"""Which category of a marketplace a product belongs to, and what its attributes say there. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from marketplaces import canonical


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What rules read of one SKU: all as text, options as `option:<name>`."""

    sku_id: int
    category: str = ""
    brand: str = ""
    title: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """Blank conditions hold for all; texts are compared without regard to capitals."""

    category: str
    brand: str
    title_has: str
    target: str

    @property
    def weight(self) -> tuple[bool, bool, bool, int]:
        """The most specific rule wins: a title before a brand before our category, then the longer words of the title."""
        return bool(self.title_has), bool(self.brand), bool(self.category), len(self.title_has)

    def fits(self, facts: Facts) -> bool:
        return (
            self.category.casefold() in ("", facts.category.casefold())
            and self.brand.casefold() in ("", facts.brand.casefold())
            and self.title_has.casefold() in facts.title.casefold()
        )


class Rules:
    """Rules in the order in which they are asked, found by our category so that many products cost little."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._by_category: dict[str, list[Rule]] = {}
        for rule in sorted(rules, key=lambda rule: (rule.weight, rule.target), reverse=True):
            self._by_category.setdefault(rule.category.casefold(), []).append(rule)

    def of(self, facts: Facts) -> str:
        """The category of theirs; empty where no rule fits."""
        own = self._by_category.get(facts.category.casefold(), []) if facts.category else []
        fitting = [rule for rule in (*own, *self._by_category.get("", ())) if rule.fits(facts)]
        return max(fitting, key=lambda rule: (rule.weight, rule.target)).target if fitting else ""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the value of an attribute comes from: a field of ours, or a constant; `values` translates what it says."""

    attribute: str
    source: str = ""
    constant: str = ""
    values: Mapping[str, str] = field(default_factory=dict)

    def of(self, facts: Facts) -> str:
        if self.constant:
            return self.constant
        said = {"category": facts.category, "brand": facts.brand, "title": facts.title}.get(self.source)
        text = facts.fields.get(self.source, "") if said is None else said
        return self.values.get(text, text)


def attributes_of(facts: Facts, sources: Sequence[Source]) -> dict[str, str]:
    """What the attributes say of a SKU; those without a value are left out."""
    said = {each.attribute: each.of(facts) for each in sources}
    return {name: value for name, value in said.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked(canonical.Asked):
    """With a condition: `asked_if` names another attribute and the value that makes this one required.

    A value with a unit is a number, a space and one of the units.
    """

    asked_if: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A value that a marketplace refused before, with its own words; an empty value: it wants one."""

    attribute: str
    value: str
    message: str


def defects(said: Mapping[str, str], asked: Iterable[Asked], refused: Iterable[Refused] = ()) -> list[str]:
    """What is wrong with the attributes of one offer, in words; empty where it may be published."""
    found = [told for each in asked if (told := _defect(each, said))]
    for each in refused:
        value = said.get(each.attribute, "")
        if value == each.value:
            what = f"{each.attribute} {value!r}" if value else f"{each.attribute} is missing and"
            found.append(f"{what} was refused before: {each.message}")
    return found


def _defect(asked: Asked, said: Mapping[str, str]) -> str:
    value = said.get(asked.key, "")
    if not value:
        if asked.asked_if and said.get(asked.asked_if[0]) == asked.asked_if[1]:
            return f"{asked.key} is missing, and it is asked where {asked.asked_if[0]} is {asked.asked_if[1]!r}"
        return f"{asked.key} is missing" if asked.is_required and not asked.asked_if else ""
    if asked.choices and value not in asked.choices:
        return f"{asked.key} {value!r} is none of {', '.join(asked.choices[:6])}"
    if asked.max_length is not None and len(value) > asked.max_length:
        return f"{asked.key} has {len(value)} characters, more than {asked.max_length}"
    return _mistyped(asked, value)


def _mistyped(asked: Asked, value: str) -> str:
    number, _, unit = value.partition(" ")
    if asked.unit and unit not in asked.unit.split("|"):
        return f"{asked.key} {value!r} is not in {asked.unit.replace('|', ', ')}"
    if asked.kind == "number" and not _is_number(number if asked.unit else value):
        return f"{asked.key} {value!r} is not a number"
    if asked.kind == "flag" and value not in ("yes", "no"):
        return f"{asked.key} {value!r} is neither yes nor no"
    return ""


def _is_number(text: str) -> bool:
    whole, _, part = text.partition(".")
    return whole.removeprefix("-").isdecimal() and (part.isdecimal() or not part)


@dataclass(frozen=True, slots=True)
class Change:
    """One category that a new version of a taxonomy treats otherwise: gone, renamed, no longer a leaf, or asking more."""

    key: str
    name: str
    what: str


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """What a new version changes, by key. Each side maps a key to `(name, is_leaf, required attributes)`."""
    found = []
    for key, (name, was_leaf, asked) in sorted(before.items()):
        if key not in after:
            found.append(Change(key, name, "is gone"))
            continue
        new_name, is_leaf, asks = after[key]
        if new_name != name:
            found.append(Change(key, name, f"is called {new_name!r}"))
        if was_leaf and not is_leaf:
            found.append(Change(key, name, "takes no offers any more, only its children do"))
        if more := sorted(set(asks) - set(asked)):
            found.append(Change(key, name, f"asks {', '.join(more)} as well"))
    return found
