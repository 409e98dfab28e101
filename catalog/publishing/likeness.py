"""What a marketplace shows of our words, spelled as we wrote it where it differs only in what the marketplace alters itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from catalog.models import OfferField
from catalog.models.publishing import PRICE, QUANTITY
from marketplaces import wording
from marketplaces.services import batches
from marketplaces.wording import Noise


@dataclass(frozen=True, slots=True)
class Shown:
    """One value of one offer as a marketplace shows it, in our spelling."""

    channel: str
    external_id: str
    field: str
    live: str


def respelled(account_id: int, shown: Iterable[Shown]) -> Iterator[Shown]:
    """Numbers as they are; of words those that somebody wished for, so that they can be compared as text from here on."""
    told = list(shown)
    ours = _ours(account_id, {each.external_id for each in told if each.field not in (QUANTITY, PRICE)})
    alters = batches.alters(account_id) if ours else {}
    for each in told:
        if each.field in (QUANTITY, PRICE):
            yield each
        elif known := ours.get((each.channel, each.external_id, each.field)):
            yield replace(each, live=_as_ours(each, known, alters.get(each.field, frozenset())))


def _ours(account_id: int, external_ids: set[str]) -> dict[tuple[str, str, str], tuple[str | None, str | None]]:
    """What is wanted and what was confirmed of each field with words, of these offers."""
    if not external_ids:
        return {}
    words = OfferField.objects.filter(account=account_id, listing__external_id__in=external_ids)
    words = words.exclude(field__in=(QUANTITY, PRICE))
    rows = words.values_list("listing__channel", "listing__external_id", "field", "wanted", "confirmed")
    return {(channel, external, field): (wanted, confirmed) for channel, external, field, wanted, confirmed in rows}


def _as_ours(shown: Shown, known: tuple[str | None, str | None], alters: frozenset[Noise]) -> str:
    """Our own spelling where it means the same; of attributes only those that we have to do with."""
    live = wording.read(shown.field, shown.live)
    ours = [wording.read(shown.field, value) for value in known if value]
    for said in ours:
        if wording.is_shown(shown.field, live, said, alters):
            return wording.spelled(shown.field, said)
    if shown.field == wording.ATTRIBUTES:
        return wording.spelled(shown.field, {name: said for name, said in live.items() if any(name in o for o in ours)})
    return shown.live
