"""What a detector is: it measures a batch of subjects and never judges."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from config.core.money import Money
from config.core.registry import Registry
from tickets.types import TYPES, TicketType


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What was found about one subject. `value` None: not measured, with the reason in `why`.

    `facts` are further numbers for ladders; `as_of` the time of each input; `money` what is at risk per day.
    `scope` is the identity of the ticket (the subject unless said), `group` what siblings share besides account and
    brand, `gathers` what alone they share in place of all three (`supplier:Kiln Ltd`); `links` lead to rows and raw
    payloads; `params` fill the suggested action.
    """

    subject: str
    value: Decimal | None
    title: str
    account_id: int | None = None
    channel: str = ""
    brand_id: int | None = None
    sku_id: int | None = None
    scope: str = ""
    group: str = ""
    gathers: str = ""
    samples: int = 1
    why: str = ""
    facts: Mapping[str, Decimal | None] = field(default_factory=dict)
    as_of: Mapping[str, datetime | None] = field(default_factory=dict)
    money: Money | None = None
    links: Sequence[Mapping[str, Any]] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    shows: Mapping[str, Any] = field(default_factory=dict)


Measurer = Callable[[Sequence[str]], Iterable[Measure]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """`measure` takes subjects and leaves out those with nothing to see; `candidates` names what a sweep looks at.

    `reads` are the resources whose age decides whether it is blind. `formula` changes when the measure does.
    """

    name: str
    subject: str
    type: TicketType
    measure: Measurer
    candidates: Callable[[], Iterable[str]]
    reads: tuple[str, ...] = ()
    formula: int = 1
    action: str = ""

    @property
    def family(self) -> str:
        return self.name.partition(".")[0]


DETECTORS: Registry[Detector] = Registry("detector")


def detector(
    name: str, *, subject: str, opens: TicketType, candidates: Callable[[], Iterable[str]], **options: Any
) -> Callable[[Measurer], Measurer]:
    """Register the decorated function as the measure of a detector that opens tickets of a registered type."""

    def register(measure: Measurer) -> Measurer:
        made = Detector(
            name=name, subject=subject, type=TYPES.get(opens.key), measure=measure, candidates=candidates, **options
        )
        DETECTORS.add(name, made)
        return measure

    return register


def of_subject(kind: str) -> Iterator[Detector]:
    return (each for _, each in DETECTORS if each.subject == kind)


def of_family(family: str | None) -> Iterator[Detector]:
    """The detectors of a family, or all."""
    return (each for _, each in DETECTORS if family in (None, each.family))


def hours(later: datetime, earlier: datetime) -> Decimal:
    """Hours from `earlier` to `later`, to a hundredth; negative when it is the other way round."""
    return (Decimal((later - earlier).total_seconds()) / 3600).quantize(Decimal("0.01"))
