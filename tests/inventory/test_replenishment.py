from decimal import Decimal

import pytest

from inventory import replenishment
from inventory.replenishment import Day, Figure, Policy, Supply

D = Decimal
TWO_AND_A_HALF = D("2.50")


def month(units: int, out: int) -> list[Day]:
    """Thirty days with so many units sold altogether and so many days without stock."""
    return [Day(age, units if age == 30 else 0, D(0) if age <= out else D(1)) for age in range(1, 31)]


def steady(per_day: int, days: int = 90) -> list[Day]:
    return [Day(age, per_day, D(1)) for age in range(1, days + 1)]


def test_it_divides_by_the_days_in_stock_alone():
    days = month(units=84, out=9)
    assert D(84) / 30 == D("2.8")
    assert replenishment.corrected(days, 30) == D("4")


def test_it_counts_a_part_of_a_day_as_that_part():
    half = [*steady(4, 20), Day(21, 2, D("0.5"))]
    assert replenishment.corrected(half, 30) == D(82) / D("20.5") == D(4)


def test_it_leaves_out_days_that_nobody_saw():
    assert replenishment.corrected([*steady(4, 20), Day(21, 900, None)], 30) == D(4)


def test_it_blends_week_month_and_quarter():
    days = [Day(age, 10 if age <= 7 else 5 if age <= 30 else 2, D(1)) for age in range(1, 91)]
    week, whole_month, quarter = D(10), D(185) / 30, D(305) / 90
    wanted = (week / 2 + whole_month * D("0.3") + quarter * D("0.2")).quantize(D("0.0001"))
    assert replenishment.velocity(days) == Figure(wanted) == Figure(D("7.5278"))


def test_it_widens_the_window_when_it_was_out_for_too_long():
    days = [Day(age, 0, D(0)) for age in range(1, 26)] + [Day(age, 3, D(1)) for age in range(26, 91)]
    assert replenishment.widened(days, 7) == D(3)
    assert replenishment.velocity(days) == Figure(D("3.0000"), note="wider_window")


def test_it_takes_the_usual_velocity_of_the_category_when_nothing_was_in_stock_for_a_week():
    days = steady(2, 6)
    assert replenishment.velocity(days) == Figure(None, "few_days_in_stock")
    assert replenishment.velocity(days, prior=D("1.5")) == Figure(D("1.5"), note="category")


def test_it_says_how_long_goods_last_by_the_corrected_velocity():
    assert replenishment.cover(180, D("2.8")) == Figure(D("64.3"))
    assert replenishment.cover(180, D("4.0")) == Figure(D("45.0"))


def test_it_counts_what_arrives_before_the_goods_run_out():
    assert replenishment.cover(180, D(4), [(44, 40), (55, 40)]).value == D("55.0")
    assert replenishment.cover(180, D(4), [(44, 40), (54, 40)]).value == D("65.0")
    assert replenishment.cover(180, D(4), [(45, 40), (46, 9999)]).value == D("45.0")
    assert replenishment.cover(-5, D(4), [(0, 40)]).value == D("0.0")


@pytest.mark.parametrize(
    ("available", "per_day", "why"), [(5, D(0), "no_demand"), (5, None, "no_velocity"), (None, D(1), "no_level")]
)
def test_it_gives_a_reason_instead_of_a_cover_that_cannot_be_said(available, per_day, why):
    assert replenishment.cover(available, per_day) == Figure(None, why)


def test_it_keeps_safety_stock_for_demand_and_lead_time():
    found = replenishment.safety(D(4), D("3.2"), Supply(35, D(5)))
    assert (found.value or D(0)).quantize(D("0.01")) == D("45.30")
    assert replenishment.ceil(found.value) == 46
    assert replenishment.reorder_point(D(4), found.value, 35) == 186


def test_it_takes_a_lead_time_of_unknown_deviation_as_constant_and_says_so():
    found = replenishment.safety(D(4), D("3.2"), Supply(35))
    assert ((found.value or D(0)).quantize(D("0.01")), found.note) == (D("31.14"), "lead_time_constant")
    assert replenishment.ceil(found.value) == 32
    assert replenishment.reorder_point(D(4), found.value, 35) == 172


@pytest.mark.parametrize(
    ("per_day", "spread", "lead", "why"),
    [(None, D(1), 5, "no_velocity"), (D(1), None, 5, "no_deviation"), (D(1), D(1), None, "no_lead_time")],
)
def test_it_gives_a_reason_instead_of_a_safety_stock(per_day, spread, lead, why):
    assert replenishment.safety(per_day, spread, Supply(lead)) == Figure(None, why)


def test_it_proposes_whole_packs_of_what_is_missing():
    supply = Supply(35, D(5), pack=12)
    assert replenishment.order(D(4), 46, 180, supply) == Figure(D(276))
    assert replenishment.order(D(4), 46, 454, supply) == Figure(D(0), note="enough")
    assert replenishment.order(D(4), 46, 453, supply) == Figure(D(12))
    assert replenishment.order(D(4), 46, 453, Supply(35, pack=12, least_order=50)) == Figure(D(60), note="least_order")
    assert replenishment.order(D(4), 46, 180, supply, Policy(growth=D("0.25"))).value == D(384)


@pytest.mark.parametrize(
    ("given", "why"),
    [((None, 46, 180, 35), "no_velocity"), ((D(4), None, 180, 35), "no_deviation"), ((D(4), 46, None, 35), "no_level"),
     ((D(4), 46, 180, None), "no_lead_time")],
)  # fmt: skip
def test_it_gives_a_reason_instead_of_a_proposal(given, why):
    *rest, lead = given
    assert replenishment.order(*rest, Supply(lead)) == Figure(None, why)


def test_it_keeps_within_the_budget_and_above_the_least_order():
    wanted, supply = Figure(D(276)), Supply(35, pack=12, least_order=48)

    def afforded(budget: D | None, cost: D | None = TWO_AND_A_HALF) -> Figure:
        return replenishment.afforded(wanted, supply, unit_cost=cost, budget=budget)

    assert afforded(None) == afforded(D(690)) == wanted
    assert afforded(D("689.99")) == Figure(D(264), note="budget")
    assert afforded(D(100)) == Figure(D(0), note="budget")
    assert afforded(D(100), cost=None) == Figure(None, "no_cost")


def test_it_sees_a_fee_for_low_stock_only_where_both_windows_are_short():
    month, quarter = (
        replenishment.days_of_supply(D(on_hand), D(shipped)) for on_hand, shipped in ((540, 20), (630, 15))
    )
    assert (month, quarter) == (D("27.0"), D("42.0"))
    assert replenishment.is_low_supply(month, quarter) is False
    assert replenishment.is_low_supply(month, D("27.9")) is True
    assert replenishment.is_low_supply(D("28.0"), month) is False
    assert replenishment.is_low_supply(month, None) is None
    assert replenishment.days_of_supply(D(540), D(0)) is None
