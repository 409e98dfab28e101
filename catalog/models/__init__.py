from catalog.models.batches import BatchState, BreakerLimit, PublishBatch
from catalog.models.listings import Listing, ListingIssue, ListingPrice, OfferSnapshot
from catalog.models.mapping import (
    Attribute,
    AttributeRule,
    Category,
    CategoryRule,
    Mapping,
    Placement,
    Taxonomy,
    VersionState,
)
from catalog.models.parity import LearnedRule, ParityFinding, ParityRun
from catalog.models.products import Brand, Identifier, MasterRule, Product, Sku, SkuChange, SkuKind, VatClass
from catalog.models.publishing import ChangeOutcome, FieldOwner, OfferChange, OfferField, OfferState, OnDrift, Owner
from catalog.models.quality import QualityWeight
from catalog.models.remote import RemoteProduct, RemoteState
from catalog.models.structure import BundlePart, Merge
from catalog.models.uploads import Upload, UploadRow

__all__ = [
    "Attribute", "AttributeRule", "BatchState", "Brand", "BreakerLimit", "BundlePart", "Category", "CategoryRule",
    "ChangeOutcome", "FieldOwner", "Identifier", "LearnedRule", "Listing", "ListingIssue", "ListingPrice",
    "Mapping", "MasterRule", "Merge", "OfferChange", "OfferField", "OfferSnapshot", "OfferState", "OnDrift",
    "Owner", "ParityFinding", "ParityRun", "Placement", "Product", "PublishBatch", "QualityWeight", "RemoteProduct",
    "RemoteState", "Sku", "SkuChange", "SkuKind", "Taxonomy", "Upload", "UploadRow", "VatClass", "VersionState",
]  # fmt: skip
