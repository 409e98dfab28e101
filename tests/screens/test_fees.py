"""The pages of fees in one browser, within their budgets: schedules, one row, expected fees, quotes, months, an order."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from catalog.models import Product, Sku
from config.core.permissions import Role
from finance import sinks
from finance.models import FeeQuote, FeeRule
from finance.services import fees
from inventory.models import OrderLine, StockDay, Warehouse
from marketplaces.canonical import FeeTariff, LineClass
from tests import factories
from tests.factories import NOON
from tests.finance.conftest import header, line

pytestmark = pytest.mark.django_db
SINCE = date(2026, 9, 1)
FORM = {
    "action": "add", "account": "shop", "line_class": "commission", "valid_from": "2026-10-01", "percent": "12,5",
    "basis": "item", "minimum": "0.30", "is_limit_per_piece": "on", "currency": "eur", "source": "letter of May",
    "rounding": "down", "vat": "included",
}  # fmt: skip


@pytest.fixture
def account(shop):
    return shop


@pytest.fixture
def agreed(account):
    FeeRule.objects.all().delete()
    rows = [
        FeeTariff(
            line_class=LineClass.COMMISSION, valid_from=SINCE, source="contract", basis="item", rate=Decimal("0.15")
        ),
        FeeTariff(
            line_class=LineClass.SUBSCRIPTION, valid_from=SINCE, source="contract", per_line=Decimal(39), currency="EUR"
        ),
    ]
    fees.agree(account.pk, rows, by="fin", is_complete=True)
    return FeeRule.objects.get(line_class="commission")


def test_it_lists_schedules_and_adds_what_was_agreed(owner, account, agreed, budget):
    with budget("fees"):
        shown = owner.get("/money/fees/")
    assert [row["cells"][4]["value"] for row in shown.context["rows"]] == [
        "no other fee was agreed", "15% of goods less discounts", "39 per line",
    ]  # fmt: skip
    assert owner.post("/money/fees/", FORM).status_code == 302
    made = FeeRule.objects.get(source="letter of May")
    assert (made.rate, made.minimum, made.rounding, made.currency, made.entered_by, made.is_limit_per_piece) == (
        Decimal("0.125"), Decimal("0.30"), "down", "EUR", "owner", True,
    )  # fmt: skip
    assert "no account" not in owner.get("/money/fees/").content.decode()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"percent": "x"}, "is not a number"),
        ({"percent": "150"}, "from 0 to 1"),
        ({"valid_from": "2026-13-01"}, "write the day"),
        ({"currency": ""}, "in which currency"),
        ({"account": ""}, "choose the account"),
    ],
)
def test_it_says_why_a_row_was_not_added(owner, account, change, why):
    before = FeeRule.objects.count()
    answer = owner.post("/money/fees/", {**FORM, **change}, follow=True)
    assert why in answer.content.decode()
    assert FeeRule.objects.count() == before


def test_it_shows_how_a_fee_changed_and_ends_or_withdraws_it(owner, account, agreed, budget):
    with budget("fee"):
        shown = owner.get(f"/money/fees/{agreed.pk}/")
    assert shown.context["words"] == "15% of goods less discounts"
    owner.post(f"/money/fees/{agreed.pk}/", {"action": "end", "on": "2026-10-01"})
    history = owner.get(f"/money/fees/{agreed.pk}/").context["history"]
    assert [(row.standing, says) for row, _, says in history] == [
        ("ended", "ends"), ("replaced", "15% of goods less discounts"),
    ]  # fmt: skip
    owner.post(f"/money/fees/{history[0][0].pk}/", {"action": "withdraw"})
    history = owner.get(f"/money/fees/{agreed.pk}/").context["history"]
    assert [row.standing for row, *_ in history] == ["withdrawn", "holds"]


def test_it_lets_only_finance_and_owners_change_schedules(sign_in, account, agreed):
    browser = sign_in(Role.OPERATIONS)
    assert "Add what was agreed" not in browser.get("/money/fees/").content.decode()
    assert browser.post("/money/fees/", FORM).status_code == 403
    assert browser.post(f"/money/fees/{agreed.pk}/", {"action": "withdraw"}).status_code == 403
    agreed.refresh_from_db()
    assert agreed.withdrawn_at is None


def test_it_shows_expected_fees_on_their_list_and_on_the_order(owner, account, sell, agreed, budget):
    sell("O-1")
    line = OrderLine.objects.get()
    fees.expect(account.pk, [line.pk])
    with budget("expected_fees"):
        shown = owner.get("/money/fees/expected/")
    assert [row["cells"][0]["value"] for row in shown.context["rows"]] == ["O-1"]
    page = owner.get(f"/orders/{line.order_id}/")
    (fee,) = [row.fee for line in page.context["earned"] for row in line.rows if row.fee]
    assert (fee.expected, fee.charged, fee.rule_id) == (Decimal("-5.99"), None, agreed.pk)
    assert "15% of goods less discounts, from 2026-09-01" in page.content.decode()


def test_it_exports_the_schedules_without_formulas(owner, account, agreed):
    FeeRule.objects.filter(pk=agreed.pk).update(source="=1+1")
    text = b"".join(owner.get("/money/fees/?format=csv").streaming_content).decode()
    assert "'=1+1" in text
    assert ",=1+1" not in text


def test_it_lists_quotes(owner, account, budget):
    FeeQuote.objects.create(
        account=account, external_id="MUG", remote_id="MUG", price=Decimal("20"), total=Decimal("-3"), currency="EUR",
        parts=[{"line_class": "commission", "label": "x", "amount": "-3"}], quoted_at=NOON,
    )  # fmt: skip
    with budget("fee_quotes"):
        shown = owner.get("/money/fees/quotes/")
    assert [cell["value"] for cell in shown.context["rows"][0]["cells"]][5:7] == ["15.0%", "commission -3"]


def test_it_does_not_guess_what_storage_should_be(owner, account, agreed, budget, charge):
    charge(LineClass.STORAGE, "-12.40")
    charge(LineClass.SUBSCRIPTION, "-39.00")
    with budget("fees_monthly"):
        shown = owner.get("/money/fees/monthly/")
    rows = {row.line_class: row for row in shown.context["months"][1].sums}
    assert (rows["storage"].expected, rows["storage"].charged) == (None, Decimal("-12.40"))
    assert rows["storage"].why == "no rate for storage is known"
    assert (rows["subscription"].expected, rows["subscription"].charged) == (Decimal("-39"), Decimal("-39.00"))
    told = b"".join(owner.get("/money/fees/monthly/?format=csv")).decode()
    assert "2026-09-01,shop,storage,,-12.4000,EUR,no rate for storage is known" in told


def test_it_shows_what_storing_each_product_should_have_cost(owner, account, noon, budget):
    sku = Sku.objects.create(
        code="=MUG", product=Product.objects.create(title="Mug"), length_mm=200, width_mm=100, height_mm=50
    )
    place = Warehouse.objects.create(code="p", label="Pool", account=account, pool="eu", fulfilment="marketplace")
    StockDay.objects.bulk_create(
        StockDay(warehouse=place, sku=sku, day=SINCE + timedelta(days=n), on_hand=100, counted_to=NOON)
        for n in range(30)
    )
    row = FeeTariff(
        line_class=LineClass.STORAGE, valid_from=SINCE, source="x", per_volume=Decimal("26.50"), currency="EUR"
    )
    fees.agree(account.pk, [row], by="fin")
    with budget("fees_stored"):
        shown = owner.get("/money/fees/storage/?month=2026-09&account=shop")
    assert [(row.sku, row.expected) for row in shown.context["rows"]] == [("=MUG", Decimal("-2.65"))]
    told = b"".join(owner.get("/money/fees/storage/?month=2026-09&format=csv")).decode()
    assert "2026-09-01,shop,'=MUG,Pool,100.00,-2.65,,EUR," in told


def test_it_keeps_which_vat_comes_on_top_of_fees(owner, account, noon):
    at = "/money/fees/habits/?account=shop"
    form = {"action": "tax", "account": "shop", "valid_from": "2026-09-01", "percent": "19", "source": "=invoice"}
    assert "19.00% come on top" in owner.post(at, form, follow=True).content.decode()
    assert "say how many per cent" in owner.post(at, {**form, "percent": ""}, follow=True).content.decode()
    assert [(vat.rate, vat.entered_by != "") for vat in owner.get(at).context["vats"]] == [(Decimal("0.19"), True)]
    of = owner.post(at, {**form, "line_class": "closing", "percent": "0"}, follow=True).content.decode()
    assert "0.00% come on top of closing of" in of
    assert b"fee,charges" in b"".join(owner.get(at + "&format=csv"))


@pytest.fixture
def charge(account, noon):
    """A charge of the whole account on a statement of September."""
    count = iter(range(1, 9))

    def land(line_class, amount):
        source = factories.source(account, "settlements")
        sinks.settlements([header(total=amount)], source)
        sinks.settlement_lines([line(next(count), line_class, amount)], source)

    return land


def test_it_shows_what_charges_say_of_rounding(owner, account, agreed, budget):
    with budget("fee_habits"):
        shown = owner.get("/money/fees/habits/?account=shop")
    assert shown.context["habits"] == []
    assert "No charge of this account" in shown.content.decode()
    owner.post(
        "/money/fees/habits/", {"action": "adopt", "account": "shop", "line_class": "commission", "rounding": "down"}
    )
    held = FeeRule.objects.get(line_class="commission", withdrawn_at=None)
    assert (held.rounding, held.entered_by) == ("down", "owner")
    refused = owner.post(
        "/money/fees/habits/",
        {"action": "adopt", "account": "shop", "line_class": "commission", "rounding": "up"},
        follow=True,
    )
    assert "nothing is rounded" in refused.content.decode()
