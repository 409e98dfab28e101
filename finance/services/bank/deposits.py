"""Bank bookings from a file, and the statements that they pay."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, BinaryIO

from django.core.exceptions import ValidationError
from django.db import connection, transaction

from config.core import clock
from config.core.bulk import Table, land
from config.core.events import announce
from config.core.money import LossyAmount, decimal
from finance import discrepancies, tieout
from finance.models import PayoutState, Settlement, SettlementState
from finance.signals import statements_reconciled
from marketplaces import selectors

COLUMNS = ("account", "booked_on", "amount", "currency", "reference")
Booking = tuple[int, str, date, Decimal, str]
LARGEST = Decimal(10) ** 15
_DEPOSITS = Table(
    name="finance_deposit",
    columns=("account_id", "currency", "booked_on", "amount", "reference", "ordinal"),
    key=("account_id", "currency", "booked_on", "amount", "reference", "ordinal"),
    update=(),
    newer=None,
)
PAYABLE = """(
    SELECT *, coalesce(deposit_on, period_end::date) AS due_on, round(total * coalesce(payout_rate, 1), 4) AS due,
        CASE WHEN payout_rate IS NULL THEN currency ELSE payout_currency END AS paid_in,
        CASE WHEN payout_rate IS NULL THEN 0 ELSE least(0.005 * line_count, 1) END AS allowed
    FROM finance_settlement)"""
"""Statements as the bank pays them: what is due in which currency, and what converting line by line may make of it."""

IS_DUE = """
    (EXISTS (SELECT FROM (VALUES (0), ({paid}.fee), (coalesce(s.payout_fee, 0))) AS kept(fee)
        WHERE abs(s.due - {paid}.amount - kept.fee) <= s.allowed)
    AND {paid}.booked_on BETWEEN s.due_on - 2 AND s.due_on + 14)
"""
"""Whether a booking is as large as the statement's payout, what the bank kept left out, and came when it was due."""

_LINK = rf"""
WITH fits AS (
    SELECT d.id AS deposit_id, s.id AS settlement_id,
        row_number() OVER (PARTITION BY d.id ORDER BY named.it DESC, abs(d.booked_on - s.due_on), s.id) AS place,
        row_number() OVER (PARTITION BY s.id ORDER BY named.it DESC, abs(d.booked_on - s.due_on), d.id) AS turn
    FROM finance_deposit d
    JOIN {PAYABLE} s ON s.account_id = d.account_id AND s.paid_in = d.currency
    CROSS JOIN LATERAL (
        SELECT position(s.external_id IN d.reference) > 0 AND d.reference ~ ('(^|[^[:alnum:]])'
            || regexp_replace(s.external_id, '([^[:alnum:]])', '\\\1', 'g') || '($|[^[:alnum:]])') AS it
    ) AS named
    WHERE d.settlement_id IS NULL
        AND NOT EXISTS (SELECT FROM finance_deposit taken WHERE taken.settlement_id = s.id AND taken.returned_on IS NULL)
        AND (named.it OR {IS_DUE.format(paid="d")})
)
UPDATE finance_deposit d SET settlement_id = fits.settlement_id FROM fits
WHERE fits.deposit_id = d.id AND fits.place = 1 AND fits.turn = 1 RETURNING d.settlement_id
"""  # noqa: S608 - fragments of one statement, no values


@dataclass(frozen=True, slots=True)
class Imported:
    """What a bank file brought: new bookings, statements they pay, and lines that could not be read with the reason."""

    new: int
    known: int
    settlement_ids: tuple[int, ...]
    refused: tuple[str, ...]


def import_deposits(file: BinaryIO) -> Imported:
    """Read bookings from CSV with the columns `COLUMNS` (account key, ISO day), and tie out what they pay.

    A booking belongs to the statement that its reference names, else to the one of equal total within two weeks.
    Equal lines of one file are so many bookings; the same file again brings none.
    """
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    accounts = dict(selectors.account_ids())
    good, refused = [], []
    for number, raw in enumerate(_rows(text), start=2):
        try:
            good.append(_booking(raw, accounts))
        except (ValueError, LossyAmount) as error:
            refused.append(f"line {number}: {error}")
    with transaction.atomic():
        table = Table(
            name=_DEPOSITS.name, columns=_DEPOSITS.columns, key=_DEPOSITS.key, update=(), newer=None,
            on_insert={"imported_at": clock.now(), "settlement_id": None, "fee": 0},
        )  # fmt: skip
        landed = land(table, _numbered(good))
        paid = link()
    return Imported(len(landed.inserted_ids), landed.unchanged, paid, tuple(refused))


def _rows(text: io.TextIOWrapper) -> Iterator[dict[str, str | None]]:
    try:
        yield from csv.DictReader(text)
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValidationError(f"this is not a CSV file in UTF-8: {error}") from error


def link() -> tuple[int, ...]:
    """Find the statement of every booking that has none yet: it was paid, and its identities are checked again."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_LINK)
            ids = tuple(pk for (pk,) in cursor.fetchall())
        unseen = Settlement.objects.filter(pk__in=ids).exclude(payout_state=PayoutState.RECEIVED)
        unseen.update(
            payout_state=PayoutState.RECEIVED, payout_reason="seen at the bank", payout_changed_at=clock.now()
        )
        check(ids)
    return ids


def check(settlement_ids: Sequence[int]) -> None:
    """Tie these statements out again, because what the bank says about them changed; those not matched yet wait."""
    waiting = (SettlementState.ANNOUNCED, SettlementState.IMPORTED)
    told = Settlement.objects.filter(pk__in=settlement_ids).exclude(state__in=waiting)
    ids = list(told.values_list("pk", flat=True))
    if ids:
        tieout.refresh(ids)
        discrepancies.refresh(ids)
        announce(statements_reconciled, ids=ids)


def _numbered(bookings: Iterable[Booking]) -> Iterator[tuple[Any, ...]]:
    """Equal bookings, counted from 0 in the order of the file."""
    seen: Counter[Booking] = Counter()
    for booking in bookings:
        yield (*booking, seen[booking])
        seen[booking] += 1


def _booking(raw: dict[str, str | None], accounts: dict[str, int]) -> Booking:
    missing = [name for name in COLUMNS[:4] if not (raw.get(name) or "").strip()]
    if missing:
        raise ValueError(f"{', '.join(missing)} is empty; the columns are {', '.join(COLUMNS)}")
    values = {name: (raw.get(name) or "").strip() for name in COLUMNS}
    if values["account"] not in accounts:
        raise ValueError(f"no account is called {values['account']!r}; known: {', '.join(sorted(accounts))}")
    currency = values["currency"].upper()
    if len(currency) != 3:
        raise ValueError(f"{currency!r} is not a currency code")
    if "\0" in values["reference"]:
        raise ValueError("the reference holds a character that no text has")
    booked_on = datetime.strptime(values["booked_on"], "%Y-%m-%d").date()  # noqa: DTZ007 - a bank's calendar day
    amount = decimal(values["amount"])
    if abs(amount) >= LARGEST:
        raise ValueError(f"{amount} is larger than any booking")
    return accounts[values["account"]], currency, booked_on, amount, values["reference"][:200]
