"""What the certificate of a locked month says: a plain structure of texts, from which file and page are made."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from config.core import tenancy
from config.core.exports import safe
from config.core.money import minor_unit, quantise
from finance.checklist import Row
from finance.models import (
    AccountMonth,
    Deposit,
    IdentityCheck,
    Journal,
    JournalExport,
    JournalLine,
    Restatement,
    Settlement,
)
from finance.selectors.rounding import RoundingMonth

FORMAT = "Ninefold month certificate 1"
MEANING = {
    1: "the lines make the total",
    2: "the total is what the bank received",
    3: "the reserve rolls forward",
    4: "the six ledgers make the total",
    5: "the order lines make their part of the statement",
    6: "the period continues the one before",
    7: "the clearing account returns to zero",
    8: "the parts of the months make the whole",
}
LINE_COLUMNS = (
    "row_no", "class", "ledger", "amount", "currency", "posted_at", "order", "order_line", "reference", "type", "group",
    "text",
)  # fmt: skip


def plain(value: Decimal) -> str:
    """An exact number without exponent and without zeros behind it, at least two decimals."""
    cents = value.quantize(Decimal("0.01"))
    return str(cents) if cents == value else f"{value.normalize():f}"


def moment(value: datetime | None) -> str | None:
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if value else None


def file_name(external_id: str) -> str:
    return re.sub(r"[^\w.-]+", "-", external_id).strip(".-") or "statement"


def statement_lines(settlement: Settlement) -> bytes:
    """The canonical lines of a statement as a table, in the order of the document."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(LINE_COLUMNS)
    for line in settlement.lines.order_by("row_no").iterator(chunk_size=2000):
        writer.writerow(
            safe(value)
            for value in (
                line.row_no, line.line_class, line.scope, Decimal(plain(line.amount)), line.currency,
                moment(line.posted_at), line.order_ref, line.line_ref, line.reference, line.label_type,
                line.label_group, line.label_text,
            )
        )  # fmt: skip
    return text.getvalue().encode("utf-8")


def compose(
    month: AccountMonth,
    statements: Sequence[Settlement],
    checks: Sequence[Row],
    rounding: Sequence[RoundingMonth],
    *,
    names: dict[int, str],
    key: str,
) -> dict[str, Any]:
    """Everything but the list of files. `names` are the files of the statements' lines by primary key."""
    account = month.account
    return {
        "format": FORMAT,
        "client": tenancy.current(),
        "account": {"key": account.key, "label": account.label, "zone": account.zone()},
        "month": f"{month.month:%Y-%m}",
        "prepared": {"by": month.prepared_by, "at": moment(month.prepared_at)},
        "approved": {"by": month.locked_by, "at": moment(month.locked_at)},
        "totals": _totals(month, statements),
        "statements": [_statement(row, names[row.pk]) for row in statements],
        "checks": [_check(row) for row in checks],
        "exceptions": [_check(row) for row in checks if row.accepted_by],
        "rounding": [_rounding(row) for row in rounding],
        "restatements": _restatements(month),
        "exports": _exports(month),
        "public_key": key,
    }


