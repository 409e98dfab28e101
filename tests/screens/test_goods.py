"""Orders, products, listings, stock and what is not linked: what the pages say, and what their buttons do."""

from datetime import timedelta
from decimal import Decimal

import pytest

from catalog import sinks as catalog_sinks
from catalog.models import Listing, RemoteProduct, Sku
from config.core.models import WorkItem
from config.core.money import Money
from config.core.permissions import Role
from config.screens import order as order_screen
from inventory import sinks
from inventory.models import Order, OrderLine
from marketplaces import canonical, registry
from marketplaces.contract import Capability
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def listed(shop):
    """The mug offered twice, at 10.00 and then at 12.00."""
    for number, price in enumerate(("10.00", "12.00")):
        at = NOON - timedelta(days=2 - number)
        told = canonical.Listing(
            external_id="LIST-1", channel="DE", sku="MUG-BLUE", title="Blue mug", quantity=3, changed_at=at,
            status=canonical.ListingStatus.ACTIVE, status_raw="LIVE", fulfilment=canonical.Fulfilment.MERCHANT,
            price=Money(Decimal(price), "EUR"),
        )  # fmt: skip
        catalog_sinks.listings([told], factories.source(shop, "listings", at=at))
    return Listing.objects.get()


def labels(answer):
    return [row["cells"][0]["value"] for row in answer.context["rows"]]


def test_it_lists_late_orders_and_nothing_else_when_asked(owner, sell):
    sell("O-LATE", ship_by=NOON - timedelta(hours=1))
    sell("O-SOON", ship_by=NOON + timedelta(hours=1))
    answer = owner.get("/orders/?is_late=true")
    assert labels(answer) == ["O-LATE"]
    assert [cell["value"] for cell in answer.context["rows"][0]["cells"] if cell["column"].label == "State"] == ["late"]


def test_it_finds_orders_by_store_status_day_and_waiting_product(owner, sell):
    sell("O-1", channel="DE")
    sell("O-2", channel="FR", days_ago=3)
    sell("O-3", channel="FR", sku="UNKNOWN-1")
    assert labels(owner.get("/orders/?channel=fr")) == ["O-3", "O-2"]
    assert labels(owner.get("/orders/?status=to_ship&status=shipped&day_before=2026-09-30")) == ["O-2"]
    assert labels(owner.get("/orders/?is_parked=true")) == ["O-3"]
    assert labels(owner.get("/orders/?q=o-2")) == ["O-2"]


def test_it_gives_a_spreadsheet_the_number_and_the_currency_apart(owner, sell):
    sell("O-1", total=Money(Decimal("41.50"), "EUR"))
    header, row = b"".join(owner.get("/orders/?format=csv").streaming_content).decode().splitlines()
    assert header.endswith("Total,Total currency")
    assert row.endswith("41.5000,EUR")


def test_it_sends_the_table_alone_when_a_filter_changes(owner, sell):
    sell("O-1")
    part = owner.get("/orders/?q=O", headers={"HX-Request": "true", "HX-Target": "table"}).content.decode()
    assert "O-1" in part
    assert "<html" not in part


def test_it_tells_what_happened_to_an_order_from_every_source(owner, sell, shop):
    sell("O-1")
    sinks.returns(
        [
            canonical.Return(
                external_id="R-1", order_id="O-1", sku="MUG-BLUE", quantity=1, reason="too blue",
                fulfilment=canonical.Fulfilment.MERCHANT, returned_at=NOON + timedelta(days=3),
            )
        ],
        factories.source(shop, "returns"),
    )  # fmt: skip
    placed = Order.objects.get()
    answer = owner.get(f"/orders/{placed.pk}/")
    told = [(step["title"], step["source"]) for step in answer.context["timeline"]]
    assert told == [("created", "orders"), ("returned", "returns")]
    assert "too blue" in answer.content.decode()


def test_it_leads_from_the_marketplaces_number_to_the_order(owner, sell):
    sell("O/1")
    assert owner.get("/orders/of/shop/O/1/").url == f"/orders/{Order.objects.get().pk}/"
    assert owner.get("/orders/of/shop/O-9/").status_code == 404


def test_it_has_an_order_fetched_again_once(owner, sell, shop):
    able = next(a for a in registry.all_adapters() if Capability.ORDERS_BY_ID in a.capabilities)
    shop.marketplace = able.key
    shop.save()
    sell("O-1")
    address = f"/orders/{Order.objects.get().pk}/"
    for _ in range(2):
        owner.post(address, {"action": "fetch_again"})
    item = WorkItem.objects.get(job="marketplaces.fetch_record")
    assert item.kwargs == {"resource": "orders", "external_id": "O-1"}


def test_a_viewer_cannot_have_an_order_fetched_again(sign_in, sell):
    sell("O-1")
    client = sign_in(Role.VIEWER)
    assert client.post(f"/orders/{Order.objects.get().pk}/", {"action": "fetch_again"}).status_code == 403
    assert not WorkItem.objects.filter(job="marketplaces.fetch_record").exists()


def test_it_puts_events_in_the_order_in_which_they_happened(shop):
    early, late = NOON - timedelta(days=2), NOON - timedelta(days=1)
    sinks.orders([factories.order("O-1", ordered_at=early, changed_at=late)], factories.source(shop))
    moments = [step["at"] for step in order_screen.timeline(Order.objects.get(), [], [], [])]
    assert moments == sorted(moments)


