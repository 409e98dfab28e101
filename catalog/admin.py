"""Master data to keep, and what marketplaces tell to look at."""

from __future__ import annotations

from django.contrib import admin

from catalog.models import (
    Brand,
    Identifier,
    Listing,
    Mapping,
    MasterRule,
    OfferSnapshot,
    Product,
    QualityWeight,
    RemoteProduct,
    Sku,
    SkuChange,
    Taxonomy,
    Upload,
)
from config.core.admin import Configure, ConfigureInline, Inspect
from config.core.permissions import Action


class Identifiers(ConfigureInline):
    model = Identifier


@admin.register(Brand)
class BrandAdmin(Configure):
    looks, changes = Action.VIEW, Action.LINK_PRODUCTS
    search_fields = ("name",)


@admin.register(Product)
class ProductAdmin(Configure):
    looks, changes = Action.VIEW, Action.LINK_PRODUCTS
    list_display = ("title", "brand", "category")
    list_select_related = ("brand",)
    search_fields = ("title",)
    autocomplete_fields = ("brand",)


@admin.register(Sku)
class SkuAdmin(Configure):
    looks, changes = Action.VIEW, Action.LINK_PRODUCTS
    list_display = ("code", "title", "kind", "supplier", "weight_g", "origin_country", "is_focus", "is_retired")
    list_filter = ("kind", "is_focus", "is_retired")
    search_fields = ("code", "title", "identifiers__value")
    autocomplete_fields = ("product",)
    inlines = (Identifiers,)


@admin.register(SkuChange)
class SkuChangeAdmin(Inspect):
    list_display = ("sku", "field", "before", "after", "changed_at", "changed_by", "source")
    list_select_related = ("sku",)
    search_fields = ("sku__code",)


@admin.register(RemoteProduct)
class RemoteProductAdmin(Inspect):
    list_display = ("remote_id", "account", "state", "sku", "reason", "linked_by", "first_seen_at")
    list_filter = ("state", "account")
    list_select_related = ("account", "sku")
    search_fields = ("remote_id", "title")


@admin.register(Listing)
class ListingAdmin(Inspect):
    list_display = ("remote_id", "account", "channel", "sku", "status", "price", "currency", "quantity")
    list_filter = ("status", "account")
    list_select_related = ("account", "sku")
    search_fields = ("remote_id", "external_id")


@admin.register(OfferSnapshot)
class OfferSnapshotAdmin(Inspect):
    list_display = ("remote_id", "account", "channel", "observed_at", "is_featured_own", "featured_price", "currency")
    list_filter = ("account",)
    list_select_related = ("account",)
    search_fields = ("remote_id",)


@admin.register(MasterRule)
class MasterRuleAdmin(Configure):
    list_display = ("field", "is_mandatory", "set_by", "set_at")


@admin.register(Upload)
class UploadAdmin(Inspect):
    list_display = ("name", "kind", "state", "uploaded_at", "uploaded_by", "closed_by")
    list_filter = ("kind", "state")


@admin.register(Taxonomy)
class TaxonomyAdmin(Inspect):
    list_display = ("marketplace", "name", "state", "made_at", "made_by", "activated_at", "activated_by")
    list_filter = ("marketplace", "state")


@admin.register(Mapping)
class MappingAdmin(Inspect):
    list_display = ("marketplace", "name", "state", "made_at", "made_by", "activated_at", "activated_by")
    list_filter = ("marketplace", "state")


@admin.register(QualityWeight)
class QualityWeightAdmin(Configure):
    list_display = ("element", "weight", "marketplace", "category", "valid_from", "source")
    list_filter = ("marketplace",)
