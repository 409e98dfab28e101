"""The day at a glance: exact figures, honest about what is not known, cheap, and only for those who may see."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group

from config.core.money import Money
from config.core.permissions import Role
from config.screens import home, live
from inventory.models import Order
from marketplaces.models import SyncState
from tests.factories import NOON
from tickets.models import HealthDay

pytestmark = pytest.mark.django_db


def test_it_sums_today_yesterday_and_seven_days_in_the_reporting_currency(sell, rate):
    rate("USD", "1.25")
    rate("USD", "1.00", on=NOON.date() - timedelta(days=1))
    sell("O-1", "O-2")
    sell("O-3", currency="USD")
    sell("O-4", currency="USD", days_ago=1)
    sell("O-5", days_ago=7)
    found = home.revenue()["figures"]
    assert found["today"].money == Money(Decimal("39.90") * 2 + Decimal("31.92"), "EUR")
    assert found["yesterday"].money == Money(Decimal("39.90"), "EUR")
    assert found["seven"].money == Money(Decimal("151.62"), "EUR")
    assert found["before"].money == Money(Decimal("39.90"), "EUR")


def test_it_compares_seven_days_with_the_seven_before(sell):
    sell("O-1", "O-2", "O-3")
    sell("O-4", "O-5", days_ago=8)
    assert home.revenue()["change"] == Decimal("50.0")


def test_it_says_which_rate_is_missing_instead_of_taking_one(owner, sell):
    sell("O-1")
    sell("O-2", currency="TRY")
    today = home.revenue()["figures"]["today"]
    assert (today.money, today.known, today.missing) == (None, Money(Decimal("39.90"), "EUR"), ("TRY",))
    assert "without TRY: no rate" in owner.get("/").content.decode()


def test_it_keeps_each_currency_apart_beside_the_sum(sell, rate):
    rate("USD", "1.25")
    sell("O-1")
    sell("O-2", currency="USD", days_ago=1)
    rows = {row["currency"]: row for row in home.revenue()["currencies"]}
    assert (rows["EUR"]["today"], rows["EUR"]["yesterday"]) == (Decimal("39.9000"), Decimal(0))
    assert (rows["USD"]["today"], rows["USD"]["yesterday"]) == (Decimal(0), Decimal("39.9000"))


def test_it_counts_what_waits_and_what_is_late(sell):
    sell("O-1", ship_by=NOON - timedelta(hours=1))
    sell("O-2", ship_by=NOON + timedelta(hours=1))
    sell("O-3", sku="UNKNOWN-1")
    assert home.orders() == {"to_ship": 3, "late": 1, "parked": 1, "placed": 3, "today": NOON.date()}


def test_it_shows_an_account_as_late_when_a_flow_was_not_read_in_time(shop):
    for resource, age in (("orders", timedelta(minutes=5)), ("listings", timedelta(days=30))):
        SyncState.objects.create(account=shop, resource=resource, last_ok_at=NOON - age)
    row = home.strip()[0]
    assert (row.state, row.flows, row.late, row.failing) == ("late", 2, 1, 0)


def test_it_tells_how_much_of_the_history_is_read(shop):
    shop.history_from = NOON - timedelta(days=10)
    shop.save()
    flow = SyncState(
        account=shop,
        resource="orders",
        covered=((NOON - timedelta(days=10), NOON - timedelta(days=5)),),
        last_ok_at=NOON,
    )
    flow.save()
    assert home.history()["share"] == 50


def test_it_needs_no_more_queries_when_there_is_more_to_show(owner, sell, budget):
    owner.get("/")
    sell("O-1", "O-2", "O-3")
    with budget("home"):
        assert owner.get("/").status_code == 200


@pytest.mark.parametrize("name", list(home.TILES))
def test_it_gives_each_tile_an_address_and_a_budget_of_its_own(owner, sell, budget, name):
    sell("O-1")
    owner.get("/")
    with budget(f"home_{name}"):
        assert owner.get(f"/home/{name}/").status_code == 200


def test_it_leads_a_stranger_to_the_sign_in_and_back(at_north, north):
    assert at_north.get("/sales/?period=7").url == "/admin/login/?next=/sales/%3Fperiod%3D7"


def test_it_tells_a_user_without_a_role_why_nothing_opens(sign_in):
    client = sign_in(Role.VIEWER)
    Group.objects.get(name=Role.VIEWER.value).delete()
    answer = client.get("/")
    assert answer.status_code == 403
    assert "Your role does not allow: view" in answer.content.decode()


def test_it_sends_only_what_the_page_has_not_seen(owner, sell):
    sell("O-1")
    first = owner.get("/live/")
    cursor = first.context["cursor"]
    assert [row["order"].external_id for row in first.context["rows"]] == ["O-1"]
    assert owner.get("/live/", {"after": cursor}).context["rows"] == []
    sell("O-2", days_ago=3)
    again = owner.get("/live/", {"after": cursor})
    assert [row["order"].external_id for row in again.context["rows"]] == ["O-2"]


def test_it_begins_a_day_ago_when_a_cursor_cannot_be_read(noon):
    for text in ("", "x", "1~2", "1~2~2026-10-02T00:00:00", "1~x~2026"):
        assert live.read(text).moment == NOON - timedelta(days=1)


def test_it_never_shows_an_order_of_another_client(owner, sell, at_south):
    sell("O-1")
    assert Order.objects.get().external_id == "O-1"
    assert at_south.get("/live/").status_code == 302


def test_it_shows_how_far_each_account_is_from_what_was_expected(owner, shop):
    HealthDay.objects.create(
        account=shop, metric="variance", day=NOON.date(), value=Decimal("0.0062"), numerator=Decimal("6.2"),
        denominator=Decimal(1000), as_of=NOON, band="risk",
    )  # fmt: skip
    page = owner.get("/home/statements/").content.decode()
    assert f'{shop.label} <span class="nf-badge nf-bad">0.62%</span>' in page
