"""Fees that are too high, that nobody agreed, or that a refund did not bring back; and silence on sound statements."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from catalog.models import Product, Sku
from config.core import clock
from finance import discrepancies, sinks
from finance.models import Discrepancy, FeeRule, Settlement
from finance.services import fees, reconcile
from inventory.models import OrderLine
from marketplaces.canonical import FeeTariff, OrderStatus
from marketplaces.canonical import LineClass as C
from tests import factories
from tests.finance.conftest import euro, header, line

pytestmark = pytest.mark.django_db
DAY = date(2026, 9, 1)
A = {"order_id": "O-A", "line_id": "LA", "sku": "MUG-BLUE"}


def tariff(line_class=C.COMMISSION, **changes):
    return FeeTariff(
        line_class=line_class, valid_from=DAY, source="contract", **{k: _exact(v) for k, v in changes.items()}
    )


def _exact(value):
    return Decimal(value) if isinstance(value, str) and value.replace(".", "").isdigit() else value


def item(external_id="LA", *, sku="MUG-BLUE", quantity=2, total="49.90"):
    return factories.order_line(
        external_id, sku=sku, quantity=quantity, quantity_shipped=quantity, item_total=euro(total), unit_price=None
    )


AGREED = (
    tariff(basis="item", rate="0.15"),
    tariff(C.FULFILMENT, per_unit="3.55", currency="EUR"),
    tariff(C.ADMINISTRATION_FEE, basis="commission", rate="0.20", maximum="5.00", currency="EUR"),
)


@pytest.fixture
def tell(account, sell, noon):
    """Agree the schedule, land the order and one statement of these rows, and judge it; gives what is open."""

    def told(*rows, agreed=AGREED, is_complete=True, orders=None, total=None):
        fees.agree(account.pk, agreed, by="fin", is_complete=is_complete)
        sell(*(orders or [factories.order("O-A", status=OrderStatus.SHIPPED, lines=(item(),))]))
        fees.expect(account.pk, list(OrderLine.objects.values_list("pk", flat=True)))
        source = factories.source(account, "settlements")
        made = [line(number, *row, **(more[0] if more else A)) for number, (row, *more) in enumerate(rows, start=1)]
        whole = sum((row.amount.amount for row in made), Decimal(0)) if total is None else Decimal(total)
        sinks.settlements([header(total=str(whole))], source)
        sinks.settlement_lines(made, source)
        reconcile.reconcile_open()
        return opened()

    return told


def opened():
    rows = Discrepancy.objects.filter(state="open").order_by("kind", "order_ref")
    return [(row.kind, row.amount.normalize() if row.amount is not None else None) for row in rows]


SALE = (((C.PRINCIPAL, "49.90"),), ((C.COMMISSION, "-7.49"),), ((C.FULFILMENT, "-7.10"),))
REFUND = (((C.REFUND_PRINCIPAL, "-24.95"),), ((C.FEE_REVERSAL, "3.75"),), ((C.ADMINISTRATION_FEE, "-0.75"),))


def test_it_finds_nothing_on_a_sound_statement(tell):
    assert tell(*SALE, *REFUND) == []


@pytest.mark.parametrize(("charged", "found"), [("-7.63", []), ("-7.64", [("fee_overcharge", Decimal("0.15"))])])
def test_it_tolerates_two_per_cent_and_no_more(tell, charged, found):
    assert tell(SALE[0], ((C.COMMISSION, charged),), SALE[2]) == found


def test_it_names_the_dated_rule_that_says_so(tell):
    tell(SALE[0], ((C.COMMISSION, "-9.00"),), SALE[2])
    found, rule = Discrepancy.objects.get(), FeeRule.objects.get(line_class="commission", account__key="shop")
    assert (found.severity, found.order_line.external_id, found.settlement.external_id) == ("S3", "LA", "S-1")
    shown = {
        key: found.evidence[key] for key in ("class", "expected_fee", "charged_fee", "source", "rule", "rule_from")
    }
    assert shown == {
        "class": "commission", "expected_fee": "7.4900", "charged_fee": "9.0000", "source": "agreed", "rule": rule.pk,
        "rule_from": "2026-09-01",
    }  # fmt: skip


def test_it_is_no_overcharge_when_the_same_fee_was_charged_twice(tell):
    assert tell(*SALE, SALE[1]) == [("duplicate", Decimal("7.49"))]


def test_it_judges_nothing_where_no_fee_is_known(tell):
    unknown = (tariff(C.FULFILMENT, per_unit="3.55", currency="EUR"),)
    assert tell(SALE[0], ((C.COMMISSION, "-20.00"),), SALE[2], agreed=unknown, is_complete=False) == []
    Discrepancy.objects.all().delete()
    weighed = tariff(C.FULFILMENT, per_unit="1.00", currency="EUR", weight_below_g=100)
    fees.agree(Settlement.objects.get().account_id, [tariff(basis="item", rate="0.40"), weighed], by="fin")
    fees.expect(Settlement.objects.get().account_id, list(OrderLine.objects.values_list("pk", flat=True)))
    discrepancies.refresh([Settlement.objects.get().pk])
    assert opened() == []


def test_it_finds_a_fee_that_was_not_agreed_only_where_the_schedule_is_complete(tell):
    strange = ((C.CLOSING, "-1.01"),)
    assert tell(*SALE, strange) == [("unexpected_fee", Decimal("1.01"))]
    found = Discrepancy.objects.get()
    assert (found.severity, found.evidence["class"], found.evidence["rule_from"]) == ("S3", "closing", "2026-09-01")
    FeeRule.objects.filter(line_class="").update(withdrawn_at=factories.NOON)
    discrepancies.refresh([found.settlement_id])
    assert opened() == []


def test_it_finds_a_fee_that_was_agreed_to_be_nothing(tell):
    free = (*AGREED[:1], tariff(C.FULFILMENT, programme="merchant"))
    assert tell(*SALE, agreed=free, is_complete=False) == [("unexpected_fee", Decimal("7.1"))]


def test_it_finds_a_fee_from_the_day_on_which_its_agreement_ended(tell):
    closing = tariff(C.CLOSING, per_line="1.01", currency="EUR")
    ended = replace(tariff(C.CLOSING, currency="EUR", is_end=True), valid_from=date(2026, 10, 2))
    assert tell(*SALE, ((C.CLOSING, "-1.01"),), agreed=(*AGREED, closing, ended)) == [
        ("unexpected_fee", Decimal("1.01"))
    ]


def test_it_finds_the_commission_that_a_refund_did_not_bring_back(tell):
    assert tell(*SALE, REFUND[0], REFUND[2]) == [("refund_without_credit", Decimal("3.75"))]
    evidence = Discrepancy.objects.get().evidence
    assert (evidence["credit_due"], evidence["credited"], evidence["may_keep"], evidence["kept"]) == (
        "3.75", "0", "0.75", "0.7500",
    )  # fmt: skip


def test_it_finds_the_credit_of_the_worked_statement_without_any_schedule(tell):
    rows = [
        ((C.PRINCIPAL, "49.90"),), ((C.SHIPPING, "3.99"),), ((C.COMMISSION, "-8.08"),), ((C.FULFILMENT, "-7.10"),),
        ((C.REFUND_PRINCIPAL, "-24.95"),), ((C.ADMINISTRATION_FEE, "-0.75"),),
    ]  # fmt: skip
    shipped = factories.order("O-A", status=OrderStatus.SHIPPED, lines=(replace(item(), shipping=euro("3.99")),))
    assert tell(*rows, agreed=(), is_complete=False, orders=[shipped]) == [("refund_without_credit", Decimal("3.74"))]


@pytest.mark.parametrize(
    ("commission", "missing"),
    [("-10.92", "10.92"), ("-11.91", "10.92"), ("-11.00", "10.08")],
    ids=["goods", "all", "neither"],
)
def test_it_learns_from_the_rate_whether_a_commission_fell_on_shipping_where_no_schedule_tells(
    tell, commission, missing
):
    rows = [
        ((C.PRINCIPAL, "72.80"),), ((C.SHIPPING, "6.62"),), ((C.COMMISSION, commission),), ((C.REFUND_PRINCIPAL, "-72.80"),),
    ]  # fmt: skip
    of = replace(item(quantity=1, total="72.80"), shipping=euro("6.62"))
    shipped = factories.order("O-A", status=OrderStatus.SHIPPED, lines=(of,))
    assert tell(*rows, agreed=(), is_complete=False, orders=[shipped]) == [("refund_without_credit", Decimal(missing))]


def test_it_finds_that_more_was_kept_of_a_refund_than_the_rule_allows(tell):
    assert tell(*SALE, *REFUND[:2], ((C.ADMINISTRATION_FEE, "-3.75"),)) == [("refund_without_credit", Decimal("3"))]


def test_it_waits_a_week_for_the_credit(tell):
    late = {**A, "posted_at": factories.NOON - timedelta(days=6)}
    assert tell(*SALE, (REFUND[0][0], late)) == []
    settlement = Settlement.objects.get()
    with clock.frozen(factories.NOON + timedelta(days=2)):
        discrepancies.refresh([settlement.pk])
    assert opened() == [("refund_without_credit", Decimal("3"))]


def test_it_says_nothing_of_a_statement_that_is_not_whole(tell):
    assert [kind for kind, _ in tell(*SALE, REFUND[0], total="39.00")] == ["inconsistent"]


def test_it_expects_no_credit_where_the_commission_is_agreed_to_be_kept(tell):
    kept = (*AGREED, tariff(C.FEE_REVERSAL, basis="commission", rate="0"))
    assert tell(*SALE, REFUND[0], agreed=kept) == []


def test_it_is_systematic_when_ten_lines_of_one_sku_are_charged_too_much(tell):
    product = Product.objects.create(title="Mug")
    Sku.objects.create(code="MUG-BLUE", product=product)
    orders, rows = [], []
    for number in range(10):
        name, of = f"O-{number}", {"order_id": f"O-{number}", "line_id": "LA", "sku": "MUG-BLUE"}
        orders.append(factories.order(name, status=OrderStatus.SHIPPED, lines=(item(),)))
        rows += [((C.PRINCIPAL, "49.90"), of), ((C.COMMISSION, "-9.49"), of)]
    assert tell(*rows, orders=orders) == [("fee_overcharge", Decimal("2"))] * 10
    linked = OrderLine.objects.filter(sku=None).count() == 0
    severities = set(Discrepancy.objects.values_list("severity", flat=True))
    assert (linked, severities) == (True, {"S2"})
    assert Discrepancy.objects.first().evidence["same_sku"] == 10


def test_it_closes_an_overcharge_when_the_schedule_turns_out_to_allow_it(tell, account):
    tell(SALE[0], ((C.COMMISSION, "-9.98"),), SALE[2])
    assert opened() == [("fee_overcharge", Decimal("2.49"))]
    fees.agree(account.pk, [tariff(basis="item", rate="0.20")], by="fin")
    fees.expect(account.pk, list(OrderLine.objects.values_list("pk", flat=True)))
    discrepancies.refresh([Settlement.objects.get().pk])
    assert opened() == []
