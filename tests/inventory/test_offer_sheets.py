"""Sheets of prices and of stock: judged with what is sold, approved where money moves, turned into wishes and moves."""

from datetime import timedelta
from decimal import Decimal

import pytest

from catalog.models import Listing, OfferField
from catalog.services import products, uploads
from catalog.uploads import selectors
from finance.services import costs
from finance.services.costs import Entry
from inventory.models import Holding, MoveKind, SkuDay, StockMove, Warehouse
from inventory.services import stock
from inventory.services.stock import Move
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(north, noon):
    """A mug at 20.00 in two stores, of which the German one sold 30 in the last 30 days; it costs 9.00."""
    account = factories.account("shop")
    mug = products.create(code="MUG", title="Mug")
    for store in ("DE", "FR"):
        Listing.objects.create(
            account=account, channel=store, external_id=f"{store}-1", remote_id="MUG", sku=mug, status="active",
            fulfilment="merchant", price=Decimal("20.00"), currency="EUR", price_seen_at=NOON,
        )  # fmt: skip
    SkuDay.objects.create(
        account=account, channel="DE", day=NOON.date() - timedelta(days=3), sku=mug, currency="EUR", units=30,
        revenue=Decimal("600.00"),
    )  # fmt: skip
    costs.enter(
        Entry(sku_id=mug.pk, currency="EUR", valid_from=NOON.date() - timedelta(days=9), purchase=Decimal(9)), by="seed"
    )
    return account


def upload(kind, *lines):
    return uploads.upload(kind, "\n".join(lines).encode(), name=f"{kind}.csv", by="ann")[0]


def told(sheet):
    rows = sheet.rows.order_by("row_no")
    return {r.row_no: [f"{p['column']}: {p['wrong']}; {p['todo']}" for p in r.problems] for r in rows if r.problems}


def test_it_explains_what_is_wrong_with_prices(shop):
    sheet = upload(
        "prices",
        "account;store;sku;currency;price",
        "shop;DE;MUG;EUR;21,00",
        "shop;;MUG;EUR;21,00",
        "shop;IT;MUG;EUR;21,00",
        "shop;FR;MUK;EUR;21,00",
        "store;FR;MUG;EUR;21,00",
        "shop;FR;MUG;USD;21,00",
        "shop;FR;MUG;EUR;0",
        "shop;FR;MUG;EUR;21,005",
        "shop;fr;MUG;;19,00",
        "shop;FR;MUG;;18,50",
    )
    assert told(sheet) == {
        3: ["store: 'MUG' has 2 listings that fit; name the storefront: DE, FR"],
        4: ["store: 'MUG' is not offered in 'IT'; write one of DE, FR"],
        5: ["sku: shop offers no 'MUK'; write a SKU that the account offers"],
        6: ["account: no account has the key 'store'; write one of shop"],
        7: ["currency: the storefront sells in EUR, not in USD; write its own currency"],
        8: ["price: a price of zero gives the goods away; write what the buyer is to see"],
        9: ["price: 21.005 has more digits than EUR; write steps of 0.01"],
        10: ["row: rows 10 and 11 both speak of MUG · shop FR; keep one of them"],
        11: ["row: rows 10 and 11 both speak of MUG · shop FR; keep one of them"],
    }


def test_a_large_change_or_one_below_the_goods_needs_somebody_else_and_shows_its_money(shop):
    sheet = upload("prices", "account;store;sku;price", "shop;DE;MUG;8.50", "shop;FR;MUG;21.90")
    large, small = sheet.rows.order_by("row_no")
    assert large.approvals == [
        "the price changes by -57.5%, more than 15%",
        "below the floor of 9.00 EUR: what the goods cost, before tax and fees",
    ]
    assert (large.effect, large.currency) == (Decimal("-345.0000"), "EUR")
    assert (small.approvals, small.effect) == ([], None)
    uploads.decline(sheet, by="bob", rows=[2])
    assert uploads.apply(sheet, by="ann") == 1
    wish = OfferField.objects.get()
    assert (wish.listing.channel, wish.field, wish.wanted) == ("FR", "price", "21.9")
    assert wish.cause == f"sheet {sheet.pk}: prices.csv, row 3"


def test_a_price_that_is_wanted_already_says_nothing_new(shop):
    first = upload("prices", "account;store;sku;price", "shop;FR;MUG;21.90")
    uploads.apply(first, by="ann")
    again = upload("prices", "account;store;sku;currency;price", "shop;FR;MUG;EUR;21,9", "shop;DE;MUG;EUR;20")
    assert [row.state for row in again.rows.order_by("row_no")] == ["known", "known"]


def test_what_was_counted_becomes_corrections_of_the_ledger(shop):
    own = Warehouse.objects.create(code="own", label="Own", pool="own", fulfilment="merchant")
    Warehouse.objects.create(code="pool", label="Pool", account=shop, pool="x", fulfilment="marketplace")
    mug = products.Sku.objects.get(code="MUG")
    stock.move([Move(warehouse_id=own.pk, sku_id=mug.pk, kind=MoveKind.OPENING, quantity=12, key="opening")], by="seed")
    sheet = upload(
        "stock", "sku;warehouse;quantity;note", "MUG;own;9;three broke", "MUG;pool;3;", "mug;own;1;", "MUG;own;-1;"
    )
    assert told(sheet) == {
        3: ["warehouse: no warehouse of yours has the code 'pool'; write one of own"],
        4: ["sku: no SKU is called 'mug'; did you mean 'MUG'?"],
        5: ["quantity: '-1' is not a count of units; write digits alone, 0 where none is left"],
    }
    assert uploads.apply(sheet, by="ann") == 1
    assert Holding.objects.get().on_hand == 9
    move = StockMove.objects.get(kind=MoveKind.CORRECTION)
    assert (move.quantity, move.note, move.recorded_by) == (-3, "three broke", "ann")


def test_more_than_ten_empty_shelves_need_somebody_else(shop):
    own = Warehouse.objects.create(code="own", label="Own", pool="own", fulfilment="merchant")
    codes = ["MUG", *(f"S-{n}" for n in range(10))]
    for code in codes[1:]:
        products.create(code=code, title=code)
    skus = {sku.code: sku.pk for sku in products.Sku.objects.all()}
    stock.move(
        [
            Move(warehouse_id=own.pk, sku_id=skus[code], kind=MoveKind.OPENING, quantity=5, key=f"opening {code}")
            for code in codes
        ],
        by="seed",
    )
    sheet = upload("stock", "sku;warehouse;quantity", *(f"{code};own;0" for code in codes))
    assert {tuple(row.approvals) for row in sheet.rows.all()} == {("11 offers go to zero, more than 10",)}
    assert sheet.rows.get(row_no=2).effect == Decimal("-600.0000")
    ten = upload("stock", "sku;warehouse;quantity", *(f"{code};own;0" for code in codes[1:]))
    assert ten.rows.exclude(approvals=[]).count() == 0


def test_it_counts_no_revenue_for_orders_that_tell_no_amount_yet(shop):
    """A pending order counts its units, and has no currency until it is paid."""
    SkuDay.objects.create(
        account=shop, channel="FR", day=NOON.date(), sku=SkuDay.objects.get().sku, currency="", units=2, revenue=0
    )
    assert selectors.revenue() == [(Decimal("600.00"), "EUR")]