def dump(payload: dict[str, Any]) -> bytes:
    """The same bytes for the same content."""
    return (json.dumps(payload, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode("utf-8")


def _statement(row: Settlement, name: str) -> dict[str, Any]:
    checks = IdentityCheck.objects.filter(settlement=row).order_by("number")
    parts = Journal.objects.filter(settlement=row).order_by("month")
    return {
        "id": row.external_id,
        "kind": row.kind,
        "currency": row.currency,
        "from": moment(row.period_start),
        "until": moment(row.period_end),
        "total": plain(row.total or Decimal(0)),
        "booked_total": plain(quantise(row.total or Decimal(0), row.currency)),
        "payout": _payout(row),
        "file": name,
        "documents": [part.number for part in parts],
        "deposits": [_deposit(each) for each in row.deposits.order_by("booked_on", "pk")],
        "is_excused": any(check.passed is False and check.number in (2, 7) for check in checks),
        "identities": [
            {"number": c.number, "meaning": MEANING.get(c.number, ""), "passed": c.passed, "reason": c.reason} for c in checks
        ],
    }  # fmt: skip


def _payout(row: Settlement) -> dict[str, str] | None:
    """How the total was exchanged before the bank received it; None where it was not. What the bank itself told of a fee
    stands with its deposit."""
    if row.payout_rate is None:
        return None
    is_told = row.deposits.filter(returned_on=None).exclude(fee=0).exists()
    return {
        "currency": row.payout_currency, "rate": f"{row.payout_rate.normalize():f}",
        "kept": plain(Decimal(0) if is_told else row.payout_fee or Decimal(0)),
        "unit": str(minor_unit(row.payout_currency)),
    }  # fmt: skip


def _deposit(row: Deposit) -> dict[str, Any]:
    amount = Decimal(0) if row.returned_on else row.amount
    fee = Decimal(0) if row.returned_on else row.fee
    return {
        "booked_on": row.booked_on.isoformat(),
        "amount": plain(amount),
        "fee": plain(fee),
        "reference": row.reference,
        "returned_on": row.returned_on.isoformat() if row.returned_on else None,
    }


def _check(row: Row) -> dict[str, Any]:
    return {
        "key": row.spec.key, "title": row.spec.title, "passed": row.passed, "why": row.why,
        "accepted_by": row.accepted_by, "accepted_because": row.accepted_reason,
    }  # fmt: skip


def _totals(month: AccountMonth, statements: Iterable[Settlement]) -> list[dict[str, Any]]:
    """Per currency: the statements that touch the month, and what the month's entries hold per purpose (plus is debit)."""
    totals: dict[str, Decimal] = defaultdict(Decimal)
    counts: dict[str, int] = defaultdict(int)
    for row in statements:
        totals[row.currency] += row.total or Decimal(0)
        counts[row.currency] += 1
    booked: dict[str, dict[str, str]] = defaultdict(dict)
    for currency, purpose, amount in _sums(month):
        booked[currency][purpose] = plain(amount)
    return [
        {"currency": c, "statements": counts[c], "statement_total": plain(totals[c]), "booked": booked[c]}
        for c in sorted({*totals, *booked})
    ]


def _sums(month: AccountMonth) -> Iterable[tuple[str, str, Decimal]]:
    lines = JournalLine.objects.filter(journal__account=month.account, journal__month=month.month)
    return (
        lines.values_list("journal__currency", "purpose")
        .annotate(Sum("amount"))
        .order_by("journal__currency", "purpose")
    )


def _rounding(row: RoundingMonth) -> dict[str, Any]:
    return {
        "currency": row.currency, "fees": row.fees, "exchanges": row.exchanges, "amount": plain(row.amount),
        "size": plain(row.size), "booked": plain(row.booked), "total": plain(row.total), "allowed": plain(row.allowed),
        "turnover": plain(row.turnover), "is_within": row.is_within,
    }  # fmt: skip


def _restatements(month: AccountMonth) -> list[dict[str, Any]]:
    """What belongs to earlier, locked months and is booked in this one."""
    found = Restatement.objects.filter(account=month.account, booked_month=month.month).order_by("month", "pk")
    return [
        {"month": f"{row.month:%Y-%m}", "kind": row.kind, "reference": row.reference, "reason": row.reason,
         "amount": plain(row.amount) if row.amount is not None else None, "currency": row.currency}
        for row in found
    ]  # fmt: skip


def _exports(month: AccountMonth) -> list[dict[str, Any]]:
    found = JournalExport.objects.filter(account=month.account, month=month.month, is_current=True).order_by("name")
    return [{"name": row.name, "sha256": row.sha256, "by": row.made_by, "at": moment(row.made_at)} for row in found]
