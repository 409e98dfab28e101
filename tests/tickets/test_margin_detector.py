"""A product whose margin erodes opens a ticket that names what drives it; thin knowledge opens nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from catalog.models import Product, RemoteProduct, Sku
from config.core import clock
from config.core.money import Money
from finance import profit, sinks
from finance.models import Cost, Settlement
from finance.selectors import erosion
from finance.services import reconcile
from inventory import sinks as inventory
from marketplaces.canonical import LineClass as C
from marketplaces.canonical import OrderStatus
from tests import factories
from tests.finance.conftest import euro, header, line
from tests.tickets.conftest import keep_fresh, later
from tickets.models import Ticket
from tickets.rules import engine

pytestmark = pytest.mark.django_db
TODAY = date(2026, 10, 2)
TURN = TODAY - erosion.MATURE_AFTER - erosion.WINDOW
SOLD = {C.PRINCIPAL: "39.90", C.COMMISSION: "-5.03", C.FULFILMENT: "-3.55", C.ADVERTISING: "-3.80"}


@pytest.fixture
def mug(shop):
    sku = Sku.objects.create(code="MUG", product=Product.objects.create(title="Mug"))
    RemoteProduct.objects.create(
        account=shop, remote_id="MUG", sku=sku, state="linked", first_seen_at=clock.now(), seen_in="orders"
    )
    cost(sku, "11.20", date(2026, 1, 1))
    return sku


def cost(sku, amount, since):
    Cost.objects.create(
        sku=sku, currency="EUR", valid_from=since, known_at=clock.now(), purchase=Decimal(amount), source="test",
        entered_by="test",
    )  # fmt: skip


@pytest.fixture
def sell(shop, mug):
    """Sell a mug a day over both windows, settle each by these amounts, and compute what was earned."""

    def sold(now=None, *, days=60, settled=True):
        first = TODAY - timedelta(days=days + 1)
        all_days = [first + timedelta(days=number) for number in range(days)]
        inventory.orders([order_of(day) for day in all_days], factories.source(shop))
        former = [day for day in all_days if day <= TURN]
        recent = [day for day in all_days if day > TURN]
        settle(shop, "S-1", former, SOLD)
        settle(shop, "S-2", recent if settled else recent[:1], {**SOLD, **(now or {})}, until=recent[-1])
        reconcile.reconcile(list(Settlement.objects.values_list("pk", flat=True)))
        profit.rebuild(shop.pk, all_days)

    return sold


def order_of(day):
    at = datetime.combine(day, time(12), UTC)
    item = factories.order_line(sku="MUG", quantity=1, item_total=euro("39.90"), quantity_shipped=1)
    return factories.order(
        f"O-{day}", ordered_at=at, changed_at=at, status=OrderStatus.SHIPPED, ship_to_country="DE", lines=(item,)
    )


def settle(shop, number, days, amounts, until=None):
    """One statement over these days, each with one mug sold by these amounts."""
    if not days:
        return
    source = factories.source(shop, "settlements")
    span = {
        "period_start": datetime.combine(days[0], time(), UTC),
        "period_end": datetime.combine((until or days[-1]) + timedelta(days=1), time(), UTC),
    }
    sinks.settlements([header(number, **span)], source)
    told = [(f"O-{day}", line_class, amount) for day in days for line_class, amount in amounts.items()]
    sinks.settlement_lines(
        [
            line(n, c, amount, number, order_id=ref, line_id="L1", quantity=1 if c is C.PRINCIPAL else None)
            for n, (ref, c, amount) in enumerate(told, start=1)
        ],
        source,
    )


def sweep(shop):
    for minutes in (0, 61, 122):
        with later(minutes):
            keep_fresh(shop)
            engine.sweep("finance")
    return list(Ticket.objects.filter(type="margin_erosion"))


def test_it_opens_nothing_while_the_margin_is_sound(shop, sell):
    sell()
    (found,) = erosion.erosion(erosion.sold(on=TODAY), on=TODAY, to="EUR")
    assert round(found.now.cm3_share, 3) == Decimal("0.297")
    assert (found.fall, found.now.units, found.now.why_unmeasured) == (Decimal(0), 30, "")
    assert sweep(shop) == []


@pytest.mark.parametrize(
    ("now", "severity", "driver", "kept"),
    [
        ({C.COMMISSION: "-12.00"}, "S3", "fee", "8.9%"),
        ({C.ADVERTISING: "-14.50"}, "S2", "ads", "-2.2%"),
        ({C.FULFILMENT: "-19.00"}, "S1", "fee", "-16.4%"),
        ({C.PRINCIPAL: "29.90"}, "S3", "price", "6.2%"),
        ({C.RETURN_HANDLING: "-6.00"}, "S3", "return", "11.8%"),
    ],
)
def test_it_opens_a_ticket_that_names_the_driver(shop, sell, now, severity, driver, kept):
    sell(now)
    (ticket,) = sweep(shop)
    assert (ticket.severity, ticket.evidence["shows"]["driver"]) == (severity, driver)
    assert ticket.title == f"MUG keeps {kept} of its revenue; the main driver is {driver}"
    assert ticket.scope_key == f"sku:MUG/marketplace:{shop.marketplace}"
    assert ticket.action_params["sku"] == "MUG"


def test_it_names_a_dearer_cost(shop, mug, sell):
    cost(mug, "20.00", TURN + timedelta(days=1))
    sell()
    (ticket,) = sweep(shop)
    assert (ticket.evidence["shows"]["driver"], ticket.severity) == ("cost", "S3")
    assert ticket.money_per_day == Money(Decimal("3.88"), "EUR").amount


def test_it_tells_a_small_fall_of_a_sound_margin_apart(shop, mug, sell):
    cost(mug, "13.50", TURN + timedelta(days=1))
    sell()
    (ticket,) = sweep(shop)
    assert (ticket.severity, ticket.evidence["shows"]["before"]) == ("S4", "29.7%")


@pytest.mark.parametrize(
    ("days", "settled", "without_cost", "why"),
    [
        (4, True, False, "fewer than 10 units and 200 of net revenue"),
        (60, False, False, "less than 80% of the revenue stands on statements"),
        (60, True, True, "some of the revenue has no cost or VAT"),
    ],
)
def test_it_measures_nothing_where_too_little_is_known(shop, sell, days, settled, without_cost, why):
    if without_cost:
        Cost.objects.all().delete()
    sell({C.COMMISSION: "-20.00"}, days=days, settled=settled)
    (found,) = erosion.erosion(erosion.sold(on=TODAY), on=TODAY, to="EUR")
    assert found.now.why_unmeasured == why
    assert sweep(shop) == []
