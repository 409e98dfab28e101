"""What must hold before a month of an account is locked: each check is a row with a verdict, a reason and where to mend it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Sum

from config.core import clock
from finance import contradictions
from finance.closing import next_month
from finance.models import DiscrepancyKind, ProfitDay, SettlementState
from finance.months import Month

UNMATCHED_AFTER = timedelta(days=3)
DEPOSIT_WITHIN = timedelta(days=5)
COSTED_FROM = Decimal("0.98")
UNREADY = (SettlementState.ANNOUNCED, SettlementState.IMPORTED, SettlementState.INCONSISTENT, SettlementState.REISSUED)
NAMED = 4
UNKNOWN = "unknown"
CHAIN, PARTS_MAKE_WHOLE = 6, 8


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: passed, and in words why not (or what was looked at). None: it cannot be told."""

    passed: bool | None
    why: str


@dataclass(frozen=True, slots=True)
class Spec:
    """One check. `mend` names the screen where it is put right; a blocking one is passed or accepted with a reason."""

    key: str
    title: str
    look: Callable[[Month], Finding]
    mend: str
    query: str = ""
    is_blocking: bool = True
    is_acceptable: bool = True


def _names(rows: Iterable[object]) -> str:
    told = [str(row) for row in rows]
    return ", ".join(told[:NAMED]) + (f" and {len(told) - NAMED} more" if len(told) > NAMED else "")


def _verdict(bad: Sequence[object], trouble: str, fine: str) -> Finding:
    return Finding(False, f"{trouble}: {_names(bad)}") if bad else Finding(True, fine)


def _is_over(of: Month) -> Finding:
    over = clock.now() >= of.end
    return Finding(over, f"it ends {of.end:%Y-%m-%d %H:%M} UTC" if not over else "the month is over")


def _all_there(of: Month) -> Finding:
    """Every chain that touches the month has a statement that reaches its end."""
    ends: dict[tuple[str, str, str], datetime] = {}
    for row in of.statements:
        chain = (row.kind, row.currency, row.chain)
        if row.period_end:
            ends[chain] = max(row.period_end, ends.get(chain, row.period_end))
    if not ends:
        return Finding(False, "no statement of this month was seen")
    short = [f"{kind} {currency} until {end:%Y-%m-%d}" for (kind, currency, _), end in ends.items() if end < of.end]
    return _verdict(short, "nothing reaches the end of the month yet", f"{len(of.statements)} statements")


def _chain(of: Month) -> Finding:
    broken = [check for check in of.checks if check.number == CHAIN and check.passed is False]
    bad = [str(check.settlement) for check in broken] + [key for row in of.cases for key in row["gaps"]]
    return _verdict(bad, "broken at", "no gap and no overlap")


def _whole(of: Month) -> Finding:
    bad = [f"{row} is {row.state}" for row in of.statements if row.state in UNREADY]
    return _verdict(bad, "not whole", "lines make the totals")


def _residual(of: Month) -> Finding:
    bad = [
        f"{row} {row.residual if row.residual is not None else 'not known'}" for row in of.statements if row.residual
    ]
    bad += [f"{row} not known" for row in of.statements if row.residual is None]
    return _verdict(bad, "not explained", "every residual is 0.00")


def _identities(of: Month) -> Finding:
    failed = [check for check in of.checks if check.passed is False and check.number != CHAIN]
    bad = [f"{check.settlement} identity {check.number}" for check in failed]
    passed = sum(bool(check.passed) for check in of.checks)
    return _verdict(bad, "failed", f"{passed} identities passed, none failed")


def _labels(of: Month) -> Finding:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in of.parked:
        if row["line_class"] == UNKNOWN:
            sums[row["label_text"]] += row["money"]
    bad = [f"{label!r} {sums[label].normalize():f}" for label in sorted(sums, key=lambda label: sums[label])]
    return _verdict(bad, "nobody said what these are", "every label is known")


def _unmatched(of: Month) -> Finding:
    before = clock.now() - UNMATCHED_AFTER
    old = [row for row in of.parked if row["line_class"] != UNKNOWN and row["settlement__imported_at"] < before]
    if old:
        count, money = sum(row["count"] for row in old), sum((row["money"] for row in old), Decimal(0))
        return Finding(False, f"{count} rows of {money.normalize():f} wait for longer than three days")
    return Finding(True, "nothing waits for longer than three days")


def _contradictions(of: Month) -> Finding:
    """A line that cannot be is corrected at its source: the order is read again, or the refund disputed."""
    bad = contradictions.of_month(of.account.pk, of.month, next_month(of.month))
    return _verdict(bad, "these cannot be", "no line came back or was refunded beyond itself")


