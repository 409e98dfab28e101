import pytest
from django.core.exceptions import ValidationError

from catalog.models import Identifier, RemoteProduct, Sku
from catalog.services import products, remote
from catalog.services.remote import Seen
from config.core.models import WorkItem
from marketplaces.canonical import IdentifierKind
from tests import factories

pytestmark = pytest.mark.django_db
EAN = "4006381333931"


@pytest.fixture
def account(north):
    return factories.account()


def test_it_links_a_name_that_equals_a_sku_code(account):
    sku = products.create(code="MUG-BLUE", title="Blue mug", brand="Kiln")
    assert remote.register(account.pk, [Seen("MUG-BLUE")], seen_in="orders") == {"MUG-BLUE": sku.pk}
    assert RemoteProduct.objects.get().reason == "same SKU code"


def test_it_links_by_identifier_when_the_seller_sku_is_unknown(account):
    sku = products.create(code="MUG-BLUE", title="Blue mug")
    products.identify(sku, IdentifierKind.GTIN, EAN)
    found = remote.register(account.pk, [Seen("other", "", factories.gtin(EAN))], seen_in="orders")
    assert found == {"other": sku.pk}
    assert RemoteProduct.objects.get().reason == "same gtin"


def test_it_prefers_the_sku_code_when_the_identifier_points_elsewhere(account):
    right = products.create(code="MUG-BLUE", title="Blue mug")
    other = products.create(code="MUG-RED", title="Red mug")
    products.identify(other, IdentifierKind.GTIN, EAN)
    found = remote.register(account.pk, [Seen("MUG-BLUE", "", factories.gtin(EAN))], seen_in="orders")
    assert found == {"MUG-BLUE": right.pk}


def test_it_leaves_a_name_ambiguous_when_two_identifiers_point_to_two_skus(account):
    for code, kind, value in [("A", "gtin", EAN), ("B", "marketplace_item", "X1")]:
        Identifier.objects.create(sku=products.create(code=code, title=code), kind=kind, value=value)
    seen = Seen("unknown", "", (*factories.gtin(EAN), factories.ProductId(IdentifierKind.MARKETPLACE_ITEM, "X1")))
    assert remote.register(account.pk, [seen], seen_in="orders") == {"unknown": None}
    stored = RemoteProduct.objects.get()
    assert (stored.state, stored.reason) == ("ambiguous", "2 SKUs carry this id")


def test_it_leaves_a_name_open_when_nothing_points_to_it_and_parks_nothing_twice(account):
    for _ in range(2):
        assert remote.register(account.pk, [Seen("nobody")], seen_in="orders") == {"nobody": None}
    assert list(RemoteProduct.objects.values_list("remote_id", "state")) == [("nobody", "open")]


def test_it_asks_for_parked_rows_to_be_processed_when_a_person_links(account):
    remote.register(account.pk, [Seen("nobody")], seen_in="orders")
    sku = products.create(code="MUG", title="Mug")
    remote.link(RemoteProduct.objects.get(), sku, by="olga")
    item = WorkItem.objects.get(job="inventory.reprocess_parked")
    assert item.kwargs == {"remote_ids": [RemoteProduct.objects.get().pk]}
    assert RemoteProduct.objects.get().linked_by == "olga"


def test_it_links_a_waiting_name_by_rule_when_its_identifier_is_added_later(account):
    remote.register(account.pk, [Seen("other", "", factories.gtin(EAN))], seen_in="orders")
    assert remote.relink(account.pk) == {"linked": 0}
    sku = products.create(code="MUG-BLUE", title="Blue mug")
    products.identify(sku, IdentifierKind.GTIN, EAN)
    assert remote.relink(account.pk) == {"linked": 1}
    found = RemoteProduct.objects.get()
    assert (found.sku, found.linked_by) == (sku, "rule")
    assert WorkItem.objects.get(job="inventory.reprocess_parked").kwargs == {"remote_ids": [found.pk]}


def test_it_links_by_identifier_when_a_later_listing_tells_it(account):
    sku = products.create(code="MUG-BLUE", title="Blue mug")
    products.identify(sku, IdentifierKind.GTIN, EAN)
    assert remote.register(account.pk, [Seen("other")], seen_in="orders") == {"other": None}
    rich = Seen("other", "Blue mug", factories.gtin(EAN))
    assert remote.register(account.pk, [rich, Seen("other")], seen_in="listings") == {"other": sku.pk}
    found = RemoteProduct.objects.get()
    assert (found.title, found.product_ids) == ("Blue mug", [{"kind": "gtin", "value": EAN}])
    assert (found.state, found.reason, found.seen_in) == ("linked", "same gtin", "orders")


def test_it_keeps_the_title_and_ids_it_knows_when_a_later_row_tells_others(account):
    remote.register(account.pk, [Seen("other", "Blue mug", factories.gtin(EAN))], seen_in="listings")
    before = RemoteProduct.objects.values().get()
    remote.register(account.pk, [Seen("other", "Red mug", factories.gtin("96385074"))], seen_in="listings")
    assert RemoteProduct.objects.values().get() == before


def test_it_refuses_a_retired_sku(account):
    remote.register(account.pk, [Seen("nobody")], seen_in="orders")
    sku = products.create(code="MUG", title="Mug")
    Sku.objects.update(is_retired=True)
    sku.refresh_from_db()
    with pytest.raises(ValidationError, match="MUG is retired"):
        remote.link(RemoteProduct.objects.get(), sku, by="olga")
    assert RemoteProduct.objects.get().state == "open"


def test_it_names_the_owner_when_an_identifier_is_taken(account):
    first = products.create(code="A", title="A")
    products.identify(first, IdentifierKind.GTIN, EAN)
    with pytest.raises(ValidationError, match=f"gtin {EAN} belongs to A"):
        products.identify(products.create(code="B", title="B"), IdentifierKind.GTIN, EAN)


@pytest.mark.parametrize("value", ["4006381333930", "400638133393", "", "400638133393X", "0000000000018"])
def test_it_refuses_a_gtin_with_a_wrong_check_digit_or_length(value):
    with pytest.raises(ValidationError):
        products.check_identifier(IdentifierKind.GTIN, value)


@pytest.mark.parametrize("value", ["4006381333931", "96385074", "036000291452", "00012345600012"])
def test_it_accepts_gtins_of_every_length(value):
    products.check_identifier(IdentifierKind.GTIN, value)
