"""What a line earned, by the accountant's golden values."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from config.core.money import Money
from finance.profitability import Facts, of_line, share
from finance.spreading import allot, per_day
from marketplaces.canonical import LineClass as C

GOLDEN: dict[C, Decimal] = {
    C.PRINCIPAL: Decimal("39.90"), C.COMMISSION: Decimal("-5.03"), C.FULFILMENT: Decimal("-3.55"),
    C.SHIPPING_LABEL: Decimal("-0.40"), C.RETURN_HANDLING: Decimal("-1.10"),
    C.ADVERTISING: Decimal("-3.80"), C.STORAGE: Decimal("-0.35"),
}  # fmt: skip


def facts(**changes: Any) -> Facts:
    values: dict[str, Any] = {
        "currency": "EUR", "quantity": 1, "units": 1, "item_total": Decimal("39.90"), "vat_rate": Decimal("0.19"),
        "cost": Decimal("11.20"), "cost_rate": Decimal(1), "settled": GOLDEN, "settled_units": 1,
    }  # fmt: skip
    return Facts(**{**values, **changes})


def percent(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    found = share(part, whole)
    return None if found is None else round(found * 100, 1)


def test_it_takes_a_price_down_to_the_third_margin():
    found = of_line(facts())
    steps = found.steps
    assert (steps.vat, steps.net_revenue, steps.cm1) == (Decimal("-6.37"), Decimal("33.53"), Decimal("22.33"))
    assert (steps.cm2, percent(steps.cm2, steps.net_revenue)) == (Decimal("12.25"), Decimal("36.5"))
    assert (steps.cm3, percent(steps.cm3, steps.net_revenue)) == (Decimal("8.10"), Decimal("24.2"))
    assert (found.missing, found.is_settled, found.vat_source) == ((), True, "rate")


def test_it_takes_the_tax_that_a_statement_tells_apart():
    told = {**GOLDEN, C.PRINCIPAL: Decimal("33.53"), C.TAX: Decimal("6.37")}
    found = of_line(facts(settled=told, vat_rate=None))
    assert (found.steps.gross, found.steps.net_revenue, found.vat_source) == (
        Decimal("39.90"),
        Decimal("33.53"),
        "statement",
    )


def test_it_takes_the_orders_own_tax_before_the_standard_rate():
    found = of_line(facts(item_total=Decimal("10.70"), tax=Decimal("0.70"), settled={}, settled_units=0))
    assert (found.steps.net_revenue, found.vat_source) == (Decimal("10.00"), "order")


def test_it_owes_no_tax_that_comes_on_top_and_is_withheld():
    told = {C.PRINCIPAL: Decimal("20.00"), C.TAX: Decimal("1.65"), C.TAX_WITHHELD: Decimal("-1.65")}
    found = of_line(facts(currency="USD", settled=told, vat_rate=Decimal(0), is_vat_contained=False))
    assert (found.steps.gross, found.steps.vat, found.steps.net_revenue) == (
        Decimal("21.65"),
        Decimal("-1.65"),
        Decimal("20.00"),
    )


@pytest.mark.parametrize(
    ("changes", "missing", "known"),
    [
        ({"vat_rate": None}, ("no_vat",), (False, False, False)),
        ({"cost": None}, ("no_cost",), (True, False, False)),
        ({"cost": None, "has_sku": False}, ("no_sku",), (True, False, False)),
        ({"cost_rate": None}, ("no_rate",), (True, False, False)),
        ({"settled": {}, "settled_units": 0}, ("no_fees",), (True, True, False)),
        ({"settled": {}, "settled_units": 0, "expected": {"fees": Decimal("-5")}, "is_by_marketplace": True},
         ("no_fulfilment",), (True, True, False)),
        ({"settled": {}, "settled_units": 0, "item_total": None, "expected_fee": Decimal("-5")}, ("no_price",), (False,) * 3),
        ({"is_other_currency": True}, ("other_currency",), (False, False, False)),
    ],
)  # fmt: skip
def test_it_leaves_margins_unknown_from_the_first_unknown_step_on(changes, missing, known):
    found = of_line(facts(**changes))
    margins = (found.steps.net_revenue, found.steps.cm1, found.steps.cm2)
    assert (found.missing, tuple(margin is not None for margin in margins)) == (missing, known)


def test_it_counts_what_is_expected_for_units_that_no_statement_tells_of():
    told = {C.PRINCIPAL: Decimal("39.90"), C.COMMISSION: Decimal("-5.03")}
    found = of_line(
        facts(
            quantity=2,
            units=2,
            item_total=Decimal("79.80"),
            settled=told,
            settled_units=1,
            expected={"fees": Decimal("-10.00")},
        )
    )
    assert (found.steps.gross, found.steps.fees, found.is_settled) == (Decimal("79.80"), Decimal("-10.03"), False)
    assert (found.steps.goods, found.steps.vat) == (Decimal("-22.40"), Decimal("-12.74"))


def test_it_leaves_a_spoiled_return_in_the_cost_and_takes_a_sellable_one_out():
    told = {**GOLDEN, C.REFUND_PRINCIPAL: Decimal("-39.90"), C.FEE_REVERSAL: Decimal("5.03")}
    spoiled, sellable = (of_line(facts(settled=told, returned_sellable=units)).steps for units in (0, 1))
    assert (spoiled.net_revenue, spoiled.goods, sellable.goods) == (Decimal("0.00"), Decimal("-11.20"), Decimal(0))


def test_it_earns_nothing_with_a_cancelled_line_and_costs_what_a_replacement_costs():
    cancelled = of_line(facts(units=0, settled={}, settled_units=0))
    assert (cancelled.steps.cm2, cancelled.missing) == (Decimal(0), ())
    replacement = of_line(facts(is_free=True, item_total=None, settled={}, settled_units=0))
    assert (replacement.steps.net_revenue, replacement.steps.cm2) == (Decimal(0), Decimal("-11.20"))


def test_it_rounds_vat_to_the_minor_unit_of_the_currency():
    told = {C.PRINCIPAL: Decimal("1999")}
    found = of_line(facts(currency="JPY", item_total=Decimal("1999"), vat_rate=Decimal("0.10"), settled=told))
    assert (found.steps.net_revenue, found.steps.vat) == (Decimal("1817"), Decimal("-182"))


def test_it_spreads_a_charge_so_that_its_cents_re_sum():
    days = per_day(Money(Decimal("-31.0575"), "EUR"), 14)
    assert (days[0].amount, days[1].amount, days[13].amount) == (Decimal("-2.2275"), Decimal("-2.22"), Decimal("-2.21"))
    assert sum(day.amount for day in days) == Decimal("-31.0575")
    shares = allot(Money(Decimal("-2.22"), "EUR"), [335300, 0, 167200, -5])
    assert [part.amount for part in shares or []] == [Decimal("-1.48"), Decimal(0), Decimal("-0.74"), Decimal(0)]
    assert allot(Money(Decimal("-2.22"), "EUR"), [0, -1]) is None


def test_it_gives_no_ratio_where_the_whole_is_zero_or_unknown():
    assert (
        share(Decimal(1), Decimal(0)),
        share(None, Decimal(1)),
        share(Decimal(1), None),
        share(Decimal(0), Decimal(2)),
    ) == (None, None, None, Decimal(0))
