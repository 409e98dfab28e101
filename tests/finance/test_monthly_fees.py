"""Plans and storage that were charged higher than their schedule says, month by month, and silence where they were not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from catalog.models import Product, Sku
from config.core import clock
from finance import sinks
from finance.models import Discrepancy, FeeRule
from finance.services import claims, reconcile
from inventory.models import StockDay, Warehouse
from marketplaces.canonical import LineClass as C
from tests import factories
from tests.factories import NOON
from tests.finance.conftest import START, header, line

pytestmark = pytest.mark.django_db
SEPTEMBER = date(2026, 9, 1)


def agree(account, line_class: str, **terms) -> FeeRule:
    return FeeRule.objects.create(
        account=account, line_class=line_class, valid_from=SEPTEMBER, currency="EUR", source="contract", **terms
    )


def charge(account, *rows: tuple[C, str, int], page: int = 1) -> list[tuple[str, Decimal, str]]:
    """Land one statement of these classes, amounts and days, and judge it; gives what is open."""
    source = replace(factories.source(account, "settlements"), page_id=page)
    made = [
        line(number, line_class, amount, posted_at=START + timedelta(days=day))
        for number, (line_class, amount, day) in enumerate(rows, start=1)
    ]
    total = sum((row.amount.amount for row in made), Decimal(0))
    sinks.settlements([header(total=str(total), period_end=START + timedelta(days=30))], source)
    sinks.settlement_lines(made, source)
    with clock.frozen(NOON):
        reconcile.reconcile_open()
    found = Discrepancy.objects.filter(state="open").order_by("kind", "key")
    return [(row.kind, row.amount, row.key.partition(":")[2]) for row in found]


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([("-39.00", 1)], []),
        ([("-39.00", 1), ("-39.00", 29)], []),
        ([("-39.78", 1)], []),
        ([("-39.79", 1)], [("fee_overcharge", Decimal("0.79"), "subscription:EUR:2026-09")]),
        ([("-49.00", 1), ("-49.00", 29)], [("fee_overcharge", Decimal(20), "subscription:EUR:2026-09")]),
    ],
    ids=["as agreed", "twice a month", "two per cent", "beyond", "both"],
)
def test_it_finds_a_plan_that_costs_more_than_agreed(account, rows, found):
    agree(account, "subscription", per_line=Decimal(39))
    assert charge(account, *((C.SUBSCRIPTION, amount, day) for amount, day in rows)) == found


def test_it_names_the_rule_and_the_rows_and_closes_when_the_statement_comes_again(account):
    rule = agree(account, "subscription", per_line=Decimal(39))
    charge(account, (C.SUBSCRIPTION, "-49.00", 1))
    found = Discrepancy.objects.get()
    assert (found.severity, found.settlement.external_id, found.settlement_line.row_no) == ("S3", "S-1", 1)
    assert found.evidence == {
        "class": "subscription", "month": "2026-09", "expected_fee": "39.0000", "charged_fee": "49.0000",
        "tolerance": "0.7800", "rule": rule.pk, "rule_from": "2026-09-01", "rule_source": "contract",
    }  # fmt: skip
    assert charge(account, (C.ADVERTISING, "-1.00", 1), page=2) == []


def test_it_judges_no_plan_that_nobody_agreed(account):
    assert charge(account, (C.SUBSCRIPTION, "-49.00", 1)) == []


@pytest.fixture
def stored(account):
    """A hundred mugs of a litre in the pool on every day of September, at 26.50 the cubic metre: 2.65."""
    agree(account, "storage", per_volume=Decimal("26.50"))
    place = Warehouse.objects.create(code="pool", label="Pool", account=account, pool="eu", fulfilment="marketplace")
    mug = Sku.objects.create(
        code="MUG", product=Product.objects.create(title="Mug"), length_mm=200, width_mm=100, height_mm=50
    )
    StockDay.objects.bulk_create(
        StockDay(warehouse=place, sku=mug, day=SEPTEMBER + timedelta(days=n), on_hand=100, counted_to=NOON)
        for n in range(30)
    )


@pytest.mark.parametrize(
    ("amounts", "found"),
    [
        (["-2.65"], []),
        (["-1.65", "-1.00"], []),
        (["-2.70"], []),
        (["-2.71"], [("fee_overcharge", Decimal("0.06"))]),
        (["-2.65", "-2.65"], [("duplicate", Decimal("2.65"))]),
        (["-3.00", "-3.00"], [("duplicate", Decimal(3)), ("fee_overcharge", Decimal("0.35"))]),
    ],
    ids=["due", "in parts", "two per cent", "beyond", "twice", "beyond and twice"],
)
def test_it_finds_storage_that_costs_more_than_its_rate(account, stored, amounts, found):
    told = charge(account, *((C.STORAGE, amount, 6) for amount in amounts))
    assert [(kind, amount) for kind, amount, _ in told] == found


def test_it_packs_the_rows_of_the_month_for_a_claim(account):
    agree(account, "subscription", per_line=Decimal(39))
    charge(account, (C.ADVERTISING, "-5.00", 1), (C.SUBSCRIPTION, "-49.00", 2))
    claim = claims.submit(claims.open_for(Discrepancy.objects.get(), by="fin"), by="fin")
    assert (claim.asked, claim.evidence["raw_pages"]) == (Decimal(10), [1])
    assert [(row["row"], row["class"], row["amount"]) for row in claim.evidence["rows"]] == [
        (2, "subscription", "-49.0000")
    ]
