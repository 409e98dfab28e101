"""The accountant's story: two order lines, a refund, storage, ads and a reserve make 21.66 EUR; nothing else does."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

import pytest

from config.core import clock
from finance import sinks
from finance.models import Discrepancy, IdentityCheck, Match, Settlement, SettlementLine
from finance.services import reconcile
from finance.services.bank import deposits
from marketplaces.canonical import LineClass as C
from marketplaces.canonical import OrderStatus
from marketplaces.canonical import SettlementLine as Row
from tests import factories
from tests.factories import NOON
from tests.finance.conftest import START, euro, header, line

pytestmark = pytest.mark.django_db
A = {"order_id": "O-A", "line_id": "LA", "sku": "MUG-BLUE"}
B = {"order_id": "O-B", "line_id": "LB", "sku": "PAN-RED"}


def story() -> list[Row]:
    return [
        line(1, C.PRINCIPAL, "49.90", quantity=2, **A),
        line(2, C.SHIPPING, "3.99", quantity=2, **A),
        line(3, C.COMMISSION, "-8.08", **A),
        line(4, C.FULFILMENT, "-7.10", **A),
        line(5, C.REFUND_PRINCIPAL, "-24.95", quantity=1, **A),
        line(6, C.FEE_REVERSAL, "3.74", **A),
        line(7, C.ADMINISTRATION_FEE, "-0.75", **A),
        line(8, C.PRINCIPAL, "19.90", quantity=1, **B),
        line(9, C.COMMISSION, "-2.99", **B),
        line(10, C.FULFILMENT, "-3.55", **B),
        line(11, C.STORAGE, "-12.40"),
        line(12, C.ADVERTISING, "-31.05"),
        line(13, C.RESERVE_OUT, "120.00"),
        line(14, C.RESERVE_IN, "-85.00"),
    ]


@pytest.fixture
def tell(account, sell, noon):
    """Land the two orders and a statement of 21.66 with the given lines, and reconcile it."""

    def told(rows: Sequence[Row], total: str = "21.66") -> Settlement:
        sell(
            factories.order("O-A", status=OrderStatus.SHIPPED, lines=(_item("LA", "MUG-BLUE", 2, "49.90", "3.99"),)),
            factories.order("O-B", status=OrderStatus.SHIPPED, lines=(_item("LB", "PAN-RED", 1, "19.90", "0"),)),
        )
        source = factories.source(account, "settlements")
        sinks.settlements([header(total=total)], source)
        sinks.settlement_lines(rows, source)
        reconcile.reconcile_open()
        return Settlement.objects.get(external_id="S-1")

    return told


def _item(external_id: str, sku: str, quantity: int, total: str, shipping: str):
    return factories.order_line(
        external_id, sku=sku, quantity=quantity, quantity_shipped=quantity, item_total=euro(total), unit_price=None,
        shipping=euro(shipping),
    )  # fmt: skip


def _sum(scope: str) -> Decimal:
    return sum(SettlementLine.objects.filter(scope=scope).values_list("amount", flat=True), Decimal(0))


def _of(line_ref: str) -> Decimal:
    return sum(Match.objects.filter(order_line__external_id=line_ref).values_list("amount", flat=True), Decimal(0))


def _failed() -> dict[int, tuple[Decimal | None, Decimal | None]]:
    """Expected and actual of the identities that do not hold."""
    return {c.number: (c.expected, c.actual) for c in IdentityCheck.objects.filter(passed=False)}


def _kinds() -> dict[str, Decimal | None]:
    return dict(Discrepancy.objects.filter(state="open").values_list("kind", "amount"))


def test_it_ties_out_to_the_cent(tell):
    settlement = tell(story())
    assert (settlement.state, settlement.residual) == ("matched", Decimal("0.00"))
    assert (_of("LA"), _of("LB")) == (Decimal("16.75"), Decimal("13.36"))
    assert (_sum("order"), _sum("account"), _sum("reserve")) == (Decimal("30.11"), Decimal("-43.45"), Decimal("35.00"))
    assert _kinds() == {}
    passed = dict(IdentityCheck.objects.values_list("number", "passed"))
    assert passed == {1: True, 2: None, 3: True, 4: True, 5: True, 6: None}
    deposits.import_deposits(io.BytesIO(b"account,booked_on,amount,currency\nshop,2026-09-16,21.66,EUR"))
    assert IdentityCheck.objects.get(number=2).passed is True


def test_it_is_inconsistent_when_the_reserve_line_is_dropped(tell):
    settlement = tell([row for row in story() if row.row_no != 14])
    assert (settlement.state, settlement.residual) == ("inconsistent", Decimal("-85.00"))
    assert _kinds() == {"inconsistent": Decimal("-85.00")}
    assert _failed() == {1: (Decimal("21.66"), Decimal("106.66")), 3: (Decimal("85.00"), Decimal(0)), 4: (
        Decimal("21.66"), Decimal("106.66"))}  # fmt: skip


def test_it_misses_the_credit_of_the_commission_when_it_is_dropped(tell):
    settlement = tell([row for row in story() if row.row_no != 6], total="17.92")
    assert (settlement.state, settlement.residual, _of("LA")) == ("matched", Decimal(0), Decimal("13.01"))
    with clock.frozen(START + timedelta(days=40)):
        reconcile.judge_all()
    assert _kinds() == {"refund_without_credit": Decimal("3.74")}


def test_it_is_charged_twice_when_the_ads_row_is_repeated(tell):
    settlement = tell([*story(), line(15, C.ADVERTISING, "-31.05")])
    assert (settlement.state, settlement.residual) == ("inconsistent", Decimal("31.05"))
    assert _kinds() == {"inconsistent": Decimal("31.05"), "duplicate": Decimal("31.05")}
    assert _failed()[1] == (Decimal("21.66"), Decimal("-9.39"))


def test_it_quarantines_b_when_its_order_id_is_wrong(tell):
    settlement = tell([_moved(row) if row.order_id == "O-B" else row for row in story()])
    assert (settlement.state, settlement.residual) == ("tied", Decimal("13.36"))
    assert (_of("LB"), _sum("quarantine")) == (Decimal("0"), Decimal("13.36"))
    assert set(Match.objects.filter(layer=7).values_list("reason", flat=True)) == {"no_line"}
    assert _failed() == {5: (Decimal("30.11"), Decimal("16.75"))}
    with clock.frozen(NOON + timedelta(days=4)):
        reconcile.judge_all()
    assert _kinds() == {"unmatched": Decimal("13.36")}


def _moved(row: Row) -> Row:
    return line(row.row_no, row.line_class, str(row.amount.amount), order_id="O-A", line_id="LB", sku="PAN-RED")


def test_it_quarantines_storage_when_its_label_is_renamed(tell):
    rows = [row for row in story() if row.line_class is not C.STORAGE]
    settlement = tell([*rows, line(11, C.UNKNOWN, "-12.40")])
    assert (settlement.state, settlement.residual) == ("tied", Decimal("-12.40"))
    assert _kinds() == {"unknown_label": Decimal("-12.40")}


def test_it_lands_once_and_matches_the_same_when_it_comes_twice(tell, account):
    tell(story())
    first = list(Match.objects.order_by("settlement_line__row_no").values_list("order_line_id", "layer", "reason"))
    applied = sinks.settlement_lines(story(), factories.source(account, "settlements"))
    reconcile.reconcile(list(Settlement.objects.values_list("pk", flat=True)))
    again = list(Match.objects.order_by("settlement_line__row_no").values_list("order_line_id", "layer", "reason"))
    assert (applied.inserted, applied.updated, applied.unchanged) == (0, 0, 14)
    assert (SettlementLine.objects.count(), again) == (14, first)
