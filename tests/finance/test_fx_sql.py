"""Conversion in SQL gives what `Rates` gives: rate, day, source and amount, or nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.core import tenancy
from config.core.money import Money
from finance.fx import convert, sql
from finance.fx.models import Rate

pytestmark = pytest.mark.django_db
START = date(2026, 9, 1)
CODES = ("EUR", "USD", "TRY", "JPY", "AED", "EGP")
DAYS = st.integers(0, 25).map(lambda offset: START + timedelta(days=offset))
MOMENTS = st.integers(0, 3).map(lambda hour: datetime(2026, 10, 1, hour, tzinfo=UTC))
FACTS = st.dictionaries(
    st.tuples(st.sampled_from(CODES[1:5]), DAYS, MOMENTS),
    st.tuples(st.decimals("0.0001", "99999", places=6), st.sampled_from(["ECB", "peg", "simulated"])),
    max_size=30,
)
AMOUNTS = st.decimals("-99999999", "99999999", places=4)
LINES = st.lists(st.tuples(st.sampled_from(CODES), DAYS, AMOUNTS), min_size=1, max_size=12)
LINE = (
    "SELECT * FROM unnest(%(rows)s::int[], %(currencies)s::text[], %(days)s::date[], %(amounts)s::numeric[]) "
    "AS u(row, currency, day, amount)"
)
FOUND = f"line.row, {sql.converted('line.amount')}, fx.rate, fx.day, fx.source"


def each(known_at: str = "") -> str:
    """A rate for each line."""
    joined = sql.rate_of("line.currency", "line.day", to="%(to)s", known_at=known_at)
    return f"SELECT {FOUND} FROM ({LINE}) AS line {joined} ORDER BY 1"  # noqa: S608


def once(known_at: str = "") -> str:
    """A rate for each currency and day, which lines share."""
    rates = sql.rates_for("SELECT * FROM line", to="%(to)s", known_at=known_at)
    joined = "JOIN fx ON fx.currency = line.currency AND fx.wanted_on = line.day"
    return f"WITH line AS ({LINE}), fx AS ({rates}) SELECT {FOUND} FROM line {joined} ORDER BY 1"  # noqa: S608


def ask(statement, lines, to, known_at=None):
    currencies, days, amounts = (list(part) for part in zip(*lines, strict=True))
    values = {"currencies": currencies, "days": days, "amounts": amounts, "to": to, "known_at": known_at}
    with connection.cursor() as cursor:
        cursor.execute(statement, {**values, "rows": list(range(len(lines)))})
        return [rounded(to, *row[1:]) for row in cursor.fetchall()]


def rounded(to, amount, rate, day, source):
    return None if amount is None else (Money(amount, to).rounded().amount, round(rate, 8), day, source)


def by_rule(rates, to, line):
    currency, day, amount = line
    try:
        found = rates.convert(Money(amount, currency), to, on=day)
    except convert.MissingRate:
        return None
    return rounded(to, found.money.amount, found.rate, found.day, found.source)


@given(facts=FACTS, lines=LINES, to=st.sampled_from(CODES), known_at=st.none() | MOMENTS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_converts_in_sql_as_the_plain_rule_does(facts, lines, to, known_at):
    with tenancy.in_public():
        Rate.objects.all().delete()
        Rate.objects.bulk_create(
            Rate(currency=code, day=day, known_at=moment, per_eur=per_eur, source=source)
            for (code, day, moment), (per_eur, source) in facts.items()
        )
    rates = convert.load(CODES, since=START, until=START + timedelta(days=25), known_at=known_at)
    wanted = [by_rule(rates, to, line) for line in lines]
    then = "%(known_at)s" if known_at else ""
    assert ask(each(then), lines, to, known_at) == wanted
    assert ask(once(then), lines, to, known_at) == wanted


def test_it_rounds_half_a_cent_away_from_zero_in_both():
    with tenancy.in_public():
        Rate.objects.create(currency="USD", day=START, per_eur=Decimal("3"), source="ECB")
    lines = [("USD", START, Decimal("0.0150")), ("USD", START, Decimal("-0.0150"))]
    rates = convert.load(["USD"], since=START, until=START)
    third = Decimal("0.33333333")
    wanted = [(Decimal("0.01"), third, START, "ECB"), (Decimal("-0.01"), third, START, "ECB")]
    assert ask(each(), lines, "EUR") == wanted == [by_rule(rates, "EUR", line) for line in lines]


def test_it_gives_nothing_without_a_rate():
    assert ask(each(), [("EGP", START, Decimal("5"))], "EUR") == [None]
