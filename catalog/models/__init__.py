from catalog.models.batches import BatchState, BreakerLimit, PublishBatch
from catalog.models.listings import Listing, ListingIssue, ListingPrice, OfferSnapshot
from catalog.models.parity import LearnedRule, ParityFinding, ParityRun
from catalog.models.products import Brand, Identifier, MasterRule, Product, Sku, SkuChange, SkuKind, VatClass
from catalog.models.publishing import ChangeOutcome, FieldOwner, OfferChange, OfferField, OfferState, OnDrift, Owner
from catalog.models.remote import RemoteProduct, RemoteState
from catalog.models.structure import BundlePart, Merge
from catalog.models.uploads import Upload, UploadRow

__all__ = [
    "BatchState", "Brand", "BreakerLimit", "BundlePart", "ChangeOutcome", "FieldOwner", "Identifier", "LearnedRule",
    "Listing", "ListingIssue", "ListingPrice", "MasterRule", "Merge", "OfferChange", "OfferField", "OfferSnapshot",
    "OfferState", "OnDrift", "Owner", "ParityFinding", "ParityRun", "Product", "PublishBatch", "RemoteProduct",
    "RemoteState", "Sku", "SkuChange", "SkuKind", "Upload", "UploadRow", "VatClass",
]  # fmt: skip
