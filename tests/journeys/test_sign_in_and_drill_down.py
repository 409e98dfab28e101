"""Somebody signs in, sees the day, and follows the money down to one product."""

from decimal import Decimal

import pytest
from playwright.sync_api import expect

from catalog.services import products
from config.core import clock
from config.core.money import Money
from inventory import sinks
from inventory.services import sales
from marketplaces import registry
from tests import factories

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def sold(live_server):
    """Three orders of today: two mugs each in one store, in two currencies."""
    products.create(code="MUG-BLUE", title="Blue mug", brand="Kiln")
    shop = factories.account("shop", label="The shop")
    now = clock.now()
    for number, currency in ((1, "EUR"), (2, "EUR"), (3, "TRY")):
        line = factories.order_line(item_total=Money(Decimal("39.90"), currency), unit_price=None)
        order = factories.order(
            f"O-{number}", channel="DE", currency=currency, ordered_at=now, changed_at=now, lines=(line,)
        )
        sinks.orders([order], factories.source(shop, at=now))
    sales.roll_up(shop.pk, [str(now.date())])
    return shop


def test_a_person_signs_in_and_follows_the_money_to_a_product(sold, desk):
    page = desk()
    expect(page.locator("#tile-revenue")).to_contain_text("without TRY: no rate")
    expect(page.locator(".nf-feed")).to_contain_text("O-3")
    page.locator("#tile-revenue").get_by_role("link", name="Drill down").click()
    page.get_by_label("Currency").select_option("each")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name=registry.get(sold.marketplace).label, exact=True).click()
    page.get_by_role("link", name="The shop DE").click()
    expect(page.locator(".nf-table tbody tr")).to_have_count(1)
    expect(page.locator(".nf-table tbody")).to_contain_text("79.80")
    page.get_by_role("link", name="MUG-BLUE Blue mug").click()
    expect(page.locator("h1")).to_contain_text("MUG-BLUE")
    expect(page.locator(".nf-figures")).to_contain_text("6")


def test_a_stranger_with_a_wrong_password_stays_outside(sold, chromium, live_server):
    host = f"http://north.localhost:{live_server.url.rpartition(':')[2]}"
    with chromium.new_context(base_url=host) as context:
        page = context.new_page()
        page.goto("/orders/")
        page.fill("[name=username]", "nobody")
        page.fill("[name=password]", "guess")
        page.press("[name=password]", "Enter")
        expect(page.locator("body")).to_contain_text("Please enter the correct username and password")
        assert page.url == f"{host}/admin/login/?next=/orders/"


def test_somebody_finds_an_order_by_typing_into_the_box(sold, desk):
    page = desk()
    page.get_by_role("searchbox").first.press_sequentially("O-2")
    page.locator(".nf-drop").get_by_role("link", name="O-2").click()
    expect(page.locator("h1")).to_contain_text("Order O-2")


def test_a_phone_shows_the_day_and_the_orders_without_sideways_scrolling(sold, desk):
    page = desk()
    page.set_viewport_size(PHONE)
    for path in ("/", "/orders/", "/sales/", "/products/MUG-BLUE/"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
