from collections import Counter
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

from config.core.money import Money
from marketplaces.canonical import OrderStatus
from marketplaces.sandbox.troubles import Troubles
from marketplaces.sandbox.view import AccountView
from tests.marketplaces.sandbox.conftest import TODAY

DAY = timedelta(days=1)


def late_story(world):
    return next(story for story in world.stories_of_days("wide", 85, 87) if story.is_late)


def whole(story):
    return {"carrier": "DHL", "tracking_number": "0001", "lines": {line.serial: line.quantity for line in story.lines}}


def test_it_lists_each_change_in_the_window_of_its_time_when_windows_follow_each_other(world, overlay):
    """Pulling day by day, at the end of each day, sees every order at its last state."""
    seen = {}
    for days in range(91):
        at = TODAY - (90 - days) * DAY
        view = AccountView(world, "lira", at, overlay)
        seen |= {order.serial: order for order in view.orders(since=at - DAY, until=at)}
    view = AccountView(world, "lira", TODAY, overlay)
    everything = view.orders(since=TODAY - 91 * DAY, until=TODAY, by="placed")
    assert len(everything) > 400
    assert seen == {order.serial: order for order in everything}


def test_it_lists_orders_oldest_change_first(view):
    changes = [order.updated_at for order in view.orders(since=TODAY - 7 * DAY, until=TODAY)]
    assert changes == sorted(changes)
    assert all(TODAY - 7 * DAY <= at < TODAY for at in changes)


def test_it_knows_nothing_of_the_time_to_come(world, overlay):
    early = AccountView(world, "wide", TODAY - 60 * DAY, overlay)
    latest = next(iter(world.stories("wide", 80)))
    assert early.order(latest.serial) is None
    assert early.orders(since=TODAY - 30 * DAY, until=TODAY) == []
    assert all(statement.issued_at <= early.at for statement in early.statements(since=TODAY - 99 * DAY, until=TODAY))


def test_it_shows_the_price_that_was_written_in_that_store_only(view):
    sku = view.listings("DE")[0].product.sku
    before = view.listing(sku, "FR")
    view.set_price(sku, "DE", Money(Decimal("7.77"), "EUR"))
    assert view.listing(sku, "DE").price == Money(Decimal("7.77"), "EUR")
    assert view.listing(sku, "DE").changed_at == TODAY
    assert view.listing(sku, "FR") == before


def test_it_shows_the_quantity_that_was_written(view):
    sku = view.listings("DE")[0].product.sku
    view.set_quantity(sku, "DE", 3)
    assert view.listing(sku, "DE").quantity == 3


def test_it_ships_an_order_when_the_seller_confirms_it(world, view):
    story = late_story(world)
    assert view.order(story.serial).status == OrderStatus.TO_SHIP
    view.confirm_shipment(story.serial, whole(story))
    order = view.order(story.serial)
    assert (order.status, order.shipped_at, order.tracking_number) == (OrderStatus.SHIPPED, TODAY, "0001")
    assert order.serial in {o.serial for o in view.orders(since=TODAY, until=TODAY + DAY)}


def test_it_pays_for_a_confirmed_order_in_the_statement_of_that_time(world, view, overlay):
    story = late_story(world)
    view.confirm_shipment(story.serial, whole(story))
    later = AccountView(world, "wide", TODAY + 20 * DAY, overlay)
    paid = [s for s in later.statements(since=TODAY, until=later.at) if s.start <= TODAY < s.end]
    assert story.serial in {row.order_serial for statement in paid for row in statement.lines}
    for statement in paid:
        amounts = [row.amount + row.vat for row in statement.lines]
        assert sum(a.amount for a in amounts) == statement.total.amount
        assert [row.row_no for row in statement.lines] == list(range(1, len(statement.lines) + 1))


def test_it_shows_an_order_as_partly_shipped_when_some_units_left(world, view):
    story = next(s for s in world.stories_of_days("wide", 88, 89) if _has_several_units(s))
    at = AccountView(world, "wide", story.ready_at + timedelta(minutes=1), view._overlay)
    at.confirm_shipment(story.serial, {"carrier": "UPS", "tracking_number": "1", "lines": {story.lines[0].serial: 1}})
    order = at.order(story.serial)
    assert order.status == OrderStatus.PARTIALLY_SHIPPED
    assert sum(line.shipped for line in order.lines) == 1


def _has_several_units(story):
    return sum(line.quantity for line in story.lines) > 1 and not any(line.cancelled for line in story.lines)


def test_it_pushes_some_events_twice_and_some_out_of_order(view):
    events = view.events(since=TODAY - 20 * DAY, until=TODAY)
    counts = Counter(event.serial for event in events)
    assert set(counts.values()) == {1, 2}
    assert any(after.happened_at < before.happened_at for before, after in pairwise(events))
    assert [event.sent_at for event in events] == sorted(event.sent_at for event in events)
    assert all(event.sent_at > event.happened_at for event in events)


def test_it_sends_every_event_once_over_windows_that_follow_each_other(view):
    whole_span = view.events(since=TODAY - 3 * DAY, until=TODAY)
    parts = [view.events(since=TODAY - day * DAY, until=TODAY - (day - 1) * DAY) for day in (3, 2, 1)]
    assert [event for part in parts for event in part] == whole_span


def test_it_takes_sold_units_from_the_shelf_until_the_next_delivery(view, world):
    rows = {row.product.serial: row for row in view.stock()}
    assert len(rows) > 100
    assert all(row.available >= 0 for row in rows.values())
    yesterday = {r.product.serial: r for r in AccountView(world, "wide", TODAY - DAY, view._overlay).stock()}
    sold = world.sold_on("wide", 90)
    steady = [s for s, row in rows.items() if row.available and sold[s] and row.available < yesterday[s].available]
    assert steady
    assert all(yesterday[s].available - rows[s].available == sold[s] for s in steady)


def test_it_empties_the_shelf_from_the_day_of_a_stock_out(view, world, overlay):
    sku = next(listing.product.sku for listing in view.listings("DE") if listing.quantity)
    Troubles(overlay, "north/wide").switch_on("stock_out", {"sku": sku, "on": TODAY.isoformat()})
    before = AccountView(world, "wide", TODAY - timedelta(seconds=1), overlay)
    after = AccountView(world, "wide", TODAY, overlay)
    assert (before.listing(sku, "DE").quantity > 0, after.listing(sku, "DE").quantity) == (True, 0)


def test_it_features_our_offer_or_a_cheaper_one(view):
    found = [view.offer(listing.product.sku, "DE") for listing in view.listings("DE")]
    assert {offer.is_featured_own for offer in found} == {True, False, None}
    for offer in found:
        featured = [other for other in offer.competitors if other.is_featured]
        assert len(featured) == (1 if offer.is_featured_own is False else 0)


def test_it_gives_back_what_an_adapter_put_on_its_shelf(view, world, overlay):
    view.put("reports", "r1", {"state": "asked"})
    view.put("reports", "r0", {"state": "done"})
    again = AccountView(world, "wide", TODAY, overlay)
    assert again.get("reports", "r1") == {"state": "asked"}
    assert list(again.shelf("reports")) == [("r0", {"state": "done"}), ("r1", {"state": "asked"})]
    assert AccountView(world, "lira", TODAY, overlay).get("reports", "r1") is None
