"""Every call that we make: method, path, limit, and the media type of its own (versions move per resource)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

V10 = "application/vnd.retailer.v10+json"
V10_CSV = "application/vnd.retailer.v10+csv"
V11 = "application/vnd.retailer.v11+json"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`media` is both the Accept of every call and the Content-Type of those with a body."""

    method: str
    path: str
    operation: str
    media: str = V10

    def path_for(self, **parts: str) -> str:
        return self.path.format(**{key: quote(value, safe="") for key, value in parts.items()})


ME = Endpoint("GET", "/retailer/retailers/current", "retailers.get")
ORDERS = Endpoint("GET", "/retailer/orders", "orders.list")
ORDER = Endpoint("GET", "/retailer/orders/{id}", "orders.get")
CANCEL = Endpoint("PUT", "/retailer/orders/cancellation", "orders.cancel")
SHIPMENTS = Endpoint("GET", "/retailer/shipments", "shipments.list")
SHIPMENT = Endpoint("GET", "/retailer/shipments/{id}", "shipments.get")
SHIP = Endpoint("POST", "/retailer/shipments", "shipments.create")
TRANSPORT = Endpoint("PUT", "/retailer/transports/{id}", "transports.change")
OFFERS = Endpoint("GET", "/retailer/offers", "offers.list", V11)
OFFER = Endpoint("GET", "/retailer/offers/{id}", "offers.get", V11)
OFFER_REASONS = Endpoint("GET", "/retailer/offers/{id}/not-for-sale-reasons", "offers.get", V11)
PATCH_OFFER = Endpoint("PATCH", "/retailer/offers/{id}", "offers.write", V11)
OFFER_V10 = Endpoint("GET", "/retailer/offers/{id}", "offers.get")
PUT_PRICE = Endpoint("PUT", "/retailer/offers/{id}/price", "offers.write")
PUT_STOCK = Endpoint("PUT", "/retailer/offers/{id}/stock", "offers.write")
PUT_OFFER = Endpoint("PUT", "/retailer/offers/{id}", "offers.write")
UPLOAD_CONTENT = Endpoint("POST", "/retailer/content/products", "content.write")
UPLOAD_REPORT = Endpoint("GET", "/retailer/content/upload-report/{id}", "content.get")
CATALOG_PRODUCT = Endpoint("GET", "/retailer/content/catalog-products/{id}", "content.get")
CATEGORIES = Endpoint("GET", "/retailer/products/categories", "products.offers")
EXPORT = Endpoint("POST", "/retailer/offers/export", "offers.export")
EXPORT_FILE = Endpoint("GET", "/retailer/offers/export/{id}", "offers.download", V10_CSV)
INVENTORY = Endpoint("GET", "/retailer/inventory", "inventory.list")
RETURNS = Endpoint("GET", "/retailer/returns", "returns.list")
RETURN = Endpoint("GET", "/retailer/returns/{id}", "returns.get")
COMMISSION = Endpoint("POST", "/retailer/commission", "commission.quote")
COMPETING = Endpoint("GET", "/retailer/products/{ean}/offers", "products.offers")
INVOICES = Endpoint("GET", "/retailer/invoices", "invoices.list")
SPECIFICATION = Endpoint("GET", "/retailer/invoices/{id}/specification", "invoices.specification")
PROCESS = Endpoint("GET", "/shared/process-status/{id}", "process.get")
SUBSCRIPTIONS = Endpoint("GET", "/retailer/subscriptions", "subscriptions")
SUBSCRIBE = Endpoint("POST", "/retailer/subscriptions", "subscriptions")
RESUBSCRIBE = Endpoint("PUT", "/retailer/subscriptions/{id}", "subscriptions")
SIGNATURE_KEYS = Endpoint("GET", "/retailer/subscriptions/signature-keys", "subscriptions")
