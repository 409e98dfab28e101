"""Which cost applies to a line: the rule by examples, and the SQL held against the pure function."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.services import products
from config.core import clock
from finance import costs
from finance.costs import cost_of
from finance.models import AccountMonth, Cost
from inventory.models import Order, OrderLine, Warehouse
from tests import factories

FIRST = date(2026, 8, 30)
LOCKED_BEFORE = date(2026, 9, 1)
KNOWN = datetime(2026, 9, 1, 8, tzinfo=UTC)
LOCKED_AT = KNOWN + timedelta(hours=1)


def cost(landed="1.00", *, day=0, known=0, warehouse=None, currency="EUR", vendor="", is_end=False, sku=1):
    return SimpleNamespace(
        sku_id=sku, warehouse_id=warehouse, currency=currency, vendor=vendor, is_end=is_end, landed=Decimal(landed),
        valid_from=FIRST + timedelta(days=day), known_at=KNOWN + timedelta(hours=known),
    )  # fmt: skip


def landed(rows, *, day=5, known=5, warehouse=None, sku=1):
    found = cost_of(
        rows, sku=sku, warehouse=warehouse, on=FIRST + timedelta(days=day), known_at=KNOWN + timedelta(hours=known)
    )
    return None if found is None else str(found.landed)


def test_it_takes_the_latest_row_up_to_the_day():
    rows = [cost("1.00"), cost("2.00", day=3), cost("3.00", day=6)]
    assert [landed(rows, day=day) for day in (-1, 0, 2, 3, 5, 6)] == [None, "1.00", "1.00", "2.00", "2.00", "3.00"]


def test_it_takes_the_last_known_of_one_day_and_sees_nothing_that_was_not_known_yet():
    rows = [cost("1.00"), cost("2.00", known=2)]
    assert [landed(rows, known=known) for known in (-1, 0, 1, 2)] == [None, "1.00", "1.00", "2.00"]


def test_it_has_no_cost_after_an_end_until_a_new_one_begins():
    rows = [cost("1.00"), cost("0", day=2, is_end=True), cost("3.00", day=4)]
    assert [landed(rows, day=day) for day in (1, 2, 3, 4)] == ["1.00", None, None, "3.00"]


def test_it_prefers_the_lines_own_warehouse_and_falls_back_when_that_has_none():
    rows = [cost("1.00", day=4), cost("2.00", warehouse=7), cost("0", day=3, warehouse=7, is_end=True)]
    assert [landed(rows, day=5, warehouse=place) for place in (None, 7, 8)] == ["1.00", "1.00", "1.00"]
    assert landed(rows[:2], day=5, warehouse=7) == "2.00"
    assert landed(rows[:2], day=5, warehouse=8) == "1.00"


def test_it_chooses_between_vendors_and_currencies_by_day_then_knowledge_then_name():
    assert landed([cost("1.00", vendor="A", day=1), cost("2.00", vendor="B", day=2)]) == "2.00"
    assert landed([cost("1.00", vendor="A", known=2), cost("2.00", vendor="B", known=1)]) == "1.00"
    assert landed([cost("2.00", vendor="B"), cost("1.00", vendor="A")]) == "1.00"
    assert landed([cost("2.00", currency="USD"), cost("1.00", currency="EUR")]) == "1.00"


@pytest.fixture
def world(db):
    """Two SKUs, an own warehouse, one account with one pool and one with two; a line of each kind on each of 6 days."""
    skus = [products.create(code=code, title=code) for code in ("A", "B")]
    shops = [factories.account(key) for key in ("one", "two")]
    places = [Warehouse.objects.create(code="own", label="Own", pool="own", fulfilment="merchant")]
    for shop, pool in ((0, "P"), (1, "Q"), (1, "R")):
        places.append(
            Warehouse.objects.create(
                code=pool, label=pool, account=shops[shop], pool=pool, fulfilment="marketplace"
            )
        )  # fmt: skip
    lines = {}
    for shop in shops:
        for fulfilment in ("merchant", "marketplace", "unknown"):
            for day in range(6):
                on = FIRST + timedelta(days=day)
                order = Order.objects.create(
                    account=shop, external_id=f"{fulfilment}-{day}", status="shipped", fulfilment=fulfilment,
                    ordered_at=clock.now(), changed_at=clock.now(), business_on=on, currency="EUR",
                )  # fmt: skip
                for number, sku in enumerate((*skus, None)):
                    made = OrderLine.objects.create(
                        order=order, account=shop, order_ref=order.external_id, external_id=str(number), sku=sku,
                        quantity=1, changed_at=clock.now(),
                    )  # fmt: skip
                    place = {"merchant": places[0], "marketplace": places[1] if shop is shops[0] else None}
                    lines[made.pk] = (sku, place.get(fulfilment), on, shop is shops[1] and on < LOCKED_BEFORE)
    AccountMonth.objects.create(
        account=shops[1], month=date(2026, 8, 1), state="locked", prepared_by="a", prepared_at=LOCKED_AT,
        locked_by="b", locked_at=LOCKED_AT,
    )  # fmt: skip
    return SimpleNamespace(skus=skus, places=places[:2], lines=lines)


ROWS = st.lists(
    st.tuples(
        st.integers(0, 1), st.integers(0, 2), st.sampled_from(["EUR", "USD"]), st.sampled_from(["", "Z", "a", "Ä"]),
        st.integers(0, 5), st.integers(0, 3), st.booleans(), st.integers(1, 9),
    ),
    max_size=14, unique_by=lambda row: row[:6],
)  # fmt: skip


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, known=st.integers(-1, 3))
def test_its_sql_gives_for_every_line_what_the_pure_rule_gives(world, rows, known):
    places = [None, *world.places]
    moment = KNOWN + timedelta(hours=known)
    with transaction.atomic():
        stored = Cost.objects.bulk_create(
            Cost(
                sku=world.skus[sku], warehouse=places[place], currency=currency, vendor=vendor, is_end=is_end,
                valid_from=FIRST + timedelta(days=day), known_at=KNOWN + timedelta(hours=hour), purchase=price,
                inbound=1, source="test", entered_by="test",
            )
            for sku, place, currency, vendor, day, hour, is_end, price in rows
        )  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(costs.applied(), {"known_at": moment})
            found = {row[0]: row[1:] for row in cursor.fetchall()}
        stored = list(Cost.objects.filter(pk__in=[row.pk for row in stored]))
        for pk, (sku, place, on, is_locked) in world.lines.items():
            place_id = place.pk if place else None
            seen_at = min(moment, LOCKED_AT) if is_locked else moment
            best = sku and cost_of(stored, sku=sku.pk, warehouse=place_id, on=on, known_at=seen_at)
            reason = "no_sku" if sku is None else "" if best else "no_cost"
            expected = (best.pk, best.landed, best.currency) if best else (None, None, None)
            assert found.pop(pk) == (place_id, on, *expected, reason)
        assert found == {}
        transaction.set_rollback(True)
