"""A sheet of prices names what a marketplace refused before, while it is previewed and not only when it is published."""

from __future__ import annotations

import pytest

from catalog.models import LearnedRule
from catalog.services import products, uploads
from tests.factories import NOON
from tests.publishing.conftest import acting, at_noon, offer, remote, shop

__all__ = ["acting", "at_noon", "remote", "shop"]
pytestmark = pytest.mark.django_db
SHEET = b"account,sku,price\nshop,MUG,12.00\nshop,CUP,12.00\nshop,JUG,13.00\n"


def test_a_price_that_was_refused_for_such_a_product_is_explained_in_the_preview(acting):
    for code, kind in (("MUG", "mugs"), ("CUP", "cups"), ("JUG", "mugs")):
        sku = products.create(code=code, title=code)
        sku.product.category = kind
        sku.product.save()
        offer(acting, code, sku=sku)
    rule = LearnedRule.objects.create(
        marketplace="stall", product_type="mugs", field="price", value="12", reason="below your minimum",
        first_seen_at=NOON, last_seen_at=NOON,
    )  # fmt: skip
    sheet, _ = uploads.upload("prices", SHEET, name="prices.csv", by="anna")
    found = {row.row_no: row for row in sheet.rows.all()}
    assert [found[number].state for number in sorted(found)] == ["rejected", "good", "good"]
    assert "the marketplace refused 12 before for such a product: below your minimum" in str(found[min(found)].problems)
    rule.is_waived = True
    rule.save()
    again, _ = uploads.upload("prices", SHEET.replace(b"JUG,13", b"JUG,14"), name="again.csv", by="anna")
    assert {row.state for row in again.rows.all()} == {"good"}
