"""The expected fees that SQL writes are those that the plain rule gives, whatever the schedules and lines."""

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from types import SimpleNamespace

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.models import Placement, Product, Sku
from config.core.money import minor_unit
from finance import expected
from finance.fees import SALE_FEES, Quoted
from finance.fees import expected as by_rule
from finance.models import ExpectedFee, FeeQuote, FeeRule, FeeVat
from finance.tariffs import Sale
from inventory.models import Order, OrderLine
from tests import factories

FIRST = date(2026, 9, 1)
CLASSES = ("commission", "fulfilment", "closing", "digital_services")
BOUNDS = ((None, None), (None, "10.01"), ("10.01", "20"), ("20", None))
WEIGHTS = ((None, None), (None, 400), (400, 900), (900, None))
SIZES = ((None, None, None), (None, None, None), (300, 200, 20), (300, 250, 100), (None, None, 100))
WORTHS = ("0", "0.01", "3.33", "10.00", "59.99")


def money(low=0, high=60):
    return st.integers(low * 100, high * 100).map(lambda cents: Decimal(cents) / 100)


@st.composite
def rules(draw):
    """A few versions of schedules; the rows of one version have different tiers."""
    found, taken = [], set()
    for _ in range(draw(st.integers(1, 8))):
        key = {
            "is_own": draw(st.booleans()), "channel": draw(st.sampled_from(["", "XX"])),
            "category": draw(st.sampled_from(["", "toys", "pets"])),
            "programme": draw(st.sampled_from(["", "merchant", "marketplace"])),
            "line_class": draw(st.sampled_from((*CLASSES, ""))), "currency": draw(st.sampled_from(["", "EUR", "JPY"])),
            "valid_from": FIRST + timedelta(days=draw(st.integers(-2, 3))),
        }  # fmt: skip
        key["is_own"] = key["is_own"] or not key["line_class"]
        shape = {
            "basis": draw(st.sampled_from(["item", "paid", "commission", "fees", "nothing"])),
            "is_marginal": draw(st.booleans()), "basis_includes_vat": draw(st.booleans()),
        }  # fmt: skip
        is_end = draw(st.integers(0, 5)) == 0
        tier = st.tuples(st.sampled_from(BOUNDS), st.sampled_from(WEIGHTS), st.sampled_from(SIZES))
        tiers = draw(st.lists(tier, min_size=1, max_size=4))
        for price, weight, size in tiers[: 1 if is_end else 4]:
            mark = (*key.values(), price[0], weight[0], size)
            if mark not in taken:
                taken.add(mark)
                found.append((key, {**shape, "is_end": is_end, **draw(amounts()), **_bounds(price, weight, size)}))
    return found


def _bounds(price, weight, size):
    low, high = (bound and Decimal(bound) for bound in price)
    return {
        "price_from": low, "price_below": high, "weight_from_g": weight[0], "weight_below_g": weight[1],
        "longest_mm": size[0], "middle_mm": size[1], "shortest_mm": size[2],
    }  # fmt: skip


def amounts():
    maybe = st.one_of(st.none(), money(0, 5))
    return st.fixed_dictionaries(
        {
            "rate": st.integers(0, 400).map(lambda part: Decimal(part) / 1000),
            "per_unit": money(0, 2), "per_line": money(0, 2), "volume_divisor": st.sampled_from([None, None, 5000]),
            "per_order": st.sampled_from([Decimal(0), Decimal(0), Decimal("0.35"), Decimal("0.0125"), Decimal(2)]),
            "minimum": maybe, "maximum": maybe,
            "is_limit_per_piece": st.booleans(), "rounding": st.sampled_from(["half_up", "half_even", "down"]),
            "vat": st.sampled_from(["included", "on_top", "reverse_charge"]),
            "vat_rate": st.sampled_from([None, Decimal("0.19"), Decimal("0.2")]),
        }
    )  # fmt: skip


LINES = st.lists(
    st.fixed_dictionaries(
        {
            "channel": st.sampled_from(["XX", "YY"]), "currency": st.sampled_from(["EUR", "JPY"]),
            "fulfilment": st.sampled_from(["merchant", "marketplace", "unknown"]), "day": st.integers(0, 2),
            "sku": st.integers(0, 3), "quantity": st.integers(1, 3), "cancelled": st.integers(0, 2),
            "item": st.one_of(st.none(), money()), "shipping": st.one_of(st.none(), money(0, 5)),
            "discount": st.one_of(st.none(), money(0, 3)), "tax": st.one_of(st.none(), money(0, 9)),
            "is_apart": st.booleans(), "estimate": st.one_of(st.none(), st.none(), money(0, 9)),
            "beside": st.lists(st.tuples(st.one_of(st.none(), *[st.sampled_from(WORTHS)] * 3), st.booleans()), max_size=2),
            "quote": st.one_of(st.none(), st.tuples(st.booleans(), st.integers(-40, 40), money(0, 9), money(0, 9))),
        }
    ),
    min_size=1, max_size=12,
)  # fmt: skip


