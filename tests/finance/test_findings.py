"""Refunds, reserves, payouts, tax and penalties: what is wrong is found to the cent, and sound data give nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from config.core import clock
from config.core.money import Money
from finance import sinks
from finance.fx.models import Rate
from finance.models import Discrepancy, Settlement
from finance.services import reconcile
from inventory import sinks as inventory_sinks
from marketplaces.canonical import Fulfilment, OrderStatus, Return
from marketplaces.canonical import LineClass as C
from marketplaces.canonical import SettlementLine as Row
from tests import factories
from tests.finance.conftest import START, euro, header, line

pytestmark = pytest.mark.django_db
A = {"order_id": "O-A", "line_id": "LA", "sku": "MUG"}
FORTNIGHT = timedelta(days=14)


def look(days: int) -> dict[str, Decimal | None]:
    with clock.frozen(START + timedelta(days=days)):
        reconcile.reconcile_open()
        reconcile.judge_all()
    return dict(Discrepancy.objects.filter(state="open").values_list("kind", "amount"))


@pytest.fixture
def settle(account):
    """Land the n-th fortnight's statement, reconcile everything a while later, and give what is open."""

    def settled(*rows: Row, number: int = 1, days: int = 20, **head: Any) -> dict[str, Decimal | None]:
        source = factories.source(account, "settlements", at=START + number * FORTNIGHT)
        total = sum((row.amount.amount for row in rows), Decimal(0))
        start = START + (number - 1) * FORTNIGHT
        given = {"external_id": f"S-{number}", "period_start": start, "period_end": start + FORTNIGHT, **head}
        sinks.settlements([header(**{"total": str(total), **given})], source)
        sinks.settlement_lines(rows, source)
        return look(days)

    return settled


@pytest.fixture
def sold(sell):
    """Two mugs of 20.00, net of 4.00 VAT each where it is apart, fulfilled by the marketplace."""

    def land(**changes: Any) -> None:
        values = {"sku": "MUG", "quantity": 2, "quantity_shipped": 2, "unit_price": None, "item_total": euro("40.00"),
                  **changes}  # fmt: skip
        at = START + timedelta(days=1)
        sell(
            factories.order(
                "O-A", status=OrderStatus.SHIPPED, ordered_at=at, changed_at=at, fulfilment=Fulfilment.MARKETPLACE,
                lines=(factories.order_line("LA", **values),),
            )
        )  # fmt: skip

    return land


def give_back(account, **changes: Any) -> None:
    values = {"external_id": "R-1", "order_id": "O-A", "line_id": "LA", "quantity": 1, "returned_at": START, **changes}
    inventory_sinks.returns([Return(**values)], factories.source(account))


REFUNDED = [
    line(1, C.PRINCIPAL, "40.00", quantity=2, **A), line(2, C.REFUND_PRINCIPAL, "-20.00", quantity=1, **A),
    line(3, C.FEE_REVERSAL, "3.00", **A), line(4, C.ADMINISTRATION_FEE, "-0.60", **A),
]  # fmt: skip


def test_it_finds_a_refund_whose_goods_never_came_back_after_45_days(sold, settle, account):
    sold()
    give_back(account, order_id="O-OTHER", line_id="LX")
    assert settle(*REFUNDED, period_end=START + 4 * FORTNIGHT) == {}
    assert look(45) == {}
    assert look(47) == {"refund_without_return": Decimal("20.00")}
    give_back(account)
    assert look(47) == {}


def test_it_says_nothing_of_returns_where_none_are_read(sold, settle):
    sold()
    assert settle(*REFUNDED, days=47, period_end=START + 4 * FORTNIGHT) == {}


def test_it_finds_a_reimbursement_below_what_was_lost(sold, settle, account):
    sold()
    give_back(account, order_id="O-OTHER", line_id="LX")
    loss = Decimal("17.60")
    paid = line(5, C.REIMBURSEMENT, str(loss - 5), quantity=1, **A)
    assert settle(*REFUNDED, paid, days=47, period_end=START + 4 * FORTNIGHT) == {
        "reimbursement_short": Decimal("5.00")
    }
    whole = line(5, C.REIMBURSEMENT, str(loss), quantity=1, **A)
    assert settle(*REFUNDED, whole, days=47, period_end=START + 4 * FORTNIGHT) == {}


def test_it_finds_a_reimbursement_that_is_taken_back_and_names_the_pair(settle):
    assert settle(line(1, C.REIMBURSEMENT, "12.50", sku="MUG")) == {}
    assert settle(line(1, C.CLAWBACK, "-12.50", "S-2", sku="MUG"), number=2) == {
        "reimbursement_short": Decimal("12.50")
    }
    assert Discrepancy.objects.get().evidence["pair"] == "S-1, row 1"


def reserves(number: int, released: str, held: str) -> list[Row]:
    rows = [line(1, C.RESERVE_OUT, released, f"S-{number}"), line(2, C.RESERVE_IN, f"-{held}", f"S-{number}")]
    return [row for row in rows if row.amount.amount]


def test_it_finds_what_is_held_beyond_the_next_statement(settle):
    assert settle(*reserves(1, "120", "85"), number=1) == {}
    assert settle(*reserves(2, "85", "70"), number=2) == {}
    assert settle(*reserves(3, "50", "60"), number=3) == {"reserve_held": Decimal("20.00")}
    told = Discrepancy.objects.get().evidence
    assert [each["held"] for each in told["roll_forward"]] == ["85.0000", "70.0000", "60.0000"]
    assert settle(*reserves(4, "80", "10"), number=4) == {}


def test_it_begins_the_reserve_anew_after_a_statement_that_is_missing(settle):
    settle(*reserves(1, "0", "85"), number=1)
    found = settle(*reserves(3, "10", "5"), number=3, days=45)
    assert found == {"statement_gap": None}
    assert settle(*reserves(4, "5", "9"), number=4, days=59) == {"statement_gap": None}


