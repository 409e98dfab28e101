"""Books statements: one entry per statement and month, rebuilt as a set; what is locked stays and only differences follow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from config.core import clock
from config.core.money import minor_unit, quantise
from finance import bookkeeping as sql
from finance import closing, journals
from finance.closing import Late
from finance.journals import PURPOSES, Asked, Purpose, Rule, Unbalanced
from finance.models import Books, RestatementKind, Settlement
from finance.selectors.journals import account_map, books
from finance.services import book_checks
from finance.services.bank import bookings
from marketplaces.models import Account
from marketplaces.selectors import accounts

AT_ONCE = 20
ZERO = Decimal(0)


def book_open() -> dict[str, int]:
    """Book every statement that was checked since it was booked last, and every bank booking that has no entry yet."""
    with connection.cursor() as cursor:
        cursor.execute(sql.WAITING)
        waiting = [pk for (pk,) in cursor.fetchall()]
    for start in range(0, len(waiting), AT_ONCE):
        book(waiting[start : start + AT_ONCE])
    return {"statements": len(waiting), "deposits": bookings.book_waiting()}


def book(settlement_ids: Sequence[int]) -> dict[int, str]:
    """Build the entries of these statements again; returns those that cannot be booked, each with why.

    Identity 7 (the clearing account returns to zero) and 8 (the parts make the whole) are written down with it.
    """
    with transaction.atomic():
        closing.hold(is_exclusive=False)
        mine = Settlement.objects.select_for_update().filter(pk__in=settlement_ids).order_by("pk")
        ids = list(mine.values_list("pk", flat=True))
        statements = _statements(ids)
        blocked = {pk: told.problem for pk, told in statements.items() if told.problem}
        with connection.cursor() as cursor:
            blocked |= _book(cursor, {pk: told for pk, told in statements.items() if not told.problem}, ids)
        bookings.book_of(ids)
        book_checks.refresh(ids, blocked)
    return blocked


@dataclass(frozen=True, slots=True)
class Statement:
    """What booking must know of a statement; `problem` says why it cannot be booked."""

    pk: int
    account: Account
    external_id: str
    currency: str
    total: Decimal
    ends_on: date
    problem: str


def _statements(ids: Sequence[int]) -> dict[int, Statement]:
    known = {account.pk: account for account in accounts()}
    with connection.cursor() as cursor:
        cursor.execute(sql.BOOKABLE, {"ids": list(ids)})
        return {row[0]: _statement(row, known[row[1]]) for row in cursor.fetchall()}


def _statement(row: Sequence[Any], account: Account) -> Statement:
    pk, _, external_id, currency, total, period_end, imported_at, count, lines, foreign = row
    problem = ""
    if total is None:
        problem = "the statement's header has not been seen; import it"
    elif not count and total:
        problem = "the statement has no lines yet"
    elif lines != total:
        problem = f"its lines make {lines.normalize():f}, its total is {total.normalize():f}"
    elif foreign:
        problem = f"{foreign} lines are in another currency than the statement"
    ends_on = clock.business_day(period_end or imported_at, account.zone())
    return Statement(pk, account, external_id, currency, total or ZERO, ends_on, problem)


@dataclass(slots=True)
class _Draft:
    """What of a booking is found out in Python: which account each key has, and what balances each part."""

    now: datetime
    rules: Sequence[Rule]
    keys: dict[Asked, Rule] = field(default_factory=dict)
    contras: list[tuple[int, date, str, Rule, Decimal]] = field(default_factory=list)
    parts: list[tuple[int, date]] = field(default_factory=list)


def _book(cursor: Any, good: Mapping[int, Statement], ids: Sequence[int]) -> dict[int, str]:
    cursor.execute("DROP TABLE IF EXISTS due")
    cursor.execute(sql.DUE, _given(good.values(), books()))
    _place(cursor)
    draft = _Draft(clock.now(), account_map())
    blocked = _resolve(cursor, draft)
    _balance(cursor, draft, good, blocked)
    cursor.execute("DELETE FROM due WHERE settlement_id = ANY(%s)", [list(blocked)])
    for statement in sql.FORGET:
        cursor.execute(statement, {"ids": list(ids)})
    parts = [(pk, month) for pk, month in draft.parts if pk not in blocked]
    cursor.execute(sql.OPEN_ENTRIES, _headers(parts, good, draft.now))
    cursor.execute(sql.POST, {**_keys(draft), **_contra_rows(draft, blocked)})
    cursor.execute(sql.SUM_DEBITS, {"ids": list(ids), "deposits": []})
    closing.note(_late(cursor))
    cursor.execute("DROP TABLE due")
    return blocked


def _given(statements: Iterable[Statement], how: Books) -> dict[str, Any]:
    chosen = list(statements)
    return {
        "ids": [told.pk for told in chosen],
        "zones": [told.account.zone() for told in chosen],
        "digits": [-int(minor_unit(told.currency).as_tuple().exponent) for told in chosen],
        "home": how.home_country,
        "union": list(journals.UNION),
        "taxed": list(journals.TAXED_CLASSES),
    }


def _place(cursor: Any) -> None:
    """Send what belongs to a locked month to the first open one after it."""
    cursor.execute(sql.ORIGINS)
    found = cursor.fetchall()
    months = [closing.first_open(account, origin) for account, origin in found]
    given = {"accounts": [a for a, _ in found], "origins": [o for _, o in found], "months": months}
    cursor.execute(sql.PLACE, given)


def _resolve(cursor: Any, draft: _Draft) -> dict[int, str]:
    blocked: dict[int, str] = {}
    cursor.execute(sql.WANTED)
    for account_id, currency, line_class, tax_class, country, pk in cursor.fetchall():
        purpose = PURPOSES.get(line_class)
        asked = Asked(
            purpose=purpose or "", account_id=account_id, currency=currency, line_class=line_class,
            tax_class=tax_class, country=country,
        )  # fmt: skip
        rule = draft.keys.get(asked) or (journals.resolve(draft.rules, asked) if purpose else None)
        if rule is None:
            where = f" {tax_class} {country}".rstrip()
            blocked[pk] = (
                f"nobody has said what {line_class!r} is" if not purpose else f"no account for {purpose}{where}"
            )
        else:
            draft.keys[asked] = rule
    return blocked


def _balance(cursor: Any, draft: _Draft, good: Mapping[int, Statement], blocked: dict[int, str]) -> None:
    """Find the contra postings of each part; a statement whose rest is too large, or without account, is blocked."""
    cursor.execute(sql.HELD, {"ids": list(good)})
    held: dict[int, dict[str, Decimal]] = defaultdict(dict)
    for pk, purpose, amount in cursor.fetchall():
        held[pk][purpose] = amount
    sums: dict[int, dict[date, Decimal]] = defaultdict(dict)
    counts: dict[int, int] = defaultdict(int)
    cursor.execute(sql.SUMS)
    for pk, month, amount, count in cursor.fetchall():
        sums[pk][month] = amount
        counts[pk] += count
    for pk, parts in sums.items():
        try:
            found = _contras(draft.rules, good[pk], parts, held[pk], counts[pk])
        except Unbalanced as error:
            blocked.setdefault(pk, str(error))
            continue
        draft.contras += [(pk, *row) for row in found]
        draft.parts += [(pk, month) for month in parts]


def _contras(
    rules: Sequence[Rule], told: Statement, parts: Mapping[date, Decimal], held: Mapping[str, Decimal], lines: int
) -> list[tuple[date, str, Rule, Decimal]]:
    rows = []
    for month, posting in journals.contras(parts, total=quantise(told.total, told.currency), booked=held):
        if posting.purpose == Purpose.ROUNDING:
            journals.check_rounding(posting.amount, currency=told.currency, lines=lines)
        asked = Asked(purpose=posting.purpose, account_id=told.account.pk, currency=told.currency)
        rule = journals.resolve(rules, asked)
        if rule is None:
            raise Unbalanced(f"no account for {posting.purpose}")
        rows.append((month, posting.purpose, rule, posting.amount))
    return rows


def _headers(parts: Sequence[tuple[int, date]], good: Mapping[int, Statement], now: datetime) -> dict[str, Any]:
    mine = [(good[pk], month) for pk, month in parts]
    return {
        "ids": [told.pk for told, _ in mine],
        "accounts": [told.account.pk for told, _ in mine],
        "months": [month for _, month in mine],
        "numbers": [f"{told.external_id}-{month:%Y%m}" for told, month in mine],
        "currencies": [told.currency for told, _ in mine],
        "days": [booked_on(told.ends_on, month) for told, month in mine],
        "texts": [f"{told.account.label} statement {told.external_id}"[:200] for told, _ in mine],
        "now": now,
    }


def booked_on(ends_on: date, month: date) -> date:
    """The day of a part: the statement's last day, or the end of the month of its part that is nearest to it."""
    return min(max(ends_on, month), date.fromordinal(closing.next_month(month).toordinal() - 1))