def _costs(of: Month) -> Finding:
    days = ProfitDay.objects.filter(account=of.account, day__gte=of.month, day__lt=next_month(of.month))
    sums = (
        days.values("currency").annotate(revenue=Sum("net_revenue"), costed=Sum("revenue_costed")).order_by("currency")
    )
    shares = [(row["currency"], row["costed"] / row["revenue"]) for row in sums if row["revenue"]]
    if not shares:
        return Finding(None, "the profit of this month was not worked out yet")
    told = ", ".join(f"{share * 100:.1f}% of {currency}" for currency, share in shares)
    return Finding(all(share >= COSTED_FROM for _, share in shares), f"costs are known for {told} revenue")


def _deposits(of: Month) -> Finding:
    """Statements that ended in the month and pay out are seen at the bank, at the latest five days after they were due."""
    ended = [row for row in of.statements if row.period_end and row.period_end <= of.end and (row.total or 0) > 0]
    seen = {deposit.settlement_id for deposit in of.deposits} & {row.pk for row in ended}
    today = clock.now().date()
    missing = [
        row for row in ended
        if row.pk not in seen and (row.deposit_on or row.period_end.date()) + DEPOSIT_WITHIN < today  # type: ignore[union-attr]
    ]  # fmt: skip
    return _verdict(missing, "the bank has not shown", f"{len(seen)} of {len(ended)} deposits seen, none is late")


def _booked(of: Month) -> Finding:
    checks = {check.settlement_id: check for check in of.checks if check.number == PARTS_MAKE_WHOLE}
    bad: list[object] = []
    for row in of.statements:
        check = checks.get(row.pk)
        if check is None or not check.passed or (row.checked_at and check.as_of < row.checked_at):
            bad.append(f"{row} ({check.reason if check and check.reason else 'not booked since it was checked'})")
    bad += [deposit for deposit in of.deposits if deposit.waits]  # type: ignore[attr-defined]
    return _verdict(bad, "without entries", f"{of.entries[0]} entries")


def _exported(of: Month) -> Finding:
    made = [export for export in of.exports if export.is_current]
    built = of.entries[1]
    if built is None:
        return Finding(True, "there is nothing to export")
    fresh = [row for row in made if row.made_at >= built]
    if fresh:
        return Finding(True, f"exported: {_names(fresh)}")
    return Finding(False, "entries were built after the export; export again" if made else "not exported yet")


def _rounding(of: Month) -> Finding:
    bad = [
        f"{row.total.normalize():f} {row.currency} of at most {row.allowed:.2f}"
        for row in of.rounding
        if not row.is_within
    ]
    entries = sum(row.fees + row.exchanges for row in of.rounding)
    return _verdict(bad, "too much was rounded", f"{entries} tolerated differences, within {of.books.rounding_limit}")


def _cases(of: Month) -> Finding:
    labels = dict(DiscrepancyKind.choices)
    bad = [f"{row['count']} {labels.get(row['kind'], row['kind'])}" for row in of.cases if row["count"]]
    return _verdict(bad, "still open", "no difference is open")


CHECKS = (
    Spec("is_over", "The month is over", _is_over, "finance:months", is_acceptable=False),
    Spec("all_there", "All statements are there", _all_there, "finance:import"),
    Spec("chain", "The chain of statements is whole", _chain, "finance:discrepancies", "kind=statement_gap"),
    Spec("whole", "Every statement is whole", _whole, "finance:statements", "state=inconsistent"),
    Spec("residual", "Nothing is left unexplained", _residual, "finance:statements"),
    Spec("identities", "The identities passed", _identities, "finance:statements"),
    Spec("labels", "Every label is known", _labels, "finance:discrepancies", "kind=unknown_label", is_acceptable=False),
    Spec("unmatched", "Nothing is unmatched for long", _unmatched, "finance:discrepancies", "kind=unmatched"),
    Spec("contradictions", "No order line contradicts itself", _contradictions, "inventory:orders"),
    Spec("deposits", "The deposits were seen", _deposits, "finance:import"),
    Spec("booked", "Everything is booked", _booked, "finance:journals", is_acceptable=False),
    Spec("rounding", "Rounding is small", _rounding, "finance:rounding"),
    Spec("exported", "The entries were exported", _exported, "finance:journals"),
    Spec("costs", "Costs are known", _costs, "finance:cost_gaps", is_blocking=False),
    Spec("cases", "Differences are settled", _cases, "finance:discrepancies", is_blocking=False),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One check of one month, with the acceptance of a person where there is one for this very finding."""

    spec: Spec
    passed: bool | None
    why: str
    accepted_by: str = ""
    accepted_reason: str = ""

    @property
    def is_done(self) -> bool:
        """Whether it does not keep the month from being locked."""
        return bool(self.passed) or bool(self.accepted_by) or not self.spec.is_blocking


def look(of: Month) -> list[tuple[Spec, Finding]]:
    """Every check of an account's month, in the order in which a person works through them."""
    return [(spec, spec.look(of)) for spec in CHECKS]
