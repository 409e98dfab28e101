"""The matching in SQL gives what the plain rule gives, on thousands of random statements."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.models import RemoteProduct
from finance import matches, sinks
from finance.classes import Scope
from finance.models import Match, Settlement, SettlementLine
from finance.reconciliation import Amount, Back, Found, Item, match
from inventory import sinks as inventory_sinks
from inventory.models import OrderEvent, OrderLine
from inventory.models import Return as ReturnRow
from marketplaces.canonical import ChangeKind, Order, OrderChange, Return
from marketplaces.canonical import LineClass as C
from marketplaces.canonical import SettlementLine as Row
from tests import factories
from tests.finance.conftest import START, euro, header, line

pytestmark = pytest.mark.django_db
EAN = factories.gtin("0000000000017")
STATEMENTS_AT_ONCE = 100
ORDERS = 3
SKUS = ("MUG", "PAN", "CUP")
AMOUNTS = ("10.00", "10.01", "19.95", "20.00", "39.90", "0.00", "0.07")
CLASSES = (
    C.PRINCIPAL, C.REFUND_PRINCIPAL, C.COMMISSION, C.FULFILMENT, C.STORAGE, C.RESERVE_IN, C.UNKNOWN, C.SHIPPING,
    C.PAYMENT_FEE, C.SHIPPING_LABEL, C.ADMINISTRATION_FEE, C.WRAP,
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_it_matches_in_sql_as_the_plain_rule_does(account, sell, seed):
    chance = random.Random(seed)  # noqa: S311 - examples, no secrets
    numbers = range(STATEMENTS_AT_ONCE)
    with transaction.atomic():
        sell(*(order for number in numbers for order in _orders(chance, number)))
        source = factories.source(account)
        inventory_sinks.order_changes([each for number in numbers for each in _parcels(chance, number)], source)
        inventory_sinks.returns([each for number in numbers for each in _returns(chance, number)], source)
        sinks.settlements([header(f"S-{number}") for number in numbers], source)
        sinks.settlement_lines([row for number in numbers for row in _rows(chance, number)], source)
        ids = list(Settlement.objects.values_list("pk", flat=True))
        matches.rebuild(ids)
        matches.rebuild(ids)
        found = Match.objects.values_list("settlement_line_id", "order_line_id", "layer", "reason", "amount")
        expected = match(_amounts(), _items(), returns=_backs(), parcels=_known_parcels())
        assert sorted(map(str, (Found(*row) for row in _plain(found)))) == sorted(map(str, expected))
        transaction.set_rollback(True)


def _plain(rows) -> Iterator[tuple]:
    for line_id, item_id, layer, reason, amount in rows:
        yield line_id, item_id, layer, reason, Decimal(f"{amount.quantize(Decimal('0.01')):f}")


def _orders(chance: random.Random, statement: int) -> Iterator[Order]:
    for number in range(chance.randint(1, ORDERS)):
        yield factories.order(
            f"O-{statement}-{number}",
            lines=tuple(_order_line(chance, place) for place in range(chance.randint(1, 4))),
        )


def _order_line(chance: random.Random, place: int):
    quantity = chance.randint(1, 3)
    return factories.order_line(
        f"L{place}", sku=chance.choice(SKUS), quantity=quantity, quantity_cancelled=chance.choice([0, 0, 0, quantity]),
        item_total=euro(chance.choice(AMOUNTS)) if chance.random() < 0.95 else None, unit_price=None,
        discount=chance.choice([None, euro("1.00"), euro("20.00")]), product_ids=chance.choice([(), EAN]),
    )  # fmt: skip


def _parcels(chance: random.Random, statement: int) -> Iterator[OrderChange]:
    for number in range(chance.randint(0, 2)):
        yield OrderChange(
            external_id=f"E-{statement}-{number}", order_id=f"O-{statement}-{chance.randrange(ORDERS)}",
            kind=ChangeKind.SHIPPED, happened_at=START, shipment_id=f"P-{statement}-{number}",
            line_ids=tuple(chance.sample(["L0", "L1", "L2", "L9"], chance.randint(1, 2))),
        )  # fmt: skip


def _returns(chance: random.Random, statement: int) -> Iterator[Return]:
    for number in range(chance.randint(0, 2)):
        yield Return(
            external_id=f"R-{statement}-{number}", order_id=f"O-{statement}-{chance.randrange(ORDERS)}", quantity=1,
            line_id=chance.choice(["", "L0", "L1", "L9"]), sku=chance.choice(SKUS), returned_at=START,
        )  # fmt: skip


def _rows(chance: random.Random, statement: int) -> Iterator[Row]:
    rows = [_row(chance, statement, number) for number in range(1, chance.randint(2, 12))]
    twice = [chance.choice(rows)] if rows and chance.random() < 0.3 else []
    for place, row in enumerate([*rows, *twice], start=1):
        values = {name: getattr(row, name) for name in KEPT}
        yield line(place, row.line_class, str(row.amount.amount), f"S-{statement}", **values)


KEPT = ("order_id", "line_id", "shipment_id", "reference", "sku", "product_ids", "quantity", "posted_at")


def _row(chance: random.Random, statement: int, number: int) -> Row:
    name = chance.choice(["", "", *SKUS, "EAN", "POT"])
    order = chance.choice(["", *(f"O-{statement}-{n}" for n in range(ORDERS)), f"O-{statement}-0", f"P-{statement}-0"])
    return line(
        number, chance.choice(CLASSES), chance.choice(["", "-"]) + chance.choice(AMOUNTS), f"S-{statement}",
        order_id=order, line_id=chance.choice(["", "", "L0", "L1", "X"]),
        shipment_id=chance.choice(["", "", f"P-{statement}-0", f"P-{statement}-1"]),
        reference=chance.choice(["", "", f"R-{statement}-0", f"G-{statement}"]),
        sku="" if name == "EAN" else name, product_ids=EAN if name == "EAN" else (),
        quantity=chance.choice([None, 1, 2, -3]), posted_at=START + timedelta(days=chance.randint(0, 1)),
    )  # fmt: skip


def _items() -> list[Item]:
    known = {r.remote_id: {f"{i['kind']}:{i['value']}" for i in r.product_ids} for r in RemoteProduct.objects.all()}
    return [
        Item(
            id=row.pk, order_ref=row.order_ref, line_ref=row.external_id, remote_id=row.remote_id,
            names=frozenset({row.remote_id, *known[row.remote_id]}), is_cancelled=row.quantity == row.quantity_cancelled,
            quantities=frozenset({row.quantity, row.quantity_shipped}),
            amounts={name: getattr(row, name) for name in ("item_total", "unit_price", "expected_fee", "discount")},
        )
        for row in OrderLine.objects.all()
    ]  # fmt: skip


def _amounts() -> list[Amount]:
    return [
        Amount(
            id=row.pk, home=Scope(row.home), line_class=C(row.line_class), order_ref=row.order_ref,
            amount=row.amount.quantize(Decimal("0.01")), statement=row.settlement_id, currency=row.currency,
            line_ref=row.line_ref, remote_id=row.remote_id, shipment_ref=row.shipment_ref, reference=row.reference,
            names=frozenset({row.remote_id} - {""}), quantity=row.quantity, posted_at=row.posted_at,
        )
        for row in SettlementLine.objects.order_by("settlement_id", "row_no")
    ]  # fmt: skip


def _backs() -> list[Back]:
    return [
        Back(order_ref=row.order_ref, ref=row.external_id, line_ref=row.line_ref, remote_id=row.remote_id)
        for row in ReturnRow.objects.all()
    ]


def _known_parcels() -> dict[tuple[str, str], frozenset[str]]:
    told = OrderEvent.objects.filter(facts__has_key="shipment_id")
    return {(row.order_ref, row.facts["shipment_id"]): frozenset(row.facts["lines"]) for row in told}