def _keys(draft: _Draft) -> dict[str, list[Any]]:
    pairs = list(draft.keys.items())
    return {
        "k_accounts": [asked.account_id for asked, _ in pairs],
        "k_currencies": [asked.currency for asked, _ in pairs],
        "k_classes": [asked.line_class for asked, _ in pairs],
        "k_tax_classes": [asked.tax_class for asked, _ in pairs],
        "k_countries": [asked.country for asked, _ in pairs],
        "k_purposes": [str(asked.purpose) for asked, _ in pairs],
        "k_codes": [rule.code for _, rule in pairs],
        "k_names": [rule.name for _, rule in pairs],
        "k_keys": [rule.tax_key for _, rule in pairs],
        "k_rates": [rule.tax_rate for _, rule in pairs],
    }


def _contra_rows(draft: _Draft, blocked: Mapping[int, str]) -> dict[str, list[Any]]:
    rows = [row for row in draft.contras if row[0] not in blocked]
    return {
        "c_ids": [pk for pk, *_ in rows],
        "c_months": [month for _, month, *_ in rows],
        "c_purposes": [str(purpose) for _, _, purpose, _, _ in rows],
        "c_codes": [rule.code for _, _, _, rule, _ in rows],
        "c_names": [rule.name for _, _, _, rule, _ in rows],
        "c_rates": [rule.tax_rate for _, _, _, rule, _ in rows],
        "c_amounts": [amount for *_, amount in rows],
    }


def _late(cursor: Any) -> list[Late]:
    cursor.execute(sql.LATE)
    return [
        Late(
            account_id=account_id, month=origin, reference=external_id, amount=amount, currency=currency,
            kind=RestatementKind.REISSUED if was_booked else RestatementKind.LATE_ROW, booked_month=month,
            reason="rows of a locked month changed" if was_booked else "rows of a locked month came after it was locked",
            by="rule",
        )
        for account_id, external_id, origin, month, amount, currency, was_booked in cursor.fetchall()
    ]  # fmt: skip
