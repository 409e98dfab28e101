"""Schedules are added, replaced, ended and withdrawn, and what they change is reckoned anew."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from config.core import work
from config.core.models import WorkItem
from finance import sinks
from finance.models import ExpectedFee, FeeQuote, FeeRule
from finance.services import fees, tariffs
from inventory.models import OrderLine
from marketplaces import registry
from marketplaces.canonical import Fee, FeePart, FeeTariff, LineClass
from marketplaces.models import Account
from tests import factories
from tests.finance.conftest import euro

pytestmark = pytest.mark.django_db
START = date(2026, 9, 1)


def tariff(line_class=LineClass.COMMISSION, **changes):
    values = {"valid_from": START, "source": "contract of August", "basis": "item", "rate": Decimal("0.15"), **changes}
    return FeeTariff(line_class=line_class, **values)


@pytest.fixture
def lines(account, sell):
    """Two lines: 39.90 for two mugs, 20.00 for a pan."""
    FeeRule.objects.all().delete()
    pan = factories.order_line("L2", sku="PAN", quantity=1, unit_price=euro("20.00"), item_total=euro("20.00"))
    sell(factories.order("O-1", lines=(factories.order_line("L1"), pan)))
    return [line.pk for line in OrderLine.objects.order_by("external_id")]


def amounts():
    rows = ExpectedFee.objects.order_by("order_line__external_id", "line_class")
    return [(row.order_line.external_id, row.line_class, row.amount) for row in rows]


def wishes(job):
    found = WorkItem.objects.filter(job=job).values_list("account_id", "kwargs")
    return [{"account_id": account_id, **kwargs} for account_id, kwargs in found]


def test_it_expects_what_was_agreed(account, lines):
    fees.agree(account.pk, [tariff()], by="fin")
    assert fees.expect(account.pk, lines) == {"lines": 2, "changed": 2}
    assert amounts() == [("L1", "commission", Decimal("-5.9900")), ("L2", "commission", Decimal("-3.0000"))]
    assert fees.expect(account.pk, lines) == {"lines": 2, "changed": 0}


def test_it_leaves_equal_rows_and_replaces_those_that_say_something_else(account, lines):
    assert fees.agree(account.pk, [tariff()], by="fin") == {"added": 1, "withdrawn": 0, "kept": 0}
    assert fees.agree(account.pk, [tariff()], by="fin") == {"added": 0, "withdrawn": 0, "kept": 1}
    assert fees.agree(account.pk, [tariff(rate=Decimal("0.12"))], by="fin") == {"added": 1, "withdrawn": 1, "kept": 0}
    assert fees.expect_orders(account.pk, ["O-1"]) == {"lines": 2, "changed": 2}
    assert [amount for *_, amount in amounts()] == [Decimal("-4.7900"), Decimal("-2.4000")]
    former = FeeRule.objects.exclude(withdrawn_at=None).get()
    assert (former.rate, former.withdrawn_by) == (Decimal("0.15"), "fin")


def test_it_says_that_nothing_else_was_agreed(account, lines):
    fees.agree(account.pk, [tariff()], by="fin", is_complete=True)
    assert list(FeeRule.objects.order_by("line_class").values_list("line_class", "rate")) == [
        ("", Decimal(0)), ("commission", Decimal("0.15")),
    ]  # fmt: skip
    fees.expect(account.pk, lines)
    assert {name for _, name, _ in amounts()} == {"commission"}


def test_it_asks_for_the_lines_since_the_day_that_changed(account, lines):
    fees.agree(account.pk, [tariff(), tariff(valid_from=date(2026, 10, 1))], by="fin")
    assert wishes("finance.expect_fees_since") == [{"account_id": account.pk, "since": "2026-09-01"}]
    assert fees.expect_since(account.pk, "2026-10-03") == {"lines": 0, "changed": 0}
    assert fees.expect_since(account.pk, "2026-10-02") == {"lines": 2, "changed": 2}


def test_it_ends_a_row_and_withdraws_a_mistake(account, lines):
    fees.agree(account.pk, [tariff()], by="fin")
    rule = FeeRule.objects.get()
    with pytest.raises(ValidationError, match="begins on 2026-09-01"):
        tariffs.end(rule, on=START, by="fin")
    ended = tariffs.end(rule, on=date(2026, 10, 2), by="fin")
    fees.expect(account.pk, lines)
    assert amounts() == []
    tariffs.withdraw(ended, by="boss")
    fees.expect(account.pk, lines)
    assert len(amounts()) == 2
    with pytest.raises(ValidationError, match="withdrawn already"):
        tariffs.withdraw(ended, by="boss")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"line_class": "tips"}, "no class of fee"),
        ({"per_unit": Decimal(1)}, "in which currency"),
        ({"basis": "nothing"}, "share of"),
        ({"rate": Decimal(15)}, "from 0 to 1"),
        ({"per_line": Decimal(-1), "currency": "EUR"}, "positive"),
        ({"price_from": Decimal(9), "price_below": Decimal(1), "currency": "EUR"}, "below its beginning"),
    ],
)
def test_it_refuses_a_row_that_makes_no_sense(account, changes, why):
    values = {
        "line_class": "commission", "valid_from": START, "basis": "item", "rate": Decimal("0.1"), "source": "x",
    }  # fmt: skip
    with pytest.raises(ValidationError, match=why):
        tariffs.add(account.pk, {**values, **changes}, by="fin")
    assert not FeeRule.objects.filter(entered_by="fin").exists()


def test_it_refuses_a_second_row_of_one_key_day_and_tier(account):
    values = {
        "line_class": "commission", "valid_from": START, "basis": "item", "rate": Decimal("0.1"), "source": "x",
    }  # fmt: skip
    tariffs.add(account.pk, values, by="fin")
    with pytest.raises(ValidationError):
        tariffs.add(account.pk, values, by="fin")


def test_it_publishes_each_schedule_once_and_never_touches_what_was_agreed(account, lines):
    fees.agree(account.pk, [tariff()], by="fin")
    tariffs.publish()
    published = FeeRule.objects.filter(account=None, withdrawn_at=None).count()
    assert published == sum(len(registry.tariff(adapter.key)) for adapter in registry.all_adapters())
    assert tariffs.publish()["added"] == 0
    assert FeeRule.objects.filter(account=account, withdrawn_at=None).count() == 1
    FeeRule.objects.create(
        marketplace=account.marketplace, line_class="penalty", valid_from=START, source="no longer published"
    )
    tariffs.publish()
    assert FeeRule.objects.get(line_class="penalty").withdrawn_by == "published"


def test_it_reckons_the_lines_of_new_orders(account, sell):
    sell(factories.order("O-7"))
    sinks.orders([factories.order("O-7")], factories.source(account))
    assert wishes("finance.expect_fees_of_orders") == [{"account_id": account.pk, "orders": ["O-7"]}]


def test_it_reckons_the_lines_that_a_new_quote_may_be_about(account, lines, noon):
    quote = Fee(
        external_id="PAN", sku="PAN", price=euro("20.00"), quoted_at=factories.NOON,
        parts=(FeePart(line_class=LineClass.COMMISSION, label="fee", amount=euro("-2.70")),),
    )  # fmt: skip
    sinks.fees([quote], factories.source(account, "fees"))
    found = FeeQuote.objects.get()
    assert wishes("finance.expect_quoted_fees") == [{"account_id": account.pk, "quotes": [found.pk]}]
    assert fees.expect_quoted(account.pk, [found.pk]) == {"lines": 1, "changed": 1}
    fee = ExpectedFee.objects.get()
    assert (fee.amount, fee.source, fee.quote_id) == (Decimal("-2.7000"), "quote", found.pk)


def test_it_asks_for_every_account_each_night(account):
    Account.objects.exclude(pk=account.pk).delete()
    assert fees.expect_recent() == {"accounts": 1}
    assert [wish["account_id"] for wish in wishes("finance.expect_fees_since")] == [account.pk]
    assert work.later("finance.expect_recent_fees") is not None


def test_it_spreads_what_is_agreed_per_order_over_its_lines(account, lines):
    fees.agree(
        account.pk, [tariff(rate=Decimal(0), basis="nothing", per_order=Decimal("0.35"), currency="EUR")], by="fin"
    )
    fees.expect(account.pk, lines)
    assert amounts() == [("L1", "commission", Decimal("-0.2300")), ("L2", "commission", Decimal("-0.1200"))]


def test_it_knows_a_published_fee_as_soon_as_the_vat_on_fees_is_said(account, lines):
    FeeRule.objects.create(
        marketplace=account.marketplace, line_class="commission", valid_from=START, basis="item", rate=Decimal("0.15"),
        vat="on_top", source="published",
    )  # fmt: skip
    fees.expect(account.pk, lines)
    assert {row.reason for row in ExpectedFee.objects.all()} == {"no_fee_vat"}
    tariffs.tax(account.pk, {"valid_from": START, "rate": Decimal("0.19"), "source": "invoice"}, by="fin")
    assert wishes("finance.expect_fees_since") == [{"account_id": account.pk, "since": "2026-09-01"}]
    assert fees.expect_since(account.pk, "2026-09-01") == {"lines": 2, "changed": 2}
    assert amounts() == [("L1", "commission", Decimal("-7.1300")), ("L2", "commission", Decimal("-3.5700"))]
    later = {"valid_from": date(2030, 1, 1), "rate": Decimal(0), "source": "moved abroad"}
    tariffs.tax(account.pk, later, by="fin")
    assert fees.expect_since(account.pk, "2026-09-01") == {"lines": 2, "changed": 0}
    with pytest.raises(ValidationError, match="share from 0 to 1"):
        tariffs.tax(account.pk, {**later, "rate": Decimal(19)}, by="fin")
