"""Products and their names, listings, and the names that still mean no product."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog import filters, master
from catalog.models import (
    Brand,
    Identifier,
    Listing,
    ListingIssue,
    ListingPrice,
    OfferSnapshot,
    Product,
    RemoteProduct,
    Sku,
    SkuChange,
)
from catalog.services import listings, masters, remote
from config.core.api import AmountField, CurrencyField, MoneyField, Named, Reason, Rows, actor, write
from config.core.money import Money
from config.core.permissions import Action
from marketplaces.api.writes import CommandSerializer, wish
from marketplaces.services.writes import MOST_UNITS


class BrandSerializer(serializers.ModelSerializer):
    class Meta:
        model = Brand
        fields = ("id", "name")


class ProductSerializer(serializers.ModelSerializer):
    brand = Named("name", or_null=True)
    skus = Named("code", many=True)

    class Meta:
        model = Product
        fields = ("id", "title", "brand", "category", "skus", "created_at", "updated_at")


class IdentifierSerializer(serializers.ModelSerializer):
    sku = Named("code")

    class Meta:
        model = Identifier
        fields = ("id", "sku", "kind", "value")


class _Named(serializers.ModelSerializer):
    class Meta:
        model = Identifier
        fields = ("kind", "value")


class SkuSerializer(serializers.ModelSerializer):
    brand = serializers.CharField(source="product.brand.name", default=None, read_only=True, allow_null=True)
    identifiers = _Named(many=True, read_only=True)

    class Meta:
        model = Sku
        fields = (
            "id", "code", "title", "product", "kind", "options", "brand", *master.OWN[1:], "is_focus", "is_retired",
            "identifiers", "created_at", "updated_at",
        )  # fmt: skip


class IssueSerializer(serializers.ModelSerializer):
    class Meta:
        model = ListingIssue
        fields = (
            "code", "severity", "message", "attributes", "is_blocking", "is_open", "first_seen_at", "last_seen_at",
        )  # fmt: skip


class ListingSerializer(serializers.ModelSerializer):
    account, sku = Named("key"), Named("code", or_null=True)
    price, sale_price = MoneyField(), MoneyField()
    issues = IssueSerializer(many=True, read_only=True)

    class Meta:
        model = Listing
        fields = (
            "id", "account", "channel", "external_id", "remote_id", "sku", "product_ids", "title", "status",
            "status_raw", "fulfilment", "price", "sale_price", "quantity", "image_url", "extra", "changed_at",
            "issues",
        )  # fmt: skip


class ListingPriceSerializer(serializers.ModelSerializer):
    price, sale_price = MoneyField(), MoneyField()

    class Meta:
        model = ListingPrice
        fields = ("id", "listing", "price", "sale_price", "since")


class OfferSnapshotSerializer(serializers.ModelSerializer):
    account = Named("key")
    featured_price, lowest_price = MoneyField(), MoneyField()

    class Meta:
        model = OfferSnapshot
        fields = (
            "id", "account", "channel", "remote_id", "observed_at", "is_featured_own", "featured_price",
            "lowest_price", "offer_count", "competitors",
        )  # fmt: skip


class RemoteProductSerializer(serializers.ModelSerializer):
    account, sku = Named("key"), Named("code", or_null=True)

    class Meta:
        model = RemoteProduct
        fields = (
            "id", "account", "remote_id", "title", "product_ids", "sku", "state", "reason", "linked_by", "seen_in",
            "first_seen_at", "updated_at",
        )  # fmt: skip


class LinkTo(serializers.Serializer):
    """`instead_of`: the SKU that the name means so far and is given up; needed where it means one."""

    sku = Named("code", queryset=Sku.objects.all())
    instead_of = Named("code", queryset=Sku.objects.all(), required=False)


class BrandViews(Rows):
    queryset = Brand.objects.all()
    serializer_class = BrandSerializer
    filterset_fields = ("name",)


class ProductViews(Rows):
    queryset = Product.objects.select_related("brand").prefetch_related("skus")
    serializer_class = ProductSerializer
    filterset_fields = ("brand__name", "category")


class Described(serializers.Serializer):
    """Master fields as a person types them, each as text; a field that is left out or empty stays as it is."""

    def get_fields(self) -> dict[str, Any]:
        return {name: serializers.CharField(required=False, allow_blank=True) for name in master.FIELDS}


class SkuChangeSerializer(serializers.ModelSerializer):
    sku = Named("code")

    class Meta:
        model = SkuChange
        fields = ("id", "sku", "field", "before", "after", "changed_at", "changed_by", "source")


class SkuViews(Rows):
    queryset = Sku.objects.select_related("product__brand").prefetch_related("identifiers")
    serializer_class = SkuSerializer
    filterset_class = filters.SkuFilter

    @write(Action.EDIT_PRODUCTS, takes=Described, gives=SkuSerializer)
    def describe(self, request: Request, pk: str) -> Response:
        """Change master fields; what changed is kept with its before and its after."""
        sku = self.get_object()
        masters.describe(sku, self.given(request), by=actor(request), source="API")
        return self.answer(sku)


class SkuChangeViews(Rows):
    queryset = SkuChange.objects.select_related("sku")
    serializer_class = SkuChangeSerializer
    filterset_fields = ("sku__code", "field", "changed_by")


class IdentifierViews(Rows):
    queryset = Identifier.objects.select_related("sku")
    serializer_class = IdentifierSerializer
    filterset_fields = ("kind", "value", "sku__code")


class PriceWanted(serializers.Serializer):
    """As the buyer will see it; `currency` must be the listing's, so that no number is taken for another."""

    price = AmountField()
    currency = CurrencyField()