def test_it_shows_stock_per_place_with_the_totals_above(owner, shop):
    stock = canonical.Stock(
        external_id="S-1", sku="MUG-BLUE", pool="", fulfilment=canonical.Fulfilment.MARKETPLACE, available=0,
        reserved=2, inbound=5, observed_at=NOON, changed_at=NOON,
    )  # fmt: skip
    sinks.stock([stock], factories.source(shop, "stock"))
    answer = owner.get("/stock/")
    assert labels(answer) == ["MUG-BLUE"]
    sums = answer.context["totals"]
    assert (sums["units_available"], sums["units_reserved"], sums["units_inbound"], sums["sold_out"]) == (0, 2, 5, 1)
    assert labels(owner.get("/stock/?is_out=false")) == []


def test_it_shows_a_listing_with_its_prices_over_time(owner, listed):
    answer = owner.get(f"/listings/{listed.pk}/")
    assert [price for _, price in answer.context["points"]] == [Decimal("10.0000"), Decimal("12.0000")]
    assert labels(owner.get("/listings/?price_min=11")) == ["MUG-BLUE"]
    assert labels(owner.get("/listings/?price_max=11")) == []


def test_it_shows_all_of_a_sku_on_one_page(owner, sell, listed, budget):
    sell("O-1", "O-2")
    owner.get("/products/MUG-BLUE/")
    with budget("sku"):
        answer = owner.get("/products/MUG-BLUE/")
    context = answer.context
    assert (context["sold"], context["open_units"], len(context["listings"])) == (4, 4, 1)
    assert context["total"].money == Money(Decimal("79.80"), "EUR")


def test_it_refuses_an_identifier_that_is_wrong_or_taken(owner, shop):
    for value in ("4006381333932", "4006381333931"):
        owner.post("/products/MUG-BLUE/", {"action": "identify", "kind": "gtin", "value": value})
    assert [each.value for each in Sku.objects.get().identifiers.all()] == ["4006381333931"]


def test_it_ranks_candidates_and_links_what_waits(owner, sell):
    sell("O-1", sku="MUG-BLEU")
    name = RemoteProduct.objects.get(remote_id="MUG-BLEU")
    RemoteProduct.objects.filter(pk=name.pk).update(title="Kiln blue mug 300 ml")
    page = owner.get(f"/unlinked/{name.pk}/")
    assert [(c.sku.code, c.reason) for c in page.context["candidates"]] == [
        ("MUG-BLUE", "50% of the words of the titles")
    ]
    assert page.context["parked"] == (1, 1)
    owner.post(f"/unlinked/{name.pk}/", {"action": "link", "sku": "MUG-BLUE"})
    name.refresh_from_db()
    assert (name.state, name.sku.code, name.linked_by) == ("linked", "MUG-BLUE", "owner")
    assert WorkItem.objects.get(job="inventory.reprocess_parked").kwargs == {"remote_ids": [name.pk]}


def test_it_makes_a_sku_out_of_an_unknown_name(owner, sell):
    sell("O-1", sku="VASE-1")
    name = RemoteProduct.objects.get(remote_id="VASE-1")
    owner.post(f"/unlinked/{name.pk}/", {"action": "create", "code": "VASE-1", "title": "Vase", "brand": "Kiln"})
    name.refresh_from_db()
    assert (name.sku.code, name.sku.title, name.sku.product.brand.name) == ("VASE-1", "Vase", "Kiln")


def test_it_ignores_a_name_only_with_a_reason(owner, sell):
    sell("O-1", sku="VASE-1")
    name = RemoteProduct.objects.get(remote_id="VASE-1")
    owner.post(f"/unlinked/{name.pk}/", {"action": "ignore", "reason": " "})
    assert RemoteProduct.objects.get(pk=name.pk).state == "open"
    owner.post(f"/unlinked/{name.pk}/", {"action": "ignore", "reason": "a sample"})
    assert RemoteProduct.objects.get(pk=name.pk).state == "ignored"
    assert labels(owner.get("/unlinked/")) == []


def test_finance_cannot_link_products(sign_in, sell):
    sell("O-1", sku="VASE-1")
    name = RemoteProduct.objects.get(remote_id="VASE-1")
    client = sign_in(Role.FINANCE)
    assert client.post(f"/unlinked/{name.pk}/", {"action": "link", "sku": "MUG-BLUE"}).status_code == 403
    assert OrderLine.objects.get().sku is None


def test_it_counts_the_lines_that_wait_for_each_name(owner, sell):
    sell("O-1", "O-2", sku="VASE-1")
    sell("O-3", sku="VASE-2")
    answer = owner.get("/unlinked/")
    assert [(r["cells"][0]["value"], r["cells"][4]["value"]) for r in answer.context["rows"]] == [
        ("VASE-1", 2),
        ("VASE-2", 1),
    ]


@pytest.mark.parametrize("path", ["orders", "returns", "stock", "listings", "products", "unlinked"])
def test_every_list_keeps_its_budget(owner, sell, listed, budget, path):
    sell("O-1", "O-2", "O-3", sku="VASE-1")
    owner.get(f"/{path}/")
    with budget(path):
        assert owner.get(f"/{path}/").status_code == 200


def test_the_order_page_keeps_its_budget(owner, sell, budget):
    sell("O-1", lines=tuple(factories.order_line(f"L{n}") for n in range(5)))
    address = f"/orders/{Order.objects.get().pk}/"
    owner.get(address)
    with budget("order"):
        assert owner.get(address).status_code == 200
