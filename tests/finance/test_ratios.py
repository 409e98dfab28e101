from datetime import date, timedelta
from decimal import Decimal

import pytest

from finance import forecast, ratios, return_rates
from finance.return_rates import ReturnCost

SEPTEMBER = date(2026, 9, 1)
DAY = timedelta(days=1)


def percent(value: Decimal | None) -> Decimal | None:
    return None if value is None else round(value * 100, 1)


def test_it_breaks_even_at_the_second_margin_on_the_basis_of_the_sales():
    cm2 = Decimal("12.25")
    assert percent(ratios.break_even(cm2, Decimal("33.53"))) == Decimal("36.5")
    assert percent(ratios.break_even(cm2, Decimal("39.90"))) == Decimal("30.7")
    assert ratios.break_even(None, Decimal("39.90")) is None
    assert ratios.target_acos(Decimal("0.365"), Decimal("0.15")) == Decimal("0.215")
    assert ratios.target_acos(None, Decimal("0.15")) is None


def test_it_tells_spend_without_sales_from_nothing_measured():
    assert ratios.acos(Decimal("30"), Decimal("120")) == Decimal("0.25")
    assert ratios.acos(Decimal("30"), Decimal(0)) == ratios.INFINITE
    assert ratios.acos(Decimal(0), Decimal(0)) is None
    assert ratios.acos(None, Decimal("120")) is None
    assert ratios.roas(Decimal("30"), Decimal("120")) == Decimal(4)
    assert ratios.roas(Decimal(0), Decimal("120")) is None
    assert ratios.tacos(Decimal("30"), Decimal("400")) == Decimal("0.075")


def test_it_guards_every_rate_of_clicks():
    assert ratios.click_rate(12, 4000) == Decimal("0.003")
    assert ratios.conversion(6, 120) == Decimal("0.05")
    assert ratios.click_cost(Decimal("60"), 120) == Decimal("0.5")
    assert ratios.ad_share(Decimal("120"), Decimal("400")) == Decimal("0.3")
    assert [ratios.click_rate(1, 0), ratios.conversion(0, 0), ratios.click_cost(Decimal(1), None)] == [None, None, None]


def test_it_estimates_the_final_return_rate_of_a_young_cohort():
    curve = {7: Decimal("0.2"), 14: Decimal("0.5"), 45: Decimal(1)}
    assert return_rates.rate(5, 100) == Decimal("0.05")
    assert return_rates.rate(0, 0) is None
    assert return_rates.mature_rate(5, 100, 20, curve) == Decimal("0.1")
    assert return_rates.mature_rate(5, 100, 60, curve) == Decimal("0.05")
    assert return_rates.mature_rate(1, 100, 3, curve) is None


@pytest.mark.parametrize(
    ("returned", "shipped", "expected"), [(2, 3, "0.2077"), (10, 100, "0.0552"), (0, 50, "0.0000")]
)
def test_it_bounds_a_rate_from_below_so_that_few_units_raise_no_alarm(returned, shipped, expected):
    assert round(return_rates.lower_bound(returned, shipped), 4) == Decimal(expected)
    assert return_rates.lower_bound(0, 0) is None


def test_it_adds_up_what_returns_cost_only_when_every_part_is_known():
    parts = {
        "administration": Decimal("1.71"), "outbound_lost": Decimal("3.55"), "inbound": Decimal("4.00"),
        "handling": Decimal("1.10"), "value_lost": Decimal("11.20"), "fees_kept": Decimal(0),
    }  # fmt: skip
    assert ReturnCost(**parts).total == Decimal("21.56")
    assert ReturnCost(**{**parts, "inbound": None}).total is None


def test_it_runs_the_month_on_at_its_plain_rate():
    assert forecast.plain(Decimal(54_000), 18, 30) == Decimal(90_000)
    assert forecast.plain(Decimal(0), 0, 30) is None


def test_it_runs_the_month_on_by_weekday_trend_and_events():
    history = {SEPTEMBER - n * DAY: Decimal(100 if (SEPTEMBER - n * DAY).weekday() < 5 else 40) for n in range(1, 60)}
    history |= {SEPTEMBER + n * DAY: Decimal(100 if (SEPTEMBER + n * DAY).weekday() < 5 else 40) for n in range(18)}
    last = SEPTEMBER + 17 * DAY
    found = forecast.run_rate(history, last)
    assert found is not None
    assert (found.amount, found.low) == (Decimal(22 * 100 + 8 * 40), None)
    sale = forecast.run_rate(
        history, last, events={last + 3 * DAY: Decimal(2)}, errors=[Decimal("0.9"), Decimal("1.2")]
    )
    assert sale is not None
    assert (sale.amount, sale.low, sale.high) == (Decimal(2620), Decimal("2358.0"), Decimal("3144.0"))


def test_it_clips_the_trend_and_leaves_out_days_without_stock():
    flat = {SEPTEMBER - n * DAY: Decimal(10) for n in range(40)}
    doubled = flat | {SEPTEMBER - n * DAY: Decimal(30) for n in range(14)}
    assert forecast.trend(doubled, SEPTEMBER) == Decimal("1.3")
    assert forecast.trend({**flat, **{SEPTEMBER - n * DAY: Decimal(1) for n in range(14)}}, SEPTEMBER) == Decimal("0.7")
    assert forecast.trend({}, SEPTEMBER) == Decimal(1)
    out = {SEPTEMBER - 7 * n * DAY: Decimal(0) for n in range(3)}
    assert forecast.baseline(flat | out, SEPTEMBER, SEPTEMBER, without=out) == Decimal(10)
    assert forecast.run_rate({SEPTEMBER: Decimal(5)}, SEPTEMBER) is None


def test_it_reports_how_wrong_past_forecasts_were():
    pairs = [(Decimal(110), Decimal(100)), (Decimal(90), Decimal(100)), (Decimal(130), Decimal(100))]
    assert (forecast.bias(pairs), forecast.mean_error(pairs)) == (Decimal("0.1"), Decimal("0.5") / 3)
    assert forecast.bias([]) is None
