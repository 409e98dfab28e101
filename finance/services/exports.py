"""Exports of the books: the same month gives the same bytes; a locked one never gives others."""

from __future__ import annotations

import calendar
import hashlib
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F

from config.core import clock, tenancy
from config.core.money import Money
from finance import closing
from finance.exports import datev, tables
from finance.exports.postings import Batch, CannotExport, Posted
from finance.fx import convert
from finance.fx.convert import MissingRate
from finance.models import ExportFormat, Journal, JournalExport, JournalLine, Settlement, SettlementState
from finance.selectors.journals import books
from finance.services import approvals
from marketplaces.models import Account

WRITERS: Mapping[str, Callable[[Batch], bytes]] = {
    ExportFormat.GENERIC: tables.generic,
    ExportFormat.DATEV: datev.write,
    ExportFormat.XERO: tables.xero,
    ExportFormat.QUICKBOOKS: tables.quickbooks,
}
NAMES: Mapping[str, str] = {
    ExportFormat.GENERIC: "journal_{account}_{month}.csv",
    ExportFormat.DATEV: "EXTF_Buchungsstapel_{account}_{month}.csv",
    ExportFormat.XERO: "xero_{account}_{month}.csv",
    ExportFormat.QUICKBOOKS: "quickbooks_{account}_{month}.csv",
}
SHOWN = 3


def export(account: Account, month: date, kind: str, *, by: str) -> JournalExport:
    """Write the file of an account's month and keep it; its approved statements count as exported.

    Asked again with the same books, it is the same row. Where the month is locked and the bytes would differ, it is
    refused with the difference.
    """
    batch = collect(account, closing.month_of(month))
    try:
        body = WRITERS[kind](batch)
    except CannotExport as error:
        raise ValidationError(str(error)) from error
    with transaction.atomic():
        former = JournalExport.objects.select_for_update().filter(
            account=account, month=batch.month, format=kind, is_current=True
        ).first()  # fmt: skip
        made = _kept(former, body) or _keep(batch, account, kind, body, former=former, by=by)
        _mark_exported(account, batch.month)
    return made


def content(made: JournalExport) -> bytes:
    """The file as it was exported."""
    return zlib.decompress(bytes(made.body))


def _kept(former: JournalExport | None, body: bytes) -> JournalExport | None:
    return former if former and former.sha256 == hashlib.sha256(body).hexdigest() else None


def _keep(
    batch: Batch, account: Account, kind: str, body: bytes, *, former: JournalExport | None, by: str
) -> JournalExport:
    change = difference(content(former), body) if former else ""
    if former and batch.is_locked:
        raise ValidationError(
            f"{batch.month:%Y-%m} is locked and this file would differ from the one exported: {change}"
        )
    JournalExport.objects.filter(account=account, month=batch.month, format=kind).update(is_current=False)
    name = NAMES[kind].format(account=account.key, month=f"{batch.month:%Y-%m}")
    values = {
        "name": name, "size": len(body), "entries": len({p.number for p in batch.postings}), "change": change[:400],
        "body": zlib.compress(body, 9), "is_current": True, "made_by": by, "made_at": clock.now(),
    }  # fmt: skip
    digest = hashlib.sha256(body).hexdigest()
    made, _ = JournalExport.objects.update_or_create(
        account=account, month=batch.month, format=kind, sha256=digest, defaults=values
    )
    return made


def difference(former: bytes, now: bytes) -> str:
    """How two files differ, in words: the number of lines gone and new, and the first of them."""
    before, after = (Counter(text.decode("cp1252", "replace").splitlines()) for text in (former, now))
    gone, new = list((before - after).elements()), list((after - before).elements())
    shown = [f"- {line[:90]}" for line in gone[:SHOWN]] + [f"+ {line[:90]}" for line in new[:SHOWN]]
    return f"{len(gone)} lines gone, {len(new)} new: " + " | ".join(shown)


def collect(account: Account, month: date) -> Batch:
    """The postings of an account's month with what the writers must know; a missing rate raises ValidationError."""
    how, base = books(), str(tenancy.connection.tenant.reporting_currency)
    postings = postings_of(account.pk, month)
    year = month.year if month.month >= how.year_begins else month.year - 1
    return Batch(
        account=account.key, month=month, last_day=month.replace(day=calendar.monthrange(month.year, month.month)[1]),
        base_currency=base, postings=postings, rates=_rates(postings, base), consultant=how.datev_consultant,
        client=how.datev_client, chart=how.chart, account_digits=how.account_digits,
        year_begins=date(year, how.year_begins, 1), is_locked=closing.is_locked(account.pk, month),
    )  # fmt: skip


def postings_of(account_id: int, month: date) -> list[Posted]:
    """Every posting of a month in the order of the books."""
    rows = JournalLine.objects.filter(journal__account=account_id, journal__month=month).order_by(
        "journal__booked_on", "journal__number", "row_no"
    )
    own = ("row_no", "purpose", "line_class", "code", "name", "tax_key", "tax_rate", "amount", "order_ref", "tax_class",
           "country", "late_for", "is_contra")  # fmt: skip
    entry = {name: F(f"journal__{name}") for name in ("number", "kind", "booked_on", "currency", "text")}
    return [Posted(**row) for row in rows.values(*own, **entry)]


def _rates(postings: Sequence[Posted], base: str) -> dict[tuple[str, date], Decimal]:
    wanted = {(p.currency, p.booked_on) for p in postings if p.currency != base}
    if not wanted:
        return {}
    days = [day for _, day in wanted]
    known = convert.load({base, *(currency for currency, _ in wanted)}, since=min(days), until=max(days))
    try:
        return {(c, day): known.convert(Money(Decimal(1), base), c, on=day).money.amount for c, day in wanted}
    except MissingRate as error:
        raise ValidationError(str(error)) from error


def _mark_exported(account: Account, month: date) -> None:
    """Approved statements all of whose months were exported count as exported."""
    exported = JournalExport.objects.filter(account=account, is_current=True).values("month")
    parts = Journal.objects.filter(account=account, settlement__isnull=False)
    done = parts.filter(month=month).exclude(settlement__in=parts.exclude(month__in=exported).values("settlement"))
    approved = Settlement.objects.filter(pk__in=done.values("settlement"), state=SettlementState.APPROVED)
    approvals.mark(approved.values_list("pk", flat=True), SettlementState.EXPORTED)