VATS = st.lists(
    st.fixed_dictionaries(
        {
            "channel": st.sampled_from(["", "XX"]), "line_class": st.sampled_from(["", "", "commission", "closing"]),
            "valid_from": st.integers(-1, 2).map(lambda days: FIRST + timedelta(days=days)),
            "rate": st.sampled_from([Decimal("0.19"), Decimal("0.07"), Decimal(0)]),
        }
    ), max_size=4,
)  # fmt: skip


@pytest.fixture
def world(db):
    account = factories.account()
    skus = []
    for code, category, weight, sides in (
        ("A", "Toys", 300, (20, 200, 300)), ("B", "pets", None, (100, 100, 100)), ("C", "", 400, (None, 250, 300)),
    ):  # fmt: skip
        product = Product.objects.create(title=code, category=category)
        length, width, height = sides
        sku = Sku.objects.create(
            code=code, product=product, weight_g=weight, length_mm=length, width_mm=width, height_mm=height
        )
        skus.append(sku)
    _place(skus[0], account.marketplace)
    return SimpleNamespace(account=account, skus=[*skus, None], fee_vats=[])


def _place(sku, marketplace):
    """Our own category says nothing any more: the mapping to the marketplace says the former one for fees."""
    Placement.objects.create(
        sku=sku, marketplace=marketplace, category_key="1", category_name="One", fee_category=sku.product.category
    )
    Product.objects.filter(pk=sku.product_id).update(category="elsewhere")


def store(world, number, told):
    """An order with one line, its quote if there is one, and the same as the plain rule sees it."""
    day, units = FIRST + timedelta(days=told["day"]), told["quantity"] - min(told["cancelled"], told["quantity"])
    shown = None if told["item"] is None else told["item"] + (told["shipping"] or 0) - (told["discount"] or 0)
    total = None if shown is None else shown + ((told["tax"] or 0) if told["is_apart"] else 0)
    for worth, _ in told["beside"]:
        total = None if worth is None or total is None else total + Decimal(worth)
    order = Order.objects.create(
        account=world.account, external_id=f"O-{number}", status="shipped", channel=told["channel"], total=total,
        fulfilment=told["fulfilment"], business_on=day, currency=told["currency"],
        ordered_at=datetime.combine(day, time(12), UTC), changed_at=factories.NOON,
    )  # fmt: skip
    sku = world.skus[told["sku"]]
    line = OrderLine.objects.create(
        order=order, account=world.account, order_ref=order.external_id, external_id="1", sku=sku,
        remote_id=f"R-{number}", quantity=told["quantity"], quantity_cancelled=told["quantity"] - units,
        currency=told["currency"], item_total=told["item"], shipping=told["shipping"], discount=told["discount"],
        tax=told["tax"], expected_fee=told["estimate"] and -told["estimate"], changed_at=factories.NOON,
    )  # fmt: skip
    store_beside(world, order, told["beside"])
    sale = as_sale(world, line, order, sku, is_apart=told["is_apart"] and bool(told["tax"]) and total is not None)
    return line, sale, store_quote(world, line, sale, told["quote"])


def store_beside(world, order, told):
    """More lines of the order: what each is worth, and whether it was cancelled."""
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order, account=world.account, order_ref=order.external_id, external_id=f"beside-{place}", quantity=1,
            quantity_cancelled=int(is_cancelled), currency=order.currency, changed_at=factories.NOON,
            item_total=worth and Decimal(worth),
        )
        for place, (worth, is_cancelled) in enumerate(told)
    )  # fmt: skip


def as_sale(world, line, order, sku, *, is_apart):
    units = line.quantity - line.quantity_cancelled
    item = None
    if line.item_total is not None:
        whole = (line.item_total * units / line.quantity).quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)
        item = max(whole - (line.discount or 0), Decimal(0))
    estimate = None
    if line.expected_fee is not None:
        part = -line.expected_fee * units / line.quantity
        estimate = part.quantize(minor_unit(line.currency), rounding=ROUND_HALF_UP)
    lines = OrderLine.objects.filter(order=order).order_by("pk")
    sides = [sku.length_mm, sku.width_mm, sku.height_mm] if sku else [None]
    return Sale(
        worths=tuple(_worth(each) for each in lines), place=0, fee_vats=vats_of(world.fee_vats, order),
        sides_mm=None if None in sides else tuple(sorted(sides, reverse=True)), account_id=world.account.pk,
        marketplace=world.account.marketplace, channel=order.channel, units=units,
        category=sku.product.category.lower() if sku else "", programme=order.fulfilment, day=order.business_on,
        currency=line.currency, item=item, paid=None if item is None else item + (line.shipping or 0), tax=line.tax,
        is_tax_apart=is_apart, weight_g=sku.weight_g if sku else None, estimate=estimate,
    )  # fmt: skip


