"""Rates of pegged currencies, derived in SQL, are what the anchor and the peg known at a moment make."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.core import tenancy
from finance.fx import store
from finance.fx.models import Peg, Rate

pytestmark = pytest.mark.django_db
START = date(2026, 9, 1)
DAYS = st.integers(0, 3).map(lambda offset: START + timedelta(days=offset))
HOURS = [datetime(2026, 10, 1, hour, tzinfo=UTC) for hour in range(4)]
NUMBERS = st.decimals("0.01", "99", places=2)
RATES = st.dictionaries(st.tuples(DAYS, st.sampled_from(HOURS)), NUMBERS, max_size=8)
PEGS = st.dictionaries(st.tuples(DAYS, st.sampled_from(HOURS)), NUMBERS, max_size=4)
ENDS = st.none() | DAYS


def known(facts, moment):
    return {key: value for key, value in facts.items() if key[1] <= moment}


def by_rule(rates, pegs, day, moment):
    """The anchor's newest fact of the day times the newest peg that is valid on it, both as known at the moment."""
    anchors = {key: value for key, value in known(rates, moment).items() if key[0] == day}
    valid = {key: units for key, units in known(pegs, moment).items() if key[0] <= day}
    units = valid[max(valid)] if valid else None
    return anchors[max(anchors)] * units if anchors and units is not None else None


def stored(day, moment):
    held = Rate.objects.filter(currency="QAR", day=day, known_at__lte=moment).order_by("known_at")
    return held.values_list("per_eur", flat=True).last()


@given(rates=RATES, pegs=PEGS, end=ENDS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_derives_in_sql_what_the_plain_rule_gives_at_each_moment(rates, pegs, end):
    pegs = {**pegs, (end, HOURS[0]): None} if end else pegs
    with tenancy.in_public():
        Rate.objects.all().delete()
        Peg.objects.filter(currency="QAR").delete()
        Rate.objects.bulk_create(
            Rate(currency="USD", day=day, known_at=moment, per_eur=per_eur, source="ECB")
            for (day, moment), per_eur in rates.items()
        )
        Peg.objects.bulk_create(
            Peg(currency="QAR", valid_from=day, known_at=moment, units=units, source="a test")
            for (day, moment), units in pegs.items()
        )
    store.derive_pegs()
    store.derive_pegs()
    for day in {day for day, _ in rates}:
        for moment in HOURS:
            assert stored(day, moment) == by_rule(rates, pegs, day, moment)


def test_it_ends_a_peg_only_from_a_day_on_that_has_no_rates_yet():
    store.add([(START, "USD", Decimal("1.25"), "ECB")])
    with pytest.raises(ValidationError, match="has rates from 2026-09-01 on"):
        Peg(currency="SAR", units=None, valid_from=START, source="a test").full_clean()
    Peg(currency="SAR", units=None, valid_from=START + timedelta(days=1), source="a test").full_clean()
    with pytest.raises(ValidationError, match="three capital letters"):
        Peg(currency="sar", units=Decimal(1), valid_from=START, source="a test").full_clean()
