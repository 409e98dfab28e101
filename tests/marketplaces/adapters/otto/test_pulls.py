"""What the client pulls equals the world that the sandbox speaks from, with OTTO's paging and its gaps."""

import json
import tracemalloc
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from config.core.errors import Rejected as Refused
from marketplaces.adapters.otto.mapping import MAPPERS
from marketplaces.adapters.otto.sandbox import ids
from marketplaces.canonical import EDITED, ChangeKind, LineClass, Rejected, Settlement, SettlementLine
from marketplaces.contract import Page, Window
from tests.marketplaces.adapters.otto.simulated import NOW, client_of

JSON = {"Content-Type": "application/json"}
DAY = timedelta(days=1)


def rows_of(client, resource, since, until=NOW, **more):
    pages = list(getattr(client, resource)(Window(since, until, **more)))
    rows = [row for page in pages for row in MAPPERS[resource](page)]
    assert not [row for row in rows if isinstance(row, Rejected)]
    return rows


def test_it_pulls_every_changed_order_page_by_page_with_all_its_pieces(otto, client):
    rows = rows_of(client, "orders", NOW - 30 * DAY)
    world = {ids.order_number(o.serial): o for o in otto.view.orders(since=NOW - 30 * DAY, until=NOW)}
    assert {row.external_id for row in rows} == world.keys()
    assert len(world) > 128
    assert len(otto.calls("/v4/orders")) == 2
    for row in rows:
        order = world[row.external_id]
        assert [(x.quantity, x.quantity_shipped, x.quantity_cancelled, x.shipping, x.discount) for x in row.lines] == [
            (x.quantity, x.shipped, x.cancelled, x.shipping, x.discount) for x in order.lines
        ]
        kept = {unit for line in row.lines for unit in line.extra["position_items"]}
        assert kept == {ids.unit_id(x.serial, n) for x in order.lines for n in range(1, x.quantity + 1)}


def test_it_asks_for_orders_without_a_state_because_mixed_ones_would_be_hidden(otto, client):
    list(client.orders(Window(NOW - DAY, NOW)))
    assert otto.seen[1].params == {"fromDate": "2026-03-24T12:00:00.000Z", "orderDirection": "ASC", "limit": "128"}


def test_it_sends_nothing_but_the_limit_beside_a_cursor(otto, client):
    list(client.orders(Window(NOW - 30 * DAY, NOW)))
    assert otto.calls("/v4/orders")[1].params.keys() == {"nextcursor", "limit"}


def test_it_stops_when_the_next_page_is_the_one_just_read(otto, client):
    page = {"resources": [], "links": [{"rel": "next", "href": "/v4/orders?nextcursor=abc"}]}
    otto.refusals = [(200, json.dumps(page).encode(), JSON)] * 5
    assert list(client.orders(Window(NOW - DAY, NOW))) == []
    assert len(otto.calls("/v4/orders")) == 2


def test_it_leaves_orders_that_changed_after_the_window_to_the_next_one(otto, client):
    rows = rows_of(client, "orders", NOW - 5 * DAY, NOW - 2 * DAY)
    world = otto.view.orders(since=NOW - 5 * DAY, until=NOW - 2 * DAY)
    assert {row.external_id for row in rows} == {ids.order_number(order.serial) for order in world}


def test_it_reads_an_order_by_number_and_by_technical_id(otto, client):
    order = otto.view.orders(since=NOW - DAY, until=NOW)[0]
    number = ids.order_number(order.serial)
    assert len(number) == 10
    for name in (number, ids.sales_order_id(order.serial)):
        assert next(iter(MAPPERS["orders"](client.by_id("orders", name)))).external_id == number
    assert client.by_id("orders", "k000000000") is None


def test_it_has_no_address_as_long_as_an_order_is_announced(otto, client):
    otto.at, order = next(
        (story.placed_at, story)
        for story in otto.view._told(NOW - 9 * DAY, NOW, 0)
        if story.ready_at > story.placed_at + timedelta(minutes=2)
    )
    otto.at += timedelta(minutes=1)
    page = client.by_id("orders", ids.order_number(order.serial))
    assert "deliveryAddress" not in page.json()
    row = next(iter(MAPPERS["orders"](page)))
    assert (row.status, row.ship_to_country) == ("pending", "")