def vats_of(rows, order):
    """By class the latest of the storefront, else of all; of one day the one entered last."""
    found = {}
    for row in sorted(rows, key=lambda row: (row.channel != "", row.valid_from, row.pk)):
        if row.channel in ("", order.channel) and row.valid_from <= order.business_on:
            found[row.line_class] = row.rate
    return found


def _worth(line):
    if line.item_total is None:
        return None
    return (
        Decimal(0)
        if line.quantity_cancelled == line.quantity
        else max(line.item_total - (line.discount or 0), Decimal(0))
    )


def store_quote(world, line, sale, told):
    if told is None or not sale.item:
        return None
    is_close, days, commission, sending = told
    price = (sale.item / sale.units * (1 if is_close else 2)).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    on = sale.day + timedelta(days=days)
    parts = {"commission": commission, "fulfilment": sending}
    quote = FeeQuote.objects.create(
        account=world.account, channel=sale.channel, external_id=line.remote_id, remote_id=line.remote_id, price=price,
        total=-commission - sending, currency=sale.currency, quoted_at=datetime.combine(on, time(6), UTC),
        parts=[{"line_class": name, "label": name, "amount": str(-part)} for name, part in parts.items()],
    )  # fmt: skip
    return Quoted(id=quote.pk, price=price, currency=sale.currency, quoted_on=on, parts=parts)


def stored_fees():
    found = defaultdict(dict)
    for row in ExpectedFee.objects.all():
        told = (row.amount, row.tolerance, row.source, row.rule_id, row.quote_id, row.reason)
        found[row.order_line_id][row.line_class] = told
    return found


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(schedules=rules(), lines=LINES, fee_vats=VATS)
def test_its_sql_expects_for_every_line_what_the_plain_rule_expects(world, schedules, lines, fee_vats):
    with transaction.atomic():
        world.fee_vats = [FeeVat(account=world.account, source="test", **told) for told in fee_vats]
        FeeVat.objects.bulk_create(world.fee_vats)
        for key, values in schedules:
            named = {name: value for name, value in key.items() if name != "is_own"}
            owner = {"account": world.account} if key["is_own"] else {"marketplace": world.account.marketplace}
            FeeRule.objects.create(**owner, **named, **values, source="test")
        stored = [store(world, number, told) for number, told in enumerate(lines)]
        kept = list(FeeRule.objects.all())
        touched = expected.refresh([line.pk for line, _, _ in stored])
        found = stored_fees()
        for line, sale, quote in stored:
            wanted = {
                name: (None if fee.amount is None else -fee.amount, fee.tolerance, fee.source, fee.rule_id,
                       fee.quote_id, fee.reason)
                for name, fee in by_rule(sale, kept, quote).items()
            }  # fmt: skip
            assert found[line.pk] == wanted
            assert bool(wanted) == (line.pk in touched)
        assert expected.refresh([line.pk for line, _, _ in stored]) == []
        transaction.set_rollback(True)


def test_it_forgets_what_no_schedule_expects_any_more(world):
    rule = FeeRule.objects.create(
        account=world.account, line_class="commission", valid_from=FIRST, basis="item", rate=Decimal("0.15"), source="t"
    )
    line, _, _ = store(world, 1, {**PLAIN, "item": Decimal("20.00")})
    assert expected.refresh([line.pk]) == [line.pk]
    assert ExpectedFee.objects.get().amount == Decimal("-3.00")
    FeeRule.objects.filter(pk=rule.pk).update(withdrawn_at=factories.NOON)
    assert expected.refresh([line.pk]) == [line.pk]
    assert not ExpectedFee.objects.exists()


PLAIN = {
    "channel": "XX", "currency": "EUR", "fulfilment": "merchant", "day": 0, "sku": 3, "quantity": 1, "cancelled": 0,
    "shipping": None, "discount": None, "tax": None, "is_apart": False, "estimate": None, "quote": None,
    "beside": [],
}  # fmt: skip


def test_it_knows_every_class_that_a_sale_brings_about():
    assert set(CLASSES) < set(SALE_FEES)
