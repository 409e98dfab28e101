"""Each client reads its simulated marketplace whole, and the canonical rows equal the world's truth."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from config.core.money import Money, total
from marketplaces import registry
from marketplaces.canonical import (
    Fee,
    IdentifierKind,
    Listing,
    Offer,
    Order,
    OrderChange,
    OrderStatus,
    Price,
    Rejected,
    Return,
    Settlement,
    SettlementLine,
    Stock,
)
from marketplaces.contract import Capability, Window
from tests.contract.conftest import SETTLED, TODAY

pytestmark = pytest.mark.contract

WEEK = Window(TODAY - timedelta(days=7), SETTLED)
DAYS_45 = Window(TODAY - timedelta(days=45), SETTLED)


def needs(adapter, key: str) -> None:
    if key not in {resource.key for resource in adapter.resources}:
        pytest.skip(f"{adapter.key} does not declare {key}")


def only(rows: list, *kinds: type) -> list:
    """The rows, none of which may be rejected or of a kind that was not asked for."""
    rejected = [row for row in rows if isinstance(row, Rejected)]
    assert rejected == []
    assert all(isinstance(row, kinds) for row in rows)
    return rows


def product_key(row) -> str:
    """The article by its SKU, else by its bar code."""
    return row.sku or next((i.value for i in row.product_ids if i.kind == IdentifierKind.GTIN), "")


def named(shown, products) -> str:
    """The SKU behind a row, whichever of its names the marketplace told."""
    key = product_key(shown)
    return next((p.sku for p in products if key in (p.sku, p.ean)), key)


@pytest.fixture(params=["first", "last"])
def shop(request, adapter, open_shop):
    """Two accounts of each marketplace, which may sell in different regions and formats."""
    return open_shop(adapter, adapter.sandbox_accounts[0 if request.param == "first" else -1])


def told(orders, products) -> Counter:
    return Counter(
        (
            order.ordered_at.replace(microsecond=0),
            order.status,
            tuple(
                sorted((named(x, products), x.quantity, x.quantity_shipped, x.quantity_cancelled) for x in order.lines)
            ),
        )
        for order in orders
    )


def true(orders) -> Counter:
    return Counter(
        (
            order.placed_at,
            order.status,
            tuple(sorted((x.product.sku, x.quantity, x.shipped, x.cancelled) for x in order.lines)),
        )
        for order in orders
    )


def newest(rows) -> list:
    return list({row.external_id: row for row in sorted(rows, key=lambda r: r.changed_at or TODAY)}.values())


def test_it_reads_every_order_with_its_lines_and_quantities(shop, all_worlds):
    needs(shop.adapter, "orders")
    rows = newest(only(shop.rows("orders", WEEK), Order))
    truth = shop.view.orders(since=WEEK.since, until=WEEK.until)
    products = all_worlds[shop.account.client].products
    assert len(truth) > 20
    found = Counter({(at, lines): n for (at, _, lines), n in told(rows, products).items()})
    assert found == Counter({(at, lines): n for (at, _, lines), n in true(truth).items()})


def test_it_reads_the_state_of_orders(shop, all_worlds):
    """A marketplace need not tell delivery in its orders; every other state must be the true one."""
    needs(shop.adapter, "orders")
    rows = newest(only(shop.rows("orders", WEEK), Order))
    left = {OrderStatus.SHIPPED, OrderStatus.DELIVERED}
    found = Counter("left" if row.status in left else row.status for row in rows)
    truth = shop.view.orders(since=WEEK.since, until=WEEK.until)
    assert found == Counter("left" if order.status in left else order.status for order in truth)


def test_it_reads_the_price_of_every_shipped_line(shop, all_worlds):
    """A line's total is what the buyer was shown: with the tax in it, or with the tax beside it."""
    needs(shop.adapter, "orders")
    rows = [row for row in newest(only(shop.rows("orders", WEEK), Order)) if row.status == OrderStatus.SHIPPED]
    bought = {order.placed_at: order for order in shop.view.orders(since=WEEK.since, until=WEEK.until)}
    products = all_worlds[shop.account.client].products
    assert rows
    for row in rows:
        lines = {line.product.sku: line for line in bought[row.ordered_at.replace(microsecond=0)].lines}
        for line in row.lines:
            true_line = lines[named(line, products)]
            full = true_line.unit_price * line.quantity
            net = Money(full.amount / (1 + true_line.vat_rate), full.currency).rounded()
            assert line.item_total in (full, net)


def test_it_reads_one_order_by_its_id_even_when_the_list_hides_it(shop, all_worlds):
    if Capability.ORDERS_BY_ID not in shop.adapter.capabilities:
        pytest.skip("orders cannot be read one by one")
    world, account = all_worlds[shop.account.client], shop.account.key
    hidden = {serial for key, serial in world.plan.hidden if key == account}
    lines = only(shop.rows("settlements", Window(TODAY - timedelta(days=57), TODAY)), Settlement, SettlementLine)
    seen = {row.order_id for row in lines if isinstance(row, SettlementLine) and row.order_id}
    client, mapper = shop.client(), registry.mapper(shop.adapter.key, "orders")
    moments = {world.story(account, serial).placed_at for serial in hidden}
    first = {row.external_id for row in only(shop.rows("orders", DAYS_45), Order)}
    found = set()
    for order_id in sorted(seen - first):
        page = client.by_id("orders", order_id)
        found |= {row.ordered_at.replace(microsecond=0) for row in mapper(page)}
    assert found & moments
    assert client.by_id("orders", sorted(first)[0]) is not None


