"""Each kind of discrepancy: found where it is, not found where it only looks like it, closed when it is gone."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from config.core import clock
from finance import sinks
from finance.models import Discrepancy, Settlement
from finance.services import differences, reconcile
from marketplaces.canonical import LineClass as C
from marketplaces.canonical import OrderStatus
from marketplaces.canonical import SettlementLine as Row
from marketplaces.sinks import Source
from tests import factories
from tests.finance.conftest import START, euro, header, line

pytestmark = pytest.mark.django_db
A = {"order_id": "O-A", "line_id": "LA", "sku": "MUG"}
FORTNIGHT = timedelta(days=14)


@pytest.fixture
def settle(account):
    """Land one statement, reconcile everything at a moment, and give kind and amount of what is open."""

    def settled(*rows: Row, days: int = 20, **head: Any) -> dict[str, Decimal | None]:
        source = factories.source(account, "settlements", at=START + timedelta(days=14))
        total = sum((row.amount.amount for row in rows), Decimal(0))
        sinks.settlements([header(**{"total": str(total), **head})], source)
        sinks.settlement_lines(rows, source)
        return look(days)

    return settled


def look(days: int) -> dict[str, Decimal | None]:
    with clock.frozen(START + timedelta(days=days)):
        reconcile.reconcile_open()
        reconcile.judge_all()
    return dict(Discrepancy.objects.filter(state="open").values_list("kind", "amount"))


@pytest.fixture
def sold(sell):
    """Order O-A: two mugs of 20.00 with 4.00 shipping and 2.00 discount, shipped a day after the statement began."""

    def land(**changes: Any) -> None:
        values = {"sku": "MUG", "quantity": 2, "quantity_shipped": 2, "unit_price": euro("20.00"),
                  "item_total": euro("40.00"), "shipping": euro("4.00"), "discount": euro("2.00"), **changes}  # fmt: skip
        at = START + timedelta(days=1)
        sell(
            factories.order(
                "O-A", status=OrderStatus.SHIPPED, ordered_at=at, changed_at=at,
                lines=(factories.order_line("LA", **values),),
            )
        )  # fmt: skip

    return land


def paid(principal: str = "40.00", **more: Any) -> list[Row]:
    return [
        line(1, C.PRINCIPAL, principal, quantity=2, **A, **more),
        line(2, C.SHIPPING, "4.00", quantity=2, **A, **more),
        line(3, C.PROMOTION, "-2.00", quantity=2, **A, **more),
        line(4, C.COMMISSION, "-6.00", quantity=2, **A, **more),
    ]


def test_it_finds_nothing_where_everything_was_paid(sold, settle):
    sold()
    assert settle(*paid()) == {}


def test_it_finds_what_was_paid_too_little(sold, settle):
    sold()
    assert settle(*paid("37.50")) == {"short_paid": Decimal("2.50")}
    assert Discrepancy.objects.get().evidence["expected"] == "42.00"


def test_it_does_not_call_it_short_when_the_tax_is_a_line_of_its_own(sold, settle):
    sold(tax=euro("6.39"))
    assert settle(*paid("33.61"), line(5, C.TAX, "6.39", **A)) == {}


def test_it_expects_the_tax_on_top_where_the_storefront_shows_prices_without_it(sold, sell, settle):
    sold(tax=euro("8.00"))
    other = {"order_id": "O-B", "line_id": "LB", "sku": "MUG"}
    item = factories.order_line("LB", sku="MUG", quantity=1, quantity_shipped=1, item_total=euro("10"), tax=euro("2"))
    third = factories.order_line("LC", sku="MUG", quantity=1, quantity_shipped=1, item_total=euro("30"), tax=euro("6"))
    sell(
        factories.order("O-B", status=OrderStatus.SHIPPED, lines=(item,)),
        factories.order("O-C", status=OrderStatus.SHIPPED, lines=(third,)),
    )
    last = {"order_id": "O-C", "line_id": "LC", "sku": "MUG"}
    rows = [
        *paid(), line(5, C.TAX, "8.00", **A), line(6, C.PRINCIPAL, "10", **other), line(7, C.TAX, "2", **other),
        line(8, C.PRINCIPAL, "27", **last), line(9, C.TAX, "6", **last),
    ]  # fmt: skip
    assert settle(*rows) == {"short_paid": Decimal("3.00")}


def test_it_expects_only_the_units_that_were_not_cancelled(sold, settle):
    sold(quantity_shipped=1, quantity_cancelled=1, discount=None)
    rows = [line(1, C.PRINCIPAL, "20.00", quantity=1, **A), line(2, C.SHIPPING, "4.00", quantity=1, **A)]
    assert settle(*rows) == {}


def test_it_does_not_call_it_short_on_a_statement_that_lacks_lines(sold, settle):
    sold()
    assert settle(*paid()[1:], total="36.00") == {"inconsistent": Decimal("40.00")}


def test_it_closes_what_a_later_statement_makes_good(sold, settle):
    sold()
    assert settle(*paid("37.50")) == {"short_paid": Decimal("2.50")}
    again = {"external_id": "S-2", "period_start": START + FORTNIGHT, "period_end": START + 2 * FORTNIGHT}
    row = line(1, C.PRINCIPAL, "2.50", settlement="S-2", **A)
    assert settle(row, **again) == {}
    assert Discrepancy.objects.get().state == "resolved"


def test_it_finds_a_payment_that_is_missing_after_three_weeks(sold, settle):
    sold()
    assert settle(line(1, C.STORAGE, "-1"), period_end=START + 2 * FORTNIGHT, days=22) == {}
    assert look(23) == {"missing_payment": Decimal("42.00")}


def test_it_waits_for_the_statement_that_could_carry_the_payment(sold, settle):
    sold()
    assert settle(line(1, C.STORAGE, "-1"), days=26) == {}


def test_it_blames_the_missing_statement_not_the_orders_in_it(sold, settle):
    sold()
    gone = START - 3 * FORTNIGHT
    settle(
        line(1, C.STORAGE, "-1", settlement="S-0"), external_id="S-0", period_start=gone, period_end=gone + FORTNIGHT
    )
    later = {"period_start": START + FORTNIGHT, "period_end": START + 3 * FORTNIGHT}
    assert settle(line(1, C.STORAGE, "-2", posted_at=START), days=43, **later) == {"statement_gap": None}


def test_it_finds_a_fee_that_is_charged_twice(sold, settle):
    sold()
    assert settle(*paid(), line(5, C.COMMISSION, "-6.00", quantity=2, **A)) == {"duplicate": Decimal("6.00")}


def test_it_finds_a_fee_that_a_later_statement_charges_again(sold, settle):
    sold()
    settle(*paid())
    again = {"external_id": "S-2", "period_start": START + FORTNIGHT, "period_end": START + 2 * FORTNIGHT}
    assert settle(line(1, C.COMMISSION, "-6.00", "S-2", quantity=2, **A), **again) == {"duplicate": Decimal("6.00")}
    assert Discrepancy.objects.get().settlement.external_id == "S-2"


def test_it_allows_one_equal_fee_per_equal_sale(sold, settle):
    sold(shipping=None, discount=None)
    half = {"quantity": 1, **A}
    rows = [
        line(1, C.PRINCIPAL, "20.00", **half), line(2, C.COMMISSION, "-3.00", **half),
        line(3, C.PRINCIPAL, "20.00", **half), line(4, C.COMMISSION, "-3.00", **half),
    ]  # fmt: skip
    assert settle(*rows) == {}


def test_it_allows_the_same_storage_fee_in_another_month(settle):
    rows = [line(1, C.STORAGE, "-9.00"), line(2, C.STORAGE, "-9.00", posted_at=START + timedelta(days=9))]
    assert settle(*rows) == {}


def test_it_finds_lines_that_nothing_matches_after_three_days(settle):
    rows = [line(1, C.PRINCIPAL, "5.00", **A), line(2, C.COMMISSION, "-1.00", **A)]
    assert settle(*rows, days=16) == {}
    assert look(18) == {"unmatched": Decimal("4.00")}


def test_it_matches_by_itself_once_the_order_arrives(sold, settle):
    assert settle(*paid()) == {"unmatched": Decimal("36.00")}
    sold()
    assert look(20) == {}
    assert Settlement.objects.get().state == "matched"


@pytest.mark.parametrize(("total", "severity"), [("-1", "S1"), ("-200", "S3")])
def test_it_is_urgent_when_an_unknown_label_is_more_than_a_hundredth(settle, total, severity):
    rows = [line(1, C.UNKNOWN, "-1.00"), line(2, C.STORAGE, str(Decimal(total) + 1))]
    assert settle(*rows) == {"unknown_label": Decimal("-1.00")}
    assert Discrepancy.objects.get().severity == severity


def test_it_finds_a_statement_that_should_be_here_by_now(settle):
    settle(line(1, C.STORAGE, "-1"))
    second = {"external_id": "S-2", "period_start": START + FORTNIGHT, "period_end": START + 2 * FORTNIGHT}
    assert settle(line(1, C.STORAGE, "-1", "S-2", posted_at=None), **second, days=45) == {}
    assert look(46) == {"statement_gap": None}
    assert Discrepancy.objects.get().evidence["former"] == "S-2"


def test_it_tells_parallel_series_of_two_storefronts_apart(settle):
    for number, (channel, period) in enumerate([("AA", 0), ("BB", 0), ("BB", 1), ("AA", 2), ("BB", 2)], start=1):
        start = START + period * FORTNIGHT
        row = line(1, C.STORAGE, f"-{number}", f"S-{number}")
        head = {"external_id": f"S-{number}", "channel": channel, "period_start": start}
        found = settle(row, **head, period_end=start + FORTNIGHT, days=43)
    assert found == {"statement_gap": None}
    assert Discrepancy.objects.get(state="open").evidence["channel"] == "AA"


def test_it_takes_one_series_that_names_another_storefront_each_time_as_one(settle):
    for number, channel in enumerate(["AA", "BB", "AA"]):
        start = START + number * FORTNIGHT
        row = line(1, C.STORAGE, f"-{number + 1}", f"S-{number}")
        found = settle(
            row, external_id=f"S-{number}", channel=channel, period_start=start, period_end=start + FORTNIGHT, days=43
        )
    assert found == {}


def test_it_stays_accepted_until_the_amount_changes(sold, settle):
    sold()
    settle(*paid("37.50"))
    differences.accept(Discrepancy.objects.get(), by="fin", reason="agreed by phone")
    assert look(20) == {}
    assert settle(*paid("36.00"), total="32.00") == {"short_paid": Decimal("4.00")}


def test_it_wants_a_reason_and_an_open_discrepancy(sold, settle):
    sold()
    settle(*paid("37.50"))
    found = Discrepancy.objects.get()
    with pytest.raises(ValidationError, match="say why"):
        differences.resolve(found, by="fin", reason=" ")
    assert differences.resolve(found, by="fin", reason="paid by hand").state == "resolved"
    with pytest.raises(ValidationError, match="not open"):
        differences.accept(found, by="fin", reason="twice")
    assert look(20) == {"short_paid": Decimal("2.50")}


def test_it_replaces_the_lines_of_a_statement_that_is_issued_again(account, settle):
    source = factories.source(account, "settlements")
    first, second = (Source(account, "settlements", source.at, page_id=page) for page in (1, 2))
    sinks.settlements([header(total="-3")], first)
    sinks.settlement_lines([line(1, C.STORAGE, "-1"), line(2, C.STORAGE, "-1", posted_at=None)], first)
    assert look(20) == {"inconsistent": Decimal("-1.00")}
    sinks.settlement_lines([line(1, C.STORAGE, "-3")], second)
    assert look(20) == {}
    assert Settlement.objects.get().line_count == 1


def test_it_allows_equal_charges_of_a_whole_order_one_for_each_of_its_lines(sell, settle):
    at = START + timedelta(days=1)
    items = tuple(
        factories.order_line(name, sku=name, quantity=1, quantity_shipped=1, item_total=euro("20"), unit_price=None)
        for name in ("LA", "LB")
    )
    sell(factories.order("O-A", status=OrderStatus.SHIPPED, ordered_at=at, changed_at=at, lines=items))
    rows = [line(n, C.PRINCIPAL, "20", order_id="O-A", line_id=name) for n, name in enumerate(("LA", "LB"), start=1)]
    rows += [line(n, C.PAYMENT_FEE, "-0.30", order_id="O-A") for n in (3, 4)]
    assert settle(*rows) == {}
