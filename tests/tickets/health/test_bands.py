"""The lines of the formulas, as shipped: what lies on each of them, and just beyond."""

from decimal import Decimal

import pytest

from marketplaces import registry
from tickets.health import seed
from tickets.health.bands import band
from tickets.health.base import METRICS
from tickets.models import HealthBand

ROWS = {row.metric: row for row in seed._bands()}


@pytest.mark.parametrize(
    ("metric", "stable", "watch", "risk"),
    [
        ("sync_delay", "60", "60.001 180", "180.001"),
        ("parity", "0.005", "0.0050001 0.02", "0.0200001"),
        ("completeness", "0.9995", "0.9994999 0.995", "0.9949999"),
        ("recovery", "1800", "1800.001 7200", "7200.001"),
        ("variance", "0.001", "0.0010001 0.005", "0.0050001"),
        ("late_dispatch", "0.4999", "0.5 0.8749", "0.875"),
        ("cancellation", "0.3999", "0.4 0.7999", "0.8"),
        ("order_defect", "0.4999", "0.5 0.7999", "0.8"),
    ],
)
def test_a_value_lies_in_the_band_that_the_formula_names(metric, stable, watch, risk):
    told = {"stable": stable, "watch": watch, "risk": risk}
    for wanted, values in told.items():
        for value in values.split():
            is_high_bad = METRICS.get(metric).is_high_bad or ROWS[metric].is_of_limit
            assert band(Decimal(value), ROWS[metric], is_high_bad=is_high_bad) == wanted, value


def test_where_nothing_is_pushed_a_change_may_take_a_fifth_longer_than_the_poll_that_tells_of_it():
    polled = {row.marketplace: (row.stable, row.watch) for row in seed._polled()}
    assert polled
    for key, lines in polled.items():
        seconds = int(registry.get(key).resource("orders").every.total_seconds())
        assert lines == (Decimal("1.2") * seconds, 3 * seconds)
    assert HealthBand(metric="sync_delay").is_of_limit is False
