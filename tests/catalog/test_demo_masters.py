"""The demo's clients know their products but for a few gaps, and say where each belongs."""

from datetime import date

import pytest

from catalog import gaps
from catalog.mapping import placing
from catalog.models import Listing, Merge, Placement, Sku, Taxonomy, Upload
from catalog.services import mappings, products
from config.core.management.demo import masters
from config.core.management.demo.clients import master
from marketplaces.sandbox import assortment
from tests import factories

pytestmark = pytest.mark.django_db


class World:
    """The products of one simulated client."""

    origin = date(2026, 8, 1)
    products = assortment.products(7, "north")


def test_it_furnishes_once_and_leaves_a_sheet_to_approve(north, noon):
    account = factories.account("shop")
    products.import_master(master(product) for product in World.products if product.is_registered)
    for _ in range(2):
        masters.furnish(World)
    assert Merge.objects.count() > 0
    assert 5 < len(gaps.of()) < 60
    for number, sku in enumerate(Sku.objects.filter(placements=None).order_by("code")[:12]):
        Listing.objects.create(
            account=account, channel="DE", external_id=str(number), remote_id=sku.code, sku=sku, status="active",
            fulfilment="merchant", price=20, currency="EUR",
        )  # fmt: skip
    for _ in range(2):
        masters.leave_a_sheet()
    assert 0 < Placement.objects.count() < 12
    assert Taxonomy.objects.filter(state="active").count() == 1
    sheet = Upload.objects.get()
    assert dict(sheet.rows.values_list("row_no", "state"))[9] == "rejected"
    assert sheet.rows.exclude(approvals=[]).count() == 2


def test_its_rules_name_the_categories_as_the_marketplace_was_read_to_call_them(north, noon):
    account = factories.account("shop")
    read = mappings.draft_taxonomy(
        account.marketplace, "read", by="reading", attributes=[],
        categories=[{"key": name.upper(), "name": f"All for {name}"} for name in masters.NAMES],
    )  # fmt: skip
    masters.leave_a_sheet()
    active, announced = (Taxonomy.objects.get(name=name) for name in ("2026", "2027"))
    leaves = read.categories.order_by("key").values_list("key", "name")
    assert list(active.categories.filter(is_leaf=True).order_by("key").values_list("key", "name")) == list(leaves)
    assert not announced.categories.filter(key="GARDEN").exists()
    assert announced.categories.get(key="TOYS").name == "Toys, games and hobbies"
    assert placing.impact(read) == []
