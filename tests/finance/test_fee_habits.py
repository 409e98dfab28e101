"""How fees are rounded is learned from what was charged, shown as a proposal, and applied by a person alone."""

from datetime import date
from decimal import Decimal

import pytest

from finance import sinks
from finance.fee_habits import Way, learn
from finance.fees import expected
from finance.models import ExpectedFee, FeeRule, FeeVat
from finance.selectors.fee_habits import habits
from finance.services import fees, reconcile, tariffs
from inventory.models import OrderLine
from marketplaces.canonical import FeeTariff, OrderStatus
from marketplaces.canonical import LineClass as C
from tests import factories
from tests.finance.conftest import euro, header, line
from tests.finance.test_fees import rule, sale

PRICES = [f"{19 + number}.{90 - number}" for number in range(20)]


def charges(way, rate="0.15"):
    """What a marketplace with this way of rounding would charge for a shelf of prices."""
    told = rule(basis="item", rate=rate, rounding=way)
    return [(sale(price), expected(sale(price), [told])["commission"].amount) for price in PRICES]


@pytest.mark.parametrize("way", ["half_even", "down"])
def test_it_learns_how_charges_were_rounded(way):
    habit = learn("commission", charges(way), [rule(basis="item", rate="0.15")])
    assert (habit.charges, habit.best_exact, habit.best.vat_rate) == (20, 20, None)
    assert habit.current_exact < 20
    assert (habit.best.rounding, habit.is_proposed) == (way, habit.telling >= 10)


def test_it_proposes_nothing_when_the_rule_explains_all():
    habit = learn("commission", charges("half_up"), [rule(basis="item", rate="0.15")])
    assert (habit.best, habit.current_exact, habit.is_proposed) == (Way("half_up", None), 20, False)


def test_it_proposes_nothing_when_no_way_explains_the_charges():
    wrong = [(sold, amount + Decimal("0.50")) for sold, amount in charges("down")]
    assert learn("commission", wrong, [rule(basis="item", rate="0.15")]).is_proposed is False
    assert learn("commission", wrong, []) is None


def test_it_learns_the_vat_that_comes_on_top():
    net = rule(basis="item", rate="0.15", vat="on_top", rounding="down")
    charged = rule(basis="item", rate="0.15", vat="on_top", rounding="down", vat_rate="0.19")
    told = [(sale(price), expected(sale(price), [charged])["commission"].amount) for price in PRICES]
    habit = learn("commission", told, [net])
    assert (habit.best, habit.best_exact, habit.is_proposed) == (Way("down", Decimal("0.19")), 20, True)


@pytest.fixture
def settled(account, sell, noon):
    """Twenty sold lines of which the commission was rounded down, under a schedule that rounds half up."""
    FeeRule.objects.all().delete()
    agreed = FeeTariff(
        line_class=C.COMMISSION, valid_from=date(2026, 9, 1), source="s", basis="item", rate=Decimal("0.15")
    )
    fees.agree(account.pk, [agreed], by="fin")
    rows = []
    for number, price in enumerate(PRICES):
        item = factories.order_line(
            "L1", quantity=1, quantity_shipped=1, item_total=euro(price), unit_price=euro(price)
        )
        sell(factories.order(f"O-{number}", status=OrderStatus.SHIPPED, lines=(item,)))
        of = {"order_id": f"O-{number}", "line_id": "L1", "sku": "MUG-BLUE"}
        cut = (Decimal(price) * Decimal("0.15")).quantize(Decimal("0.01"), rounding="ROUND_DOWN")
        rows += [line(len(rows) + 1, C.PRINCIPAL, price, **of), line(len(rows) + 2, C.COMMISSION, str(-cut), **of)]
    source = factories.source(account, "settlements")
    sinks.settlements([header(total=str(sum(row.amount.amount for row in rows)))], source)
    sinks.settlement_lines(rows, source)
    reconcile.reconcile_open()
    return account


@pytest.mark.django_db
def test_it_changes_nothing_before_a_person_approves(settled):
    (habit,) = habits(account=settled)
    assert (habit.line_class, habit.charges, habit.best_exact, habit.is_proposed) == ("commission", 20, 20, True)
    assert FeeRule.objects.get().rounding == "half_up"
    done = tariffs.adopt(settled, "commission", rounding=habit.best.rounding, vat_rate=habit.best.vat_rate, by="boss")
    assert done == {"rows": 1}
    held = FeeRule.objects.get(withdrawn_at=None)
    assert (held.rounding, held.entered_by, FeeRule.objects.exclude(withdrawn_at=None).get().withdrawn_by) == (
        "down", "boss", "boss",
    )  # fmt: skip
    fees.expect(settled.pk, list(OrderLine.objects.values_list("pk", flat=True)))
    assert ExpectedFee.objects.get(order_line__order_ref="O-0").amount == Decimal("-2.98")
    (habit,) = habits(account=settled)
    assert (habit.current_exact, habit.is_proposed) == (20, False)


@pytest.mark.django_db
@pytest.mark.parametrize("known", [None, Decimal("0.19")], ids=["nobody said", "said once for all fees"])
def test_it_learns_from_lines_whose_schedule_leaves_the_vat_to_the_account(settled, known):
    FeeRule.objects.update(vat="on_top")
    if known is not None:
        FeeVat.objects.create(account=settled, valid_from=date(2026, 9, 1), rate=known, source="invoice")
    (habit,) = habits(account=settled)
    assert (habit.current.vat_rate, habit.best) == (known, Way("down", Decimal(0)))


@pytest.mark.django_db
def test_it_writes_published_rows_down_as_agreed_when_their_vat_is_approved(settled):
    FeeRule.objects.all().delete()
    FeeRule.objects.create(
        marketplace=settled.marketplace, line_class="commission", valid_from=date(2026, 9, 1), basis="item",
        rate=Decimal("0.15"), vat="on_top", source="page",
    )  # fmt: skip
    tariffs.adopt(settled, "commission", rounding="down", vat_rate=Decimal("0.19"), by="boss")
    own = FeeRule.objects.get(account=settled)
    assert (own.vat_rate, own.rounding, own.source) == (Decimal("0.19"), "down", "page")
    assert FeeRule.objects.get(account=None).vat_rate is None
