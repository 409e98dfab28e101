"""How likely a name of a marketplace means a SKU of ours: 0 to 100 with the reasons. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from catalog.gtin import is_gtin, padded, same

REVIEW_LINE = 60
"""From here on a person looks before a new SKU is made: the product may be one that is known."""
NEAR, FAR = Decimal("0.1"), Decimal("0.5")


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """A name as a marketplace tells it; `price` in `currency`, None where it tells none."""

    remote_id: str
    title: str = ""
    gtins: tuple[str, ...] = ()
    price: Decimal | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """A SKU of ours with its GTINs, and what it is offered for, by currency."""

    sku_id: int
    code: str
    title: str = ""
    gtins: tuple[str, ...] = ()
    prices: dict[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Match:
    """How likely a SKU is meant, and why, the strongest reason first."""

    sku_id: int
    score: int
    reasons: tuple[str, ...]


def rank(remote: Remote, candidates: Iterable[Own], *, limit: int = 5) -> list[Match]:
    """The likeliest first; what nothing speaks for is left out."""
    scored = [(match(remote, own), own.code) for own in candidates]
    found = sorted(
        ((each, code) for each, code in scored if each.score > 0), key=lambda pair: (-pair[0].score, pair[1])
    )
    return [each for each, _ in found[:limit]]


def match(remote: Remote, own: Own) -> Match:
    """The strongest identity counts; a title helps where there is none, a price confirms or casts doubt."""
    score, reasons = _identity(remote, own)
    alike = _title(remote.title, own.title)
    if alike:
        score, told = max(score, 55 * alike // 100), f"{alike}% of the words of the titles"
        reasons.append(told)
    bonus, told = _price(remote, own)
    if score and told:
        score, reasons = min(100, max(0, score + bonus)), [*reasons, told]
    return Match(own.sku_id, score, tuple(reasons))


def _identity(remote: Remote, own: Own) -> tuple[int, list[str]]:
    ours = {same(value) for value in own.gtins}
    found: list[tuple[int, str]] = []
    for value in remote.gtins:
        meant = value if is_gtin(value) else padded(value)
        if meant and same(meant) in ours:
            found.append((95, f"same GTIN {value}") if meant == value else (80, f"GTIN {meant} when padded with zeros"))
    if remote.remote_id == own.code:
        found.append((100, "same SKU code"))
    elif _bare(remote.remote_id) == _bare(own.code) != "":
        found.append((85, f"SKU code {own.code} but for capitals, blanks or zeros"))
    found.sort(reverse=True)
    return (found[0][0] if found else 0), [reason for _, reason in found]


def _bare(code: str) -> str:
    return re.sub(r"[\W_]", "", code).casefold().lstrip("0")


def _title(one: str, other: str) -> int:
    """Percent of all words that both titles have; short words say nothing."""
    mine, theirs = ({word for word in re.findall(r"\w+", text.casefold()) if len(word) > 2} for text in (one, other))
    return 100 * len(mine & theirs) // len(mine | theirs) if mine and theirs else 0


def _price(remote: Remote, own: Own) -> tuple[int, str]:
    theirs = own.prices.get(remote.currency)
    if remote.price is None or not theirs:
        return 0, ""
    gap = abs(remote.price - theirs) / theirs
    if gap <= NEAR:
        return 10, f"a price within {NEAR:.0%} of ours"
    return (-20, f"a price {gap:.0%} away from ours") if gap > FAR else (0, "")