def test_it_counts_once_what_a_whole_order_of_two_lines_is_fined_and_what_is_taken_back_of_it(sell, settle):
    lines = tuple(factories.order_line(name, sku=name, quantity=1, item_total=euro("40.00")) for name in ("LA", "LB"))
    sell(factories.order("O-A", status=OrderStatus.SHIPPED, lines=lines))
    of = {"order_id": "O-A"}
    rows = [line(1, C.PENALTY, "-6.00", **of), line(2, C.CLAWBACK, "-9.00", **of), line(3, C.RESERVE_OUT, "15.00")]
    assert settle(*rows) == {"penalty": Decimal("6.00"), "reimbursement_short": Decimal("9.00")}


def test_it_finds_a_payout_that_the_bank_returned(settle):
    settle(*reserves(1, "120", "20"))
    Settlement.objects.update(payout_state="returned", payout_reason="account closed")
    assert look(20) == {"payout_returned": Decimal("100.00")}
    found = Discrepancy.objects.get()
    assert (found.severity, found.evidence["reason"]) == ("S1", "account closed")


@pytest.mark.parametrize(
    ("rate", "expected"),
    [("1.1000", {}), ("1.0730", {}), ("1.0700", {"fx_difference": Decimal("3.00")}), ("1.1300", {"fx_difference": -3})],
)
def test_it_finds_a_rate_that_is_far_from_the_reference(settle, rate, expected):
    Rate.objects.filter(currency="USD").delete()
    day = date(2026, 9, 15)
    Rate.objects.create(currency="USD", day=day, per_eur=Decimal("1.1"), source="bank", known_at=START)
    settle(*reserves(1, "120", "20"), deposit_on=day)
    Settlement.objects.update(payout_currency="USD", payout_rate=Decimal(rate))
    assert look(20) == expected


def test_it_finds_tax_that_the_marketplace_kept_only_in_part(sold, settle):
    sold(tax=euro("8.00"))
    rows = [line(1, C.PRINCIPAL, "40.00", quantity=2, **A), line(2, C.TAX, "8.00", **A)]
    assert settle(*rows, line(3, C.TAX_WITHHELD, "-8.00", **A)) == {}
    assert settle(*rows, line(3, C.TAX_WITHHELD, "-9.50", **A)) == {"tax_anomaly": Decimal("1.50")}


def test_it_finds_a_refund_at_another_tax_rate_than_the_sale(sold, settle, account):
    sold(tax=euro("8.00"))
    give_back(account)
    rows = [line(1, C.PRINCIPAL, "40.00", quantity=2, **A), line(2, C.TAX, "8.00", **A),
            line(3, C.REFUND_PRINCIPAL, "-20.00", quantity=1, **A)]  # fmt: skip
    assert settle(*rows, line(4, C.REFUND_TAX, "-4.00", **A)) == {}
    assert settle(*rows, line(4, C.REFUND_TAX, "-5.00", **A)) == {"tax_anomaly": Decimal("1.00")}


def test_it_shows_every_penalty(settle):
    assert settle(line(1, C.PENALTY, "-7.50"), line(2, C.STORAGE, "-1")) == {"penalty": Decimal("7.50")}


def sale() -> list[Row]:
    return [line(1, C.PRINCIPAL, "40.00", quantity=2, **A), line(2, C.COMMISSION, "-6.00", quantity=2, **A)]


def test_it_finds_a_fee_that_stands_again_alone_on_a_later_statement(sold, settle):
    sold()
    assert settle(*sale()) == {}
    again = line(1, C.COMMISSION, "-6.00", "S-2", quantity=2, posted_at=START + timedelta(days=20), **A)
    assert settle(again, number=2) == {"duplicate": Decimal("6.00")}
    assert Discrepancy.objects.get().settlement.external_id == "S-2"


@pytest.mark.parametrize(
    "other",
    [
        line(2, C.PRINCIPAL, "1.00", "S-2", **A), line(2, C.REFUND_PRINCIPAL, "-1.00", "S-2", **A),
        line(2, C.FEE_REVERSAL, "1.00", "S-2", **A),
    ],
)  # fmt: skip
def test_it_does_not_call_a_later_fee_double_when_it_comes_with_something_else(sold, settle, account, other):
    sold(item_total=euro("41.00"))
    give_back(account)
    settle(*sale())
    again = line(1, C.COMMISSION, "-6.00", "S-2", quantity=2, posted_at=START + timedelta(days=20), **A)
    assert "duplicate" not in settle(again, other, number=2)


def test_it_misses_the_second_statement_where_the_rhythm_is_declared(settle, account):
    assert settle(line(1, C.STORAGE, "-1"), days=40) == {}
    account.settings = {"statement_days": 14}
    account.save()
    assert look(31) == {}
    assert look(32) == {"statement_gap": None}


def test_it_misses_the_second_statement_where_another_currency_tells_the_rhythm(settle, account):
    settle(line(1, C.STORAGE, "-1"))
    settle(line(1, C.STORAGE, "-2", "S-2"), number=2)
    dollars = {"amount": Money(Decimal(-1), "USD"), "labels": ("a", "b", "c"), "line_class": C.STORAGE}
    source = factories.source(account, "settlements", at=START + FORTNIGHT)
    sinks.settlements([replace(header("U"), currency="USD", total=Money(Decimal(-1), "USD"))], source)
    sinks.settlement_lines([Row(external_id="U:1", settlement_id="U", row_no=1, **dollars)], source)
    look(33)
    found = Discrepancy.objects.get(state="open")
    assert (found.kind, found.currency) == ("statement_gap", "USD")