def test_it_tells_shipping_and_delivery_of_lines_by_the_orders_number(otto, client):
    rows = rows_of(client, "order_changes", NOW - 3 * DAY)
    assert all("datefrom" in request.params for request in otto.calls("/v1/shipments")[:1])
    delivered = {row.order_id: row.happened_at for row in rows if row.kind == ChangeKind.DELIVERED}
    assert delivered
    for number, at in delivered.items():
        order = otto.view.order(ids.order_serial(number))
        assert order.delivered_at.replace(microsecond=0) == at
    lines = {line for row in rows for line in row.line_ids}
    known = {x.external_id for order in rows_of(client, "orders", NOW - 30 * DAY) for x in order.lines}
    assert lines <= known


def test_it_asks_for_the_order_of_each_shipment_once(otto, client):
    list(client.order_changes(Window(NOW - DAY, NOW)))
    asked = Counter(request.path for request in otto.seen if request.path.startswith("/v4/orders/"))
    assert asked
    assert set(asked.values()) == {1}


def test_it_pulls_all_variations_with_verdict_switch_and_units(otto, client):
    world = {x.product.sku: x for x in otto.view.listings()}
    rows = {row.sku: row for row in rows_of(client, "listings", NOW)}
    assert {sku: (row.price, row.quantity, row.status) for sku, row in rows.items()} == {
        sku: (x.price, x.quantity, x.status) for sku, x in world.items()
    }
    assert len(otto.calls("/v5/products")) == -(-len(world) // 100)
    found = {sku: [i.is_blocking for i in row.issues if i.code != EDITED] for sku, row in rows.items()}
    refused = {sku: blocking for sku, blocking in found.items() if blocking}
    assert refused == {sku: [x.status == "suppressed"] for sku, x in world.items() if x.issue_codes}
    prices = {row.sku: row.price for row in rows_of(client, "prices", NOW)}
    assert prices == {sku: x.price for sku, x in world.items()}
    stock = {row.sku: (row.pool, row.available) for row in rows_of(client, "stock", NOW)}
    assert stock == {sku: ("merchant", x.quantity) for sku, x in world.items()}


def test_it_pulls_returns_of_pieces_as_returns_of_lines(otto, client):
    rows = {row.external_id: row for row in rows_of(client, "returns", NOW - 20 * DAY)}
    world = otto.view.returns(since=NOW - 15 * DAY, until=NOW)
    assert Counter(item.is_handled for item in world)[True] > 0
    for item in world:
        row = rows[ids.unit_id(item.line_serial, 1)]
        assert (row.order_id, row.line_id, row.sku, row.quantity, row.is_handled, row.returned_at) == (
            ids.order_number(item.order_serial), ids.unit_id(item.line_serial, 1), item.product.sku, item.quantity,
            item.is_handled, item.returned_at,
        )  # fmt: skip


@pytest.mark.parametrize("order", [1, -1])
def test_it_leaves_the_list_of_returns_early_only_where_it_comes_newest_first(otto, client, order):
    old = [{"positionItemId": f"u{n}", "salesOrderId": "s", "status": "ACCEPTED",
            "occurredTime": f"2026-01-{10 + n}T00:00:00Z"} for n in range(3)][::order]  # fmt: skip
    links = [{"rel": "next", "href": "/v3/returns?status=ACCEPTED&page=2&limit=50"}]
    client.probe()
    empty = json.dumps({"positionItems": []}).encode()
    page = json.dumps({"positionItems": old, "links": links}).encode()
    otto.refusals = [(200, body, JSON) for body in (empty, page, empty, empty, empty)]
    list(client.returns(Window(NOW - DAY, NOW)))
    pages = [request.params["page"] for request in otto.calls("/v3/returns") if request.params["status"] == "ACCEPTED"]
    assert pages == (["1", "2"] if order == 1 else ["1"])


def test_it_turns_mailed_statements_into_settlements_that_add_up_to_the_cent(otto, client):
    rows = rows_of(client, "settlements", NOW - 80 * DAY)
    world = {str(s.serial): s for s in otto.view.statements(since=NOW - 80 * DAY, until=NOW)}
    heads = {row.external_id: row for row in rows if isinstance(row, Settlement)}
    assert heads.keys() == world.keys()
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        if isinstance(row, SettlementLine):
            sums[row.settlement_id] += row.amount.amount
            assert row.line_class in ("subscription", "unknown") or row.order_id
            assert row.reference or row.line_class in ("subscription", "unknown")
    for key, statement in world.items():
        shown = sum((line.amount + line.vat).amount for line in statement.lines)
        assert (heads[key].total, sums[key]) == (statement.total, shown)


def test_it_fetches_no_statement_that_is_stored_already(otto, client):
    first = list(client.settlements(Window(NOW - 80 * DAY, NOW)))
    otto.seen.clear()
    seen = frozenset(page.document_id for page in first)
    assert list(client.settlements(Window(NOW - 80 * DAY, NOW, seen))) == []
    assert [request.path for request in otto.seen] == ["/mailbox"]


def test_it_maps_a_statement_that_a_client_mails_as_it_maps_one_of_the_mailbox(otto, client, tmp_path):
    page = next(iter(client.settlements(Window(NOW - 80 * DAY, NOW))))
    with page.open() as stream:
        (tmp_path / "mailed.csv").write_bytes(stream.read())
    mailed = Page(resource="settlements", path=str(tmp_path / "mailed.csv"), document_id="file:mailed.csv")
    assert list(MAPPERS["settlements"](mailed)) == list(MAPPERS["settlements"](page))


def test_it_takes_the_mailbox_token_to_no_other_host(otto, client):
    listed = {"files": [{"name": "Kontoauszug_1.csv", "href": "https://elsewhere.example/Kontoauszug_1.csv"}]}
    otto.refusals = [(200, json.dumps(listed).encode(), JSON)]
    with pytest.raises(Refused, match="not its own host"):
        list(client.settlements(Window(NOW - DAY, NOW)))
    assert len(otto.seen) == 1


def test_it_says_that_an_address_is_no_mailbox(otto, client):
    otto.refusals = [(200, b"{}", JSON)]
    with pytest.raises(Refused, match="check the address of the statement mailbox"):
        list(client.settlements(Window(NOW - DAY, NOW)))


def test_it_reads_a_large_statement_in_bounded_memory(tmp_path):
    row = "03.03.2026 14:05:00;PAY_IN;Artikel;k{:09d};RECHNUNG;9;LAMP;1;11,90;1,90\n"
    with (tmp_path / "large.csv").open("w") as file:
        file.write("Buchungsdatum;Buchungsart;Beschreibung;Bestellnummer;Belegart;Belegnummer;SKU;Menge;Betrag;USt\n")
        file.writelines(row.format(number) for number in range(5_000))
        file.write("14.03.2026;Auszahlung;;;;;;;-59.500,00;\n")
    count, paid = 0, Decimal(0)
    tracemalloc.start()
    for found in MAPPERS["settlements"](Page(resource="settlements", path=str(tmp_path / "large.csv"))):
        if isinstance(found, SettlementLine):
            count, paid = count + 1, paid + found.amount.amount
        else:
            total = found.total.amount
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (count, paid, total) == (10_000, Decimal(59_500), Decimal(59_500))
    assert peak < 2 * 1024 * 1024


def test_it_reads_the_receipts_of_whole_days_where_no_statement_is_mailed(otto):
    client = client_of(otto, settings={"statement_mailbox": ""})
    since = NOW - 10 * DAY
    rows = rows_of(client, "settlements", since)
    heads = [row for row in rows if isinstance(row, Settlement)]
    days = [datetime(2026, 3, day, tzinfo=UTC) for day in range(12, 22)]
    assert [(head.period_start, head.period_end) for head in heads] == [(day, day + DAY) for day in days]
    sums = Counter()
    for row in rows:
        if isinstance(row, SettlementLine):
            sums[row.settlement_id] += row.amount.amount
    assert {head.external_id: head.total.amount for head in heads if head.total} == dict(sums)
    sold = {LineClass.PRINCIPAL, LineClass.SHIPPING, LineClass.PROMOTION, LineClass.TAX}
    found = sum(row.amount.amount for row in rows if isinstance(row, SettlementLine) and row.line_class in sold)
    assert found == sum(_paid(order) for order in _shipped(otto, days[0], days[-1] + DAY))


def _shipped(otto, since, until):
    found = otto.view.orders(since=since - 30 * DAY, until=NOW)
    return [o for o in found if o.shipped_at and since <= o.shipped_at + timedelta(minutes=20) < until]


def _paid(order) -> Decimal:
    """What the buyer of these pieces pays, by the world's own numbers."""
    left = [line for line in order.lines if line.shipped]
    return sum((x.unit_price * x.shipped + x.shipping - x.discount).amount for x in left)


def test_it_reads_the_receipts_of_a_day_once(otto):
    client = client_of(otto, settings={"statement_mailbox": ""})
    first = list(client.settlements(Window(NOW - 6 * DAY, NOW)))
    seen = frozenset(page.document_id for page in first)
    assert list(client.settlements(Window(NOW - 6 * DAY, NOW, seen))) == []
