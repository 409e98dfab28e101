from catalog.models.listings import Listing, ListingIssue, ListingPrice, OfferSnapshot
from catalog.models.products import Brand, Identifier, Product, Sku, SkuChange, SkuKind, VatClass
from catalog.models.remote import RemoteProduct, RemoteState

__all__ = [
    "Brand", "Identifier", "Listing", "ListingIssue", "ListingPrice", "OfferSnapshot", "Product", "RemoteProduct",
    "RemoteState", "Sku", "SkuChange", "SkuKind", "VatClass",
]  # fmt: skip
