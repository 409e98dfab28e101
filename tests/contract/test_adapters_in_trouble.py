"""Tokens, limits, broken answers and writes: the same outcome for every marketplace."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from config.core import clock
from config.core.errors import NeedsOperator, RateLimited, Transient
from config.core.money import Money
from marketplaces import plain, registry
from marketplaces.canonical import Fulfilment, OrderStatus, Rejected
from marketplaces.contract import FIELDS, Capability, CommandKind, Flow, Outbound, OutcomeState, Window
from marketplaces.sync import parts
from tests.contract.conftest import SETTLED, TODAY

pytestmark = pytest.mark.contract

WEEK = Window(TODAY - timedelta(days=7), SETTLED)
MONTH = Window(TODAY - timedelta(days=31), TODAY)


@pytest.fixture
def shop(adapter, open_shop):
    return open_shop(adapter)


def test_it_gets_a_new_token_when_the_old_one_has_expired(shop):
    client = shop.client()
    assert client.probe()
    with clock.frozen(TODAY + timedelta(days=1)):
        assert client.probe()


def test_it_asks_for_a_person_when_the_token_is_revoked(shop):
    shop.troubles.switch_on("token_revoked", {})
    with pytest.raises(NeedsOperator, match=r".{20,}"):
        shop.client().probe()


def test_it_asks_for_a_person_when_the_secret_is_wrong(shop):
    wrong = {field.name: "wrong" for field in shop.adapter.credentials if field.is_secret}
    with pytest.raises(NeedsOperator, match=r".{20,}"):
        shop.client(**wrong).probe()


def test_it_comes_back_later_when_it_is_throttled(shop):
    client = shop.client()
    assert client.probe()
    shop.troubles.switch_on("throttle_storm", {})
    with pytest.raises(RateLimited) as stopped:
        client.probe()
    assert TODAY < stopped.value.until < TODAY + timedelta(hours=1)


def test_it_is_throttled_by_the_declared_limits(adapter, open_shop):
    shop = open_shop(adapter, is_limited=True)
    client = shop.client()
    with pytest.raises(RateLimited):
        consume(client.probe() for _ in range(2000))


def test_it_tries_again_later_when_an_html_page_comes_with_status_200(shop):
    client = shop.client()
    client.probe()
    shop.troubles.switch_on("html_error", {})
    with pytest.raises(Transient) as failed:
        list(client.orders(WEEK))
    assert not isinstance(failed.value, RateLimited)


def test_it_tries_again_later_when_the_marketplace_is_broken(adapter, open_shop):
    shop = open_shop(adapter, error_rate=1.0)
    with pytest.raises(Transient):
        shop.client().probe()


def test_it_goes_on_with_a_snapshot_from_each_of_its_marks(shop):
    for resource in filter(parts.is_resumable, shop.adapter.resources):
        mapped = registry.mapper(shop.adapter.key, resource.key)
        pages = list(shop.pages(shop.client(), resource, WEEK))
        for place, page in enumerate(pages, 1):
            rest = shop.pages(shop.client(), resource, replace(WEEK, mark=page.mark)) if page.mark else ()
            left = [*map(list, map(mapped, pages[place:]))] if page.mark else []
            assert [list(mapped(other)) for other in rest] == left, (resource.key, page.mark)


def consume(calls) -> None:
    for _ in calls:
        pass


def packed(adapter) -> list[str]:
    return [resource.key for resource in adapter.resources if resource.flow is not Flow.PAGES]


def test_it_reads_a_document_that_is_not_packed_although_it_should_be(shop):
    for key in packed(shop.adapter):
        plain_rows = [plain.dumps(row) for row in shop.rows(key, MONTH)]
        shop.troubles.switch_on("plain_gzip", {})
        assert [plain.dumps(row) for row in shop.rows(key, MONTH)] == plain_rows, key
        shop.troubles.switch_off("plain_gzip")


def test_it_never_takes_half_a_packed_document_for_the_whole(shop):
    for key in packed(shop.adapter):
        whole = shop.rows(key, MONTH)
        shop.troubles.switch_on("truncated_gzip", {})
        try:
            rows = shop.rows(key, MONTH)
        except Transient:
            rows = whole
        shop.troubles.switch_off("truncated_gzip")
        assert len(rows) == len(whole) or any(isinstance(row, Rejected) for row in rows), key


def written(shop, command: Outbound):
    """Send a write and follow it until it is decided, as the outbox does."""
    client = shop.client()
    outcome = client.send(command)
    reference = outcome.remote_ref
    for minutes in range(1, 60):
        if outcome.is_final or outcome.state not in (OutcomeState.ACCEPTED, OutcomeState.UNKNOWN):
            break
        with clock.frozen(TODAY + timedelta(minutes=minutes)):
            outcome = client.read_back(command, reference)
    return outcome


def own_listing(shop):
    merchant = (x for x in shop.rows("listings") if getattr(x, "fulfilment", None) == Fulfilment.MERCHANT and x.price)
    return next(iter(merchant))


def can(shop, capability: Capability) -> None:
    if capability not in shop.adapter.capabilities:
        pytest.skip(f"{shop.adapter.key} cannot {capability}")


def command(kind: CommandKind, listing, **payload) -> Outbound:
    return Outbound(
        kind=kind,
        key=f"key-{kind}-1",
        channel=listing.channel,
        sku=listing.sku,
        external_id=listing.external_id,
        payload=payload,
    )


def test_it_writes_a_price_that_can_be_read_back(shop):
    can(shop, Capability.WRITE_PRICE)
    listing = own_listing(shop)
    price = Money(listing.price.amount + Decimal("1.00"), listing.price.currency)
    values = {"price": str(price.amount), "currency": price.currency}
    assert written(shop, command(CommandKind.SET_PRICE, listing, **values)).state is OutcomeState.CONFIRMED
    store = shop.adapter.store(listing.channel) if listing.channel else shop.view.stores[0]
    assert shop.view.listing(listing.sku, store.code).price == price


def test_it_writes_a_quantity_that_can_be_read_back(shop):
    can(shop, Capability.WRITE_STOCK)
    listing = own_listing(shop)
    outcome = written(shop, command(CommandKind.SET_STOCK, listing, quantity=17))
    assert outcome.state is OutcomeState.CONFIRMED
    store = shop.adapter.store(listing.channel) if listing.channel else shop.view.stores[0]
    assert shop.view.listing(listing.sku, store.code).quantity == 17


WORDS = {
    "title": "Teapot, Moss & Ink",
    "description": "Holds a litre.\n\nKeeps it warm for an hour.",
    "bullets": ["Holds a litre", "Keeps warm for an hour"],
    "images": ["https://images.example.invalid/a.jpg", "https://images.example.invalid/b.jpg"],
    "attributes": {"material": "Stoneware", "color": "Moss"},
    "on_hold": "yes",
    "delivery": "",
}


def test_it_writes_words_that_can_be_read_back(shop):
    can(shop, Capability.WRITE_LISTING)
    listing = own_listing(shop)
    for field in sorted(set(shop.adapter.writes) - {"price", "quantity"}):
        bounds = shop.adapter.writes[field]
        value = bounds.choices[0] if field == "delivery" else WORDS[field]
        write = command(FIELDS[field], listing, **{field: value})
        outcome = written(shop, write)
        assert outcome.state is OutcomeState.CONFIRMED, (field, outcome.reason)
    mapped = registry.mapper(shop.adapter.key, "listings")
    now = next(iter(mapped(shop.client().offer(command(CommandKind.SET_PRICE, listing)))))
    assert now.price == listing.price
    assert now.quantity in (listing.quantity, None)


def test_it_does_not_take_other_words_for_those_that_it_wrote(shop):
    can(shop, Capability.WRITE_LISTING)
    listing = own_listing(shop)
    for field in sorted(set(shop.adapter.writes) & {"title", "description"}):
        assert written(shop, command(FIELDS[field], listing, **{field: WORDS[field]})).state is OutcomeState.CONFIRMED
        other = command(FIELDS[field], listing, **{field: "Something else"})
        assert shop.client().read_back(other, "").state is OutcomeState.UNKNOWN, field


def test_it_confirms_a_shipment_once(shop):
    can(shop, Capability.CONFIRM_SHIPMENT)
    rows = [row for row in shop.rows("orders", WEEK) if row.fulfilment == Fulfilment.MERCHANT]
    order = next(row for row in rows if row.status == OrderStatus.TO_SHIP)
    lines = {line.external_id: line.quantity for line in order.lines}
    payload = {"order_id": order.external_id, "carrier": "DHL", "tracking_number": "00340000001", "lines": lines}
    wanted = Outbound(
        kind=CommandKind.CONFIRM_SHIPMENT,
        key="key-ship-1",
        channel=order.channel,
        external_id=order.external_id,
        payload={**payload, "shipped_at": TODAY.isoformat()},
    )
    assert written(shop, wanted).state is OutcomeState.CONFIRMED
    again = registry.mapper(shop.adapter.key, "orders")(shop.client().by_id("orders", order.external_id))
    assert next(iter(again)).status == OrderStatus.SHIPPED
