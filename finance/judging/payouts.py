"""What is wrong with statements as payouts and as a series, over plain lists: the oracle of those findings in SQL; pure.

Lines that do not make the total, deposits that differ, payouts that came back, rates that are not the market's, and
periods that nothing covers. Amounts are signed as on statements; a verdict's amount is what we are owed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from config.core.money import minor_unit
from finance.judging.lines import CENT, ZERO, Verdict

BREAK_AFTER, LATE_AFTER = timedelta(hours=1), timedelta(days=3)
APART_FROM = timedelta(days=1)
MOST_LOST_IN_EXCHANGE = Decimal(1)
RATE_WITHIN = Decimal("0.025")
SENT_BACK = ("returned", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """A statement of one account. `deposit`: what arrived with what the bank kept of it; None: nothing seen there yet.

    With `rate`, units of `payout_currency` per unit, the bank receives that one and states to have kept `fee`; `reference`
    is the market's rate of its day, None where nobody told one.
    """

    name: str
    currency: str
    start: datetime
    end: datetime
    total: Decimal
    lines: Sequence[Decimal]
    channel: str = ""
    kind: str = "sales"
    state: str = "announced"
    deposit: Decimal | None = None
    payout_currency: str = ""
    rate: Decimal | None = None
    fee: Decimal = ZERO
    reference: Decimal | None = None


def judge(payouts: Sequence[Payout], *, now: datetime, dear: Decimal, statement_days: int | None) -> list[Verdict]:
    """Everything that is wrong with the statements of one account; `dear` is a hundred in the currency paid out."""
    alone = (verdict for payout in payouts for verdict in _alone(payout, dear))
    return [*alone, *gaps(payouts, now=now, statement_days=statement_days)]


def _alone(payout: Payout, dear: Decimal) -> Iterator[Verdict]:
    yield from whole(payout)
    yield from arrived(payout)
    yield from exchanged(payout, dear)
    if payout.state in SENT_BACK:
        yield Verdict("payout_returned", payout.total, "S1", payout.currency, payout.name)


def whole(payout: Payout) -> Iterator[Verdict]:
    differs = payout.total - sum(payout.lines, ZERO)
    if payout.lines and differs:
        yield Verdict("inconsistent", differs, "S2", payout.currency, payout.name)


def arrived(payout: Payout) -> Iterator[Verdict]:
    """To the cent; where it was exchanged, half the smallest amount per line is tolerated, one unit of money at most."""
    if payout.deposit is None:
        return
    if payout.rate is None:
        due, allowed, currency = payout.total, ZERO, payout.currency
    else:
        currency, unit = payout.payout_currency, minor_unit(payout.payout_currency)
        due = (payout.total * payout.rate).quantize(unit, ROUND_HALF_UP)
        allowed = min(unit / 2 * len(payout.lines), MOST_LOST_IN_EXCHANGE)
    missing = due - payout.deposit - payout.fee
    if abs(missing) > allowed:
        yield Verdict("deposit_mismatch", missing, "S1", currency, payout.name)


def exchanged(payout: Payout, dear: Decimal) -> Iterator[Verdict]:
    """A stated rate further from the market's than two and a half per cent, and what that cost."""
    if payout.rate is None or payout.reference is None or payout.payout_currency == payout.currency:
        return
    if abs(payout.rate / payout.reference - 1) > RATE_WITHIN:
        cost = (payout.total * (payout.reference - payout.rate)).quantize(CENT, ROUND_HALF_UP)
        yield Verdict("fx_difference", cost, "S3" if cost > dear else "S4", payout.payout_currency, payout.name)


def gaps(payouts: Iterable[Payout], *, now: datetime, statement_days: int | None) -> Iterator[Verdict]:
    """Per series, from when on nothing covers the time: before its next statement, or when the next one is late."""
    series = series_of(payouts)
    lengths = {key: _usual(mine) for key, mine in series.items() if len(mine) > 1}
    for (currency, chain, kind), mine in series.items():
        covered = mine[0].end
        for payout in mine:
            if payout.start - covered > BREAK_AFTER:
                yield _gap(covered, currency, chain, kind)
            covered = max(covered, payout.end)
        length = lengths.get((currency, chain, kind))
        if length is None and statement_days:
            length = timedelta(days=statement_days)
        if length is None:
            length = max((told for (*_, other), told in lengths.items() if other == kind), default=None)
        if kind != "advertising" and length is not None and covered + length + LATE_AFTER < now:
            yield _gap(covered, currency, chain, kind)


def _gap(since: datetime, currency: str, chain: str, kind: str) -> Verdict:
    return Verdict("statement_gap", None, "S2", currency, f"{kind} {chain} {since:%Y-%m-%d %H:%M}")


def _usual(series: Sequence[Payout]) -> timedelta:
    """How long its statements are: the middle one, of two the shorter."""
    return sorted(payout.end - payout.start for payout in series)[(len(series) - 1) // 2]


def series_of(payouts: Iterable[Payout]) -> dict[tuple[str, str, str], list[Payout]]:
    """By currency, channel (where two have statements of one time) and kind, the earliest first."""
    alike: dict[tuple[str, str], list[Payout]] = defaultdict(list)
    for payout in payouts:
        alike[payout.currency, payout.kind].append(payout)
    found: dict[tuple[str, str, str], list[Payout]] = defaultdict(list)
    for (currency, kind), some in alike.items():
        is_parallel = any(_is_beside(a, b) for a in some for b in some)
        for payout in sorted(some, key=lambda payout: payout.start):
            found[currency, payout.channel if is_parallel else "", kind].append(payout)
    return found


def _is_beside(a: Payout, b: Payout) -> bool:
    return a.channel != b.channel and a.start + APART_FROM < b.end and b.start + APART_FROM < a.end
