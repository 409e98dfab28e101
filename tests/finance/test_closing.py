"""Which months are locked, and what is written down about them afterwards."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from finance import closing
from finance.closing import Late
from finance.models import AccountMonth, MonthState, Restatement, RestatementKind

pytestmark = pytest.mark.django_db
SEPTEMBER, OCTOBER, NOVEMBER = date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1)


@pytest.fixture
def lock(account, noon):
    def locked(*months: date) -> None:
        for month in months:
            AccountMonth.objects.create(
                account=account, month=month, state=MonthState.LOCKED, prepared_by="ann", prepared_at=noon,
                locked_by="bob", locked_at=noon,
            )  # fmt: skip

    return locked


def test_it_knows_the_days_of_a_locked_month(account, lock):
    lock(SEPTEMBER)
    days = [date(2026, 8, 31), date(2026, 9, 1), date(2026, 9, 30), OCTOBER]
    assert [closing.is_locked(account.pk, day) for day in days] == [False, True, True, False]
    assert closing.locked_months() == {(account.pk, SEPTEMBER)}
    assert closing.locked_months(account_ids=[account.pk + 1]) == frozenset()


def test_it_says_the_same_in_sql(account, lock):
    lock(SEPTEMBER)
    asked = "SELECT day::text FROM unnest(%s::bigint[], %s::date[]) AS given(account_id, day) WHERE "
    days = [date(2026, 8, 31), date(2026, 9, 30), date(2026, 9, 15)]
    with connection.cursor() as cursor:
        cursor.execute(
            asked + closing.locked_sql("given.account_id", "given.day"),
            [[account.pk, account.pk, account.pk + 1], days],
        )
        assert cursor.fetchall() == [("2026-09-30",)]


def test_it_sends_what_is_late_to_the_first_open_month(account, lock):
    lock(SEPTEMBER, OCTOBER)
    assert closing.first_open(account.pk, date(2026, 9, 12)) == NOVEMBER
    assert closing.first_open(account.pk, date(2026, 8, 12)) == date(2026, 8, 1)
    assert closing.next_month(date(2026, 12, 1)) == date(2027, 1, 1)


def test_it_keeps_each_restated_fact_once(account, lock):
    fact = Late(
        account_id=account.pk, month=date(2026, 9, 12), kind=RestatementKind.LATE_ROW, reference="S-1",
        amount=Decimal("-3.20"), currency="EUR", booked_month=OCTOBER,
    )  # fmt: skip
    closing.note([fact])
    closing.note([fact, fact])
    assert list(Restatement.objects.values_list("month", "amount", "booked_month")) == [
        (SEPTEMBER, Decimal("-3.2000"), OCTOBER)
    ]


@pytest.mark.parametrize("changes", [{"locked_by": "ann"}, {"locked_by": ""}, {"locked_at": None}, {"prepared_by": ""}])
def test_it_cannot_store_a_locked_month_that_one_person_locked_alone(account, noon, changes):
    values = {"prepared_by": "ann", "locked_by": "bob", "locked_at": noon, **changes}
    with pytest.raises(IntegrityError), transaction.atomic():
        AccountMonth.objects.create(account=account, month=SEPTEMBER, state=MonthState.LOCKED, **values)


def test_it_cannot_store_a_month_that_begins_in_its_middle(account):
    with pytest.raises(IntegrityError), transaction.atomic():
        AccountMonth.objects.create(account=account, month=date(2026, 9, 2))
