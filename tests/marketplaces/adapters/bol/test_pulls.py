"""What the client pulls equals the world that the sandbox speaks from."""

from collections import Counter, defaultdict
from decimal import Decimal

from marketplaces.adapters.bol.mapping import MAPPERS
from marketplaces.adapters.bol.sandbox import ids
from marketplaces.canonical import ChangeKind, Rejected, Settlement, SettlementLine
from marketplaces.contract import Window
from tests.marketplaces.adapters.bol.simulated import NOW, client_of, days


def rows_of(client, resource, since, until=NOW, **more):
    pages = list(getattr(client, resource)(Window(since, until, **more)))
    rows = [row for page in pages for row in MAPPERS[resource](page)]
    assert not [row for row in rows if isinstance(row, Rejected)]
    return rows


def test_it_pulls_every_changed_order_once_with_its_money(bol, client):
    rows = rows_of(client, "orders", NOW - days(2))
    world = {ids.order_id(o.serial): o for o in bol.view.orders(since=NOW - days(2), until=NOW)}
    assert len(rows) == len(world) > 20
    for row in rows:
        order = world[row.external_id]
        paid = sum((line.unit_price * line.quantity - line.discount).amount for line in order.lines)
        assert (row.channel, row.total.amount) == (order.store.code, paid)
        assert [line.expected_fee for line in row.lines] == [line.commission for line in order.lines]
        assert [(line.sku, line.quantity, line.quantity_shipped) for line in row.lines] == [
            (line.product.sku, line.quantity, line.shipped) for line in order.lines
        ]


def test_it_asks_in_minutes_when_the_window_is_fresh_and_by_dutch_day_when_it_is_not(bol, client):
    list(client.orders(Window(NOW - days(20 / 1440), NOW)))
    list(client.orders(Window(NOW - days(1), NOW)))
    asked = [request.params for request, _, _ in bol.seen if request.path == "/retailer/orders"]
    assert asked[0] | {"page": ""} == {
        "change-interval-minute": "21", "status": "ALL", "fulfilment-method": "ALL", "page": "",
    }  # fmt: skip
    assert {params.get("latest-change-date") for params in asked[-2:]} == {"2026-03-25"}
    assert "2026-03-24" in {params.get("latest-change-date") for params in asked}


def test_it_fetches_an_order_by_its_id_and_gives_none_when_bol_does_not_know_it(bol, client):
    order = bol.view.orders(since=NOW - days(1), until=NOW)[0]
    page = client.by_id("orders", ids.order_id(order.serial))
    assert next(MAPPERS["orders"](page)).external_id == ids.order_id(order.serial)
    assert client.by_id("orders", "C9999999999") is None


def test_it_tells_shipping_and_delivery(bol, client):
    rows = rows_of(client, "order_changes", NOW - days(1))
    delivered = {row.order_id: row.happened_at for row in rows if row.kind == ChangeKind.DELIVERED}
    assert delivered
    for order_id, at in delivered.items():
        world = bol.view.order(ids.order_serial(order_id))
        assert world.delivered_at.replace(microsecond=0) == at
    shipped = {row.order_id for row in rows if row.kind == ChangeKind.SHIPPED and row.happened_at >= NOW - days(1)}
    fresh = bol.view.orders(since=NOW - days(2), until=NOW)
    assert shipped == {
        ids.order_id(o.serial) for o in fresh if o.shipped_at and o.shipped_at.replace(microsecond=0) >= NOW - days(1)
    }


def test_it_pulls_all_listings_prices_and_stock_of_the_world(bol, client):
    world = {(ids.offer_id(x.serial), x.store.code): x for x in bol.view.listings()}
    listings = {(row.external_id, row.channel): row for row in rows_of(client, "listings", NOW)}
    assert {key: (row.price, row.quantity, row.status) for key, row in listings.items()} == {
        key: (x.price, x.quantity, x.status) for key, x in world.items()
    }
    blocked = {key: [issue.code for issue in row.issues] for key, row in listings.items() if row.issues}
    assert blocked == {key: ["4003"] for key, x in world.items() if x.issue_codes == ("missing_image",)}
    prices = {(row.external_id, row.channel): row.price for row in rows_of(client, "prices", NOW)}
    assert prices == {key: x.price for key, x in world.items()}
    stock = rows_of(client, "stock", NOW)
    pool = {row.product_ids[0].value: (row.available, row.unsellable) for row in stock if row.pool == "FBB"}
    assert pool == {row.product.ean: (row.available, row.unsellable) for row in bol.view.stock()}
    own = {row.external_id for row in stock if row.pool == "merchant"}
    assert own == {ids.offer_id(x.serial) for x in world.values() if x.fulfilment == "merchant"}


def test_it_pulls_open_and_handled_returns(bol, client):
    rows = {row.external_id: row for row in rows_of(client, "returns", NOW - days(7))}
    world = bol.view.returns(since=NOW - days(7), until=NOW)
    for item in world:
        row = rows[f"6{item.serial}"]
        assert (row.order_id, row.quantity, row.is_handled) == (
            ids.order_id(item.order_serial), item.quantity, item.is_handled,
        )  # fmt: skip
    assert Counter(item.is_handled for item in world)[True] > 3


def test_it_quotes_fees_and_offers_of_the_listings_that_are_known(bol):
    known = bol.view.listings("NL")[:3]
    subjects = [
        {
            "sku": x.product.sku,
            "channel": "NL",
            "external_id": ids.offer_id(x.serial),
            "item": "",
            "gtin": x.product.ean,
        }
        for x in known
    ]
    client = client_of(bol, subjects=lambda resource: subjects)
    fees = rows_of(client, "fees", NOW)
    assert {row.sku: row.price for row in fees} == {x.product.sku: x.price for x in known}
    assert {row.includes_vat for row in fees} == {True}
    offers = {row.sku: row for row in rows_of(client, "offers", NOW)}
    for listing in known:
        world = bol.view.offer(listing.product.sku, "NL")
        row = offers[listing.product.sku]
        assert row.offer_count == len(world.competitors) + 1
        assert [other.price for other in row.competitors if other.is_own] == [listing.price]
        assert (row.is_featured_own or False) == (world.is_featured_own or False)


def test_it_asks_nothing_about_competitors_when_no_listing_is_known(bol, client):
    assert rows_of(client, "offers", NOW) == []
    assert rows_of(client, "fees", NOW) == []
    assert bol.seen == []


def test_it_turns_invoices_into_statements_that_add_up_to_the_cent(bol, client):
    rows = rows_of(client, "settlements", NOW - days(80))
    world = {ids.invoice_id(s.serial): s for s in bol.view.statements(since=NOW - days(80), until=NOW)}
    headers = {row.external_id: row for row in rows if isinstance(row, Settlement)}
    assert headers.keys() == world.keys()
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        if isinstance(row, SettlementLine):
            sums[row.settlement_id] += row.amount.amount
    for key, statement in world.items():
        shown = sum((line.amount + line.vat).amount for line in statement.lines)
        assert (headers[key].total, sums[key]) == (statement.total, shown)
        assert (headers[key].period_start, headers[key].period_end) == (statement.start, statement.end)


def test_it_does_not_fetch_an_invoice_that_is_stored_already(bol, client):
    first = list(client.settlements(Window(NOW - days(80), NOW)))
    bol.seen.clear()
    again = list(client.settlements(Window(NOW - days(80), NOW, frozenset(page.document_id for page in first))))
    assert again == []
    assert not [path for path in bol.paths() if "specification" in path]
