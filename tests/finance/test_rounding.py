"""Tolerated differences: posted row by row, never netted, limited per month, and kept with a locked one."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from finance import discrepancies, identities
from finance.identities import Facts
from finance.models import AccountMonth, Discrepancy, RoundingEntry, Settlement
from finance.services import closing
from inventory.models import OrderLine
from marketplaces.canonical import LineClass as C
from marketplaces.canonical import OrderStatus
from tests import factories
from tests.finance.conftest import START
from tests.finance.test_fee_findings import SALE, item, tell  # noqa: F401 - lands a schedule, orders and a statement

pytestmark = pytest.mark.django_db
SEPTEMBER = date(2026, 9, 1)


def posted():
    rows = RoundingEntry.objects.order_by("order_line__external_id", "line_class")
    return [(row.line_class, str(row.expected), str(row.actual), str(row.difference)) for row in rows]


def test_it_posts_a_cent_too_much_and_a_cent_too_little_and_nets_nothing(tell, account):  # noqa: F811
    tell(SALE[0], ((C.COMMISSION, "-7.50"),), ((C.FULFILMENT, "-7.09"),))
    assert posted() == [
        ("commission", "-7.4900", "-7.5000", "-0.0100"), ("fulfilment", "-7.1000", "-7.0900", "0.0100"),
    ]  # fmt: skip
    (told,) = closing.about(account, SEPTEMBER).rounding
    assert (told.fees, told.amount, told.size, told.turnover) == (2, 0, Decimal("0.02"), Decimal("49.90"))
    assert (told.allowed, told.is_within) == (Decimal("5.00"), True)


def test_it_posts_every_difference_within_its_tolerance_and_no_other(tell):  # noqa: F811
    cents = range(-20, 21)
    orders = [
        factories.order(f"O-{n}", status=OrderStatus.SHIPPED, lines=(item(f"L{n}", quantity=1, total="20.00"),))
        for n in range(len(cents))
    ]
    rows = []
    for n, off in enumerate(cents):
        about = {"order_id": f"O-{n}", "line_id": f"L{n}", "sku": "MUG-BLUE"}
        rows += [((C.PRINCIPAL, "20.00"), about), ((C.COMMISSION, str(-3 - Decimal(off) / 100)), about)]
    tell(*rows, orders=orders)
    allowed = Decimal("0.06")  # two per cent of 3.00
    wanted = sorted(
        str(off.quantize(Decimal("0.0001"))) for off in (Decimal(c) / 100 for c in cents) if 0 < abs(off) <= allowed
    )
    assert sorted(difference for *_, difference in posted()) == wanted
    flagged = Discrepancy.objects.filter(kind="fee_overcharge").values_list("amount", flat=True)
    assert sorted(flagged) == [Decimal(c) / 100 for c in cents if Decimal(c) / 100 > allowed]


def test_it_gives_the_same_ledger_twice_and_forgets_what_is_exact_now(tell, account):  # noqa: F811
    tell(SALE[0], ((C.COMMISSION, "-7.50"),), SALE[2])
    ids = list(Settlement.objects.values_list("pk", flat=True))
    discrepancies.refresh(ids)
    assert len(posted()) == 1
    OrderLine.objects.get().expected_fees.filter(line_class="commission").update(amount=Decimal("-7.50"))
    discrepancies.refresh(ids)
    assert posted() == []


def test_it_keeps_the_entries_of_a_locked_month_and_posts_later_ones_in_the_next(tell, account, noon):  # noqa: F811
    tell(SALE[0], ((C.COMMISSION, "-7.50"),), SALE[2])
    AccountMonth.objects.create(
        account=account, month=SEPTEMBER, state="locked", prepared_by="ann", locked_by="bob", locked_at=noon
    )
    ids = list(Settlement.objects.values_list("pk", flat=True))
    OrderLine.objects.get().expected_fees.filter(line_class="commission").update(
        amount=Decimal("-7.49") - Decimal("0.02")
    )
    OrderLine.objects.get().expected_fees.filter(line_class="fulfilment").update(amount=Decimal("-7.11"))
    discrepancies.refresh(ids)
    assert list(RoundingEntry.objects.order_by("line_class").values_list("line_class", "expected", "month")) == [
        ("commission", Decimal("-7.49"), SEPTEMBER), ("fulfilment", Decimal("-7.11"), date(2026, 10, 1)),
    ]  # fmt: skip


def test_it_keeps_a_month_open_when_more_was_rounded_than_may_be(tell, account):  # noqa: F811
    tell(SALE[0], ((C.COMMISSION, "-7.50"),), SALE[2])
    RoundingEntry.objects.update(actual=Decimal("-12.50"))
    check = next(row for row in closing.rows(account, SEPTEMBER) if row.spec.key == "rounding")
    assert (check.passed, check.why) == (False, "too much was rounded: 5.01 EUR of at most 5.00")


@pytest.mark.parametrize(
    ("lines", "deposit", "passed"),
    [(4, "87.52", True), (4, "87.53", False), (400, "88.50", True), (400, "88.51", False), (0, "87.50", True)],
)
def test_it_tolerates_half_a_cent_per_converted_line_and_one_unit_per_statement(lines, deposit, passed):
    facts = Facts(
        total=Decimal(100), line_count=lines, deposit=Decimal(deposit), payout_rate=Decimal("0.875"),
        payout_fee=Decimal(0), period_start=START, former_end=START - timedelta(days=14),
    )  # fmt: skip
    assert identities.checks(facts)[1].passed is passed


def test_it_posts_what_a_converted_payout_differs_by(tell, account):  # noqa: F811
    tell(*SALE)
    held = Settlement.objects.get()
    Settlement.objects.update(payout_rate=Decimal("0.875"), payout_currency="GBP")
    held.checks.filter(number=2).update(expected=Decimal("30.89"), actual=Decimal("30.88"), passed=True)
    discrepancies.refresh([held.pk])
    entry = RoundingEntry.objects.get()
    assert (entry.kind, entry.currency, entry.difference, entry.month) == (
        "exchange",
        "GBP",
        Decimal("-0.01"),
        SEPTEMBER,
    )
