"""Costs change by new rows only: exactly the lines they change are computed again, and what was known then stays."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.services import products
from config.core import clock
from config.core.models import WorkItem
from finance import costs
from finance.models import AccountMonth, Cost, Restatement
from finance.services import costs as service
from finance.services.costs import Entry
from inventory.models import Order, OrderLine
from tests import factories

pytestmark = pytest.mark.django_db
FIRST = date(2026, 8, 28)
NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)


def at(minutes):
    return clock.frozen(NOW + timedelta(minutes=minutes))


@pytest.fixture
def sku():
    return products.create(code="MUG", title="Mug")


@pytest.fixture
def lines(sku):
    """Two accounts, one line of 2 pieces on each of eight days from 28 August, of the mug and of a cup."""
    cup = products.create(code="CUP", title="Cup")
    for shop in (factories.account("one"), factories.account("two")):
        for number in range(8):
            order = Order.objects.create(
                account=shop, external_id=f"O-{number}", status="shipped", fulfilment="merchant", ordered_at=NOW,
                changed_at=NOW, business_on=FIRST + timedelta(days=number), currency="EUR",
            )  # fmt: skip
            for each in (sku, cup):
                OrderLine.objects.create(
                    order=order, account=shop, order_ref=order.external_id, external_id=each.code, sku=each,
                    quantity=2, currency="EUR", item_total=Decimal(40), changed_at=NOW,
                )  # fmt: skip


def entry(sku, day, purchase="5", **changes):
    values = {"currency": "EUR", "valid_from": FIRST + timedelta(days=day), "purchase": Decimal(purchase), **changes}
    return Entry(sku_id=sku.pk, **values)


def applied(known_at=None):
    """Cost per order line."""
    with connection.cursor() as cursor:
        cursor.execute(costs.applied(), {"known_at": known_at or clock.now()})
        return {row[0]: (row[3], row[4], row[5]) for row in cursor.fetchall()}


def asked():
    """The (account, day)s whose profit is to be computed again."""
    items = WorkItem.objects.filter(job="finance.rebuild_profit")
    return {(item.account_id, date.fromisoformat(day)) for item in items for day in item.kwargs["days"]}


def days_of(line_ids):
    found = OrderLine.objects.filter(pk__in=line_ids).values_list("account_id", "order__business_on")
    return set(found)


def test_it_recomputes_the_days_from_the_first_to_the_next_cost_and_no_others(lines, sku):
    with at(0):
        service.enter(entry(sku, 5), by="ann")
    WorkItem.objects.all().delete()
    with at(1):
        service.enter(entry(sku, 2, "4"), by="ann")
    assert {day for _, day in asked()} == {FIRST + timedelta(days=n) for n in (2, 3, 4)}
    assert len(asked()) == 6


def test_it_corrects_and_ends_by_new_rows(lines, sku):
    with at(0):
        first = service.enter(entry(sku, 0, "5", vat_rate=Decimal("0.19")), by="ann")
    with at(1):
        corrected = service.correct(first, purchase=Decimal(6), by="bob")
    with at(2):
        service.end(corrected, on=FIRST + timedelta(days=3), by="cec")
        now = sorted({(day, cost[1]) for day, cost in _per_day("MUG")})
    assert [str(amount) for _, amount in now[:3]] == ["6.0000"] * 3
    assert {amount for _, amount in now[3:]} == {None}
    told = Cost.objects.order_by("pk").values_list("purchase", "vat_rate", "is_end", "source", "entered_by")
    assert [(str(p), v, e, s, b) for p, v, e, s, b in told] == [
        ("5.0000", Decimal("0.1900"), False, "typed in", "ann"),
        ("6.0000", Decimal("0.1900"), False, "corrected", "bob"),
        ("0.0000", None, True, "ended", "cec"),
    ]
    with at(1), pytest.raises(ValidationError, match="cannot end before"):
        service.end(first, on=FIRST - timedelta(days=1), by="ann")


def _per_day(code):
    lines = OrderLine.objects.filter(external_id=code).values_list("pk", "order__business_on")
    found = applied()
    return [(day, found[pk]) for pk, day in lines]


def test_it_leaves_a_locked_month_as_it_was_known_and_notes_what_changed(lines, sku):
    with at(0):
        service.enter(entry(sku, 0, "5"), by="ann")
    one, _ = sorted(OrderLine.objects.values_list("account_id", flat=True).distinct())
    AccountMonth.objects.create(
        account_id=one, month=date(2026, 8, 1), state="locked", prepared_by="ann", prepared_at=NOW, locked_by="bob",
        locked_at=NOW + timedelta(minutes=1),
    )  # fmt: skip
    WorkItem.objects.all().delete()
    with at(2):
        before = applied()
        service.enter(entry(sku, 0, "7.50"), by="cec")
        after = applied()
    locked = set(
        OrderLine.objects.filter(account=one, order__business_on__lt=date(2026, 9, 1)).values_list("pk", flat=True)
    )
    assert {pk for pk in after if after[pk] != before[pk]} == set(
        OrderLine.objects.filter(sku=sku).exclude(pk__in=locked).values_list("pk", flat=True)
    )
    assert (one, date(2026, 8, 31)) not in asked()
    assert (one, date(2026, 9, 1)) in asked()
    noted = Restatement.objects.get()
    assert (noted.account_id, noted.month, noted.kind) == (one, date(2026, 8, 1), "cost")
    assert (noted.amount, noted.currency, noted.noted_by) == (Decimal("-20.0000"), "EUR", "cec")
    assert noted.reason == "costs recorded later apply to 4 lines; the month keeps those known at its lock"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"purchase": "-1"}, {"purchase": ["a cost is not negative"]}),
        ({"currency": "XXX"}, {"currency": ["'XXX' is not a currency that is known here"]}),
        ({"is_end": True}, {"is_end": ["an end has no amounts"]}),
        ({"vat_rate": Decimal(19)}, {"vat_rate": ["a rate is a fraction from 0 to 1, such as 0.19"]}),
        ({"purchase": "1e12"}, {"purchase": ["larger than 1,000,000,000,000"]}),
    ],
)
def test_it_refuses_what_no_cost_can_be_and_records_nothing(lines, sku, changes, told):
    with pytest.raises(ValidationError) as refused:
        service.record([entry(sku, 0), entry(sku, 1, **changes)], by="ann", source="test")
    assert refused.value.message_dict == told
    assert (Cost.objects.count(), asked()) == (0, set())


ENTRIES = st.lists(
    st.tuples(st.integers(0, 7), st.sampled_from(["", "A", "B"]), st.integers(1, 3), st.booleans()),
    min_size=1, max_size=6,
)  # fmt: skip


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries=ENTRIES)
def test_it_recomputes_exactly_the_affected_lines_and_never_changes_what_was_known_then(lines, sku, entries):
    with transaction.atomic():
        seen = []
        for number, (day, vendor, price, is_end) in enumerate(entries):
            with at(number):
                moment, before = clock.now() - timedelta(microseconds=1), applied()
                WorkItem.objects.all().delete()
                purchase = "0" if is_end else str(price)
                service.enter(entry(sku, day, purchase, vendor=vendor, is_end=is_end), by="ann")
                after = applied()
            assert asked() == days_of(pk for pk in after if after[pk] != before[pk])
            seen.append((moment, before))
        with at(100):
            assert all(applied(moment) == view for moment, view in seen)
        transaction.set_rollback(True)
