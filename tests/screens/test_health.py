"""The board of account health, an account's own page, and the limits."""

from datetime import timedelta
from decimal import Decimal

import pytest

from config.core import clock
from tests.factories import NOON
from tickets.health import seed
from tickets.models import HealthDay

pytestmark = pytest.mark.django_db


def measured(account, value, band, *, days_ago=0, metric="late_dispatch", **changes):
    day = NOON.date() - timedelta(days=days_ago)
    values = {"numerator": 3, "denominator": 100, "samples": 100, "used": Decimal("0.75"), "left": 1, **changes}
    return HealthDay.objects.create(
        account=account, metric=metric, day=day, value=value, band=band, as_of=clock.now(), **values
    )


def test_the_board_says_each_figure_with_its_band_and_why_there_is_none(owner, shop, budget):
    seed.seed()
    measured(shop, Decimal("0.03"), "watch")
    measured(shop, Decimal("0.09"), "risk", days_ago=1)
    measured(shop, None, "", metric="variance", numerator=None, denominator=None, why="nothing is settled yet")
    with budget("health_board"):
        answer = owner.get("/health/")
    text = answer.content.decode()
    assert answer.context["counts"] == {"stable": 0, "watch": 1, "risk": 0}
    assert "3.00%" in text
    assert "3 of 100 · 1 left" in text
    assert "nothing is settled yet" in text


def test_an_account_shows_its_trend_and_what_is_asked_of_it(owner, shop, budget):
    seed.seed()
    for days_ago, value in enumerate(("0.03", "0.09", "0.02")):
        measured(shop, Decimal(value), "risk" if value == "0.09" else "watch", days_ago=days_ago)
    with budget("health_account"):
        answer = owner.get(f"/health/of/{shop.key}/")
    trend = next(each for each in answer.context["trends"] if each.cell.metric.key == "late_dispatch")
    assert (trend.values, trend.at_risk) == ([Decimal("0.02"), Decimal("0.09"), Decimal("0.03")], 1)
    assert "1 of 3" in answer.content.decode()


def test_limits_are_listed_with_their_source(owner, shop, budget):
    seed.seed()
    with budget("health_limits"):
        answer = owner.get("/health/limits/?metric=late_dispatch")
    assert "NOON-perf" not in owner.get("/health/limits/?metric=order_defect").content.decode()
    assert "NOON-perf" in answer.content.decode()