class QuantityWanted(serializers.Serializer):
    quantity = serializers.IntegerField(min_value=0, max_value=MOST_UNITS)


class ListingViews(Rows):
    queryset = Listing.objects.select_related("account", "sku").prefetch_related("issues")
    serializer_class = ListingSerializer
    filterset_class = filters.ListingFilter

    @write(Action.WRITE_MARKETPLACE, takes=PriceWanted, gives=CommandSerializer)
    def price(self, request: Request, pk: str) -> Response:
        """Ask the marketplace for a price; answers the write, which is done once it is confirmed."""
        wanted = self.given(request)
        price = Money(Decimal(wanted["price"]), wanted["currency"])
        return Response(CommandSerializer(listings.set_price(self.get_object(), price, wish(request))).data)

    @write(Action.WRITE_MARKETPLACE, takes=QuantityWanted, gives=CommandSerializer)
    def quantity(self, request: Request, pk: str) -> Response:
        """Ask the marketplace to offer so many units of our own stock; answers the write."""
        command = listings.set_quantity(self.get_object(), self.given(request)["quantity"], wish(request))
        return Response(CommandSerializer(command).data)


class ListingPriceViews(Rows):
    queryset = ListingPrice.objects.all()
    serializer_class = ListingPriceSerializer
    filterset_fields = ("listing",)


class OfferSnapshotViews(Rows):
    queryset = OfferSnapshot.objects.select_related("account")
    serializer_class = OfferSnapshotSerializer
    filterset_fields = ("account__key", "channel", "remote_id", "is_featured_own")


class RemoteProductViews(Rows):
    queryset = RemoteProduct.objects.select_related("account", "sku")
    serializer_class = RemoteProductSerializer
    filterset_class = filters.RemoteProductFilter

    @write(Action.LINK_PRODUCTS, takes=LinkTo, gives=RemoteProductSerializer)
    def link(self, request: Request, pk: str) -> Response:
        """Say which SKU the name means; what was parked for it is processed again."""
        return self.answer(remote.link(self.get_object(), by=actor(request), **self.given(request)))

    @write(Action.LINK_PRODUCTS, takes=Reason, gives=RemoteProductSerializer)
    def ignore(self, request: Request, pk: str) -> Response:
        """Say that the name is none of ours."""
        return self.answer(remote.ignore(self.get_object(), by=actor(request), **self.given(request)))


VIEWS: dict[str, Any] = {
    "brands": BrandViews,
    "products": ProductViews,
    "skus": SkuViews,
    "sku-changes": SkuChangeViews,
    "identifiers": IdentifierViews,
    "listings": ListingViews,
    "listing-prices": ListingPriceViews,
    "offers": OfferSnapshotViews,
    "remote-products": RemoteProductViews,
}