def test_it_reads_statements_that_tie_out_to_the_cent(shop, all_worlds):
    needs(shop.adapter, "settlements")
    world = all_worlds[shop.account.client]
    rows = only(shop.rows("settlements", Window(TODAY - timedelta(days=31), TODAY)), Settlement, SettlementLine)
    heads = [row for row in rows if isinstance(row, Settlement)]
    truth = shop.view.statements(since=TODAY - timedelta(days=31), until=TODAY)
    assert Counter(head.total for head in heads) == Counter(statement.total for statement in truth)
    for head in heads:
        lines = [row for row in rows if isinstance(row, SettlementLine) and row.settlement_id == head.external_id]
        statement = next(s for s in truth if s.total == head.total)
        kind = world.plan.statements.get((shop.account.key, statement.serial))
        shown = total((line.amount + line.vat for line in statement.lines), head.currency)
        assert total((line.amount for line in lines), head.currency) == shown
        assert (shown == head.total) == (kind != "missing_line")
        assert len({line.external_id for line in lines}) == len(lines) > 0


def test_it_classifies_every_line_of_a_statement_that_has_no_strange_label(shop, all_worlds):
    needs(shop.adapter, "settlements")
    rows = only(shop.rows("settlements", Window(TODAY - timedelta(days=31), TODAY)), Settlement, SettlementLine)
    unknown = {row.labels for row in rows if isinstance(row, SettlementLine) and row.line_class == "unknown"}
    renamed = {
        line.renamed_to
        for statement in shop.view.statements(since=TODAY - timedelta(days=31), until=TODAY)
        for line in statement.lines
        if line.renamed_to
    }
    assert len(unknown) == len(renamed)


def test_it_reads_every_listing_with_price_and_quantity(shop):
    needs(shop.adapter, "listings")
    rows = only(shop.rows("listings"), Listing)
    truth = shop.view.listings()
    assert len({(row.external_id, row.channel) for row in rows}) == len(rows)
    assert {row.sku for row in rows} == {listing.product.sku for listing in truth}
    priced = {(listing.product.sku, listing.price) for listing in truth}
    assert {(row.sku, row.price) for row in rows if row.price} <= priced
    assert sum(row.price is not None for row in rows) > len(rows) * 0.9


def test_it_reads_prices_that_are_in_the_store(shop):
    needs(shop.adapter, "prices")
    rows = only(shop.rows("prices", DAYS_45), Price)
    assert rows
    assert {(row.sku, row.price) for row in rows} <= {(x.product.sku, x.price) for x in shop.view.listings()}


def test_it_reads_the_units_in_the_marketplaces_warehouse(shop, all_worlds):
    needs(shop.adapter, "stock")
    rows = [row for row in only(shop.rows("stock"), Stock) if row.pool != "merchant"]
    products = all_worlds[shop.account.client].products
    truth = {row.product.sku: row.available for row in shop.view.stock()}
    assert {named(row, products): row.available for row in rows} == truth


def test_it_reads_what_came_back(shop, all_worlds):
    needs(shop.adapter, "returns")
    since = TODAY - timedelta(days=20)
    rows = newest(only(shop.rows("returns", Window(since, TODAY)), Return))
    products = all_worlds[shop.account.client].products
    found = Counter((row.returned_at.replace(microsecond=0), named(row, products), row.quantity) for row in rows)
    ever = shop.view.returns(since=TODAY - timedelta(days=90), until=TODAY)
    truth = Counter((back.returned_at, back.product.sku, back.quantity) for back in ever)
    assert found <= truth
    assert found >= Counter({key: n for key, n in truth.items() if key[0] >= since})


def ask_about(shop, most: int = 20) -> dict[str, str]:
    """Give the client known listings to ask about, as the pipeline does; returns every name of them with its SKU."""
    rows = only(shop.rows("listings"), Listing)[:most]
    gtin, item = IdentifierKind.GTIN, IdentifierKind.MARKETPLACE_ITEM
    names = {}
    for row in rows:
        ids = {identifier.kind: identifier.value for identifier in row.product_ids}
        names |= {row.sku: row.sku, **dict.fromkeys(ids.values(), row.sku)}
        known = {"sku": row.sku, "channel": row.channel, "external_id": row.external_id}
        shop.subjects.append({**known, "item": ids.get(item, ""), "gtin": ids.get(gtin, "")})
    return names


def test_it_reads_fees_as_costs(shop):
    needs(shop.adapter, "fees")
    ask_about(shop)
    rows = only(shop.rows("fees"), Fee)
    assert rows
    assert all(row.price.amount > 0 for row in rows)
    assert all(part.amount.amount <= 0 for row in rows for part in row.parts)
    assert all(sum(part.amount.amount for part in row.parts) < 0 for row in rows)


def test_it_reads_who_is_shown_first(shop):
    needs(shop.adapter, "offers")
    names = ask_about(shop)
    rows = only(shop.rows("offers"), Offer)
    assert rows
    for row in rows:
        store = shop.adapter.store(row.channel) if row.channel else shop.view.stores[0]
        sku = next(names[name] for name in (row.sku, *(i.value for i in row.product_ids)) if name in names)
        assert row.is_featured_own == shop.view.offer(sku, store.code).is_featured_own


def test_it_reads_changes_of_orders_that_exist(shop):
    needs(shop.adapter, "order_changes")
    rows = only(shop.rows("order_changes", WEEK), OrderChange)
    known = {row.external_id for row in only(shop.rows("orders", DAYS_45), Order)}
    assert {row.order_id for row in rows} <= known
    assert len({row.external_id for row in rows}) == len(rows)
