"""Every call that we make: method, path and limit. Versions move per interface."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`is_repeatable` says that the call may be sent twice without doing harm."""

    method: str
    path: str
    operation: str = "default"
    is_repeatable: bool = True

    def path_for(self, **parts: str) -> str:
        return self.path.format(**{key: quote(value, safe=",") for key, value in parts.items()})


ORDERS = Endpoint("GET", "/v4/orders")
ORDER = Endpoint("GET", "/v4/orders/{id}")
CANCEL = Endpoint("POST", "/v4/orders/{order}/positionItems/{units}/cancellation")
PRODUCTS = Endpoint("GET", "/v5/products", "products.read")
MARKETPLACE_STATUS = Endpoint("GET", "/v5/products/marketplace-status", "status.read")
ACTIVE_STATUS = Endpoint("GET", "/v5/products/active-status", "active.read")
CONTENT_CHANGES = Endpoint("GET", "/v5/products/content-changes", "products.read")
POST_PRODUCTS = Endpoint("POST", "/v5/products", "products.write")
SET_ACTIVE = Endpoint("POST", "/v5/products/active-status", "active.write")
CATEGORIES = Endpoint("GET", "/v5/products/categories", "products.read")
PRICES = Endpoint("POST", "/v5/products/prices", "products.write")
TASK = Endpoint("GET", "/v5/products/update-tasks/{id}", "products.read")
TASK_FAILED = Endpoint("GET", "/v5/products/update-tasks/{id}/failed", "products.read")
QUANTITIES = Endpoint("GET", "/v1/availability/quantities")
QUANTITY = Endpoint("GET", "/v1/availability/quantities/{id}")
SET_QUANTITIES = Endpoint("POST", "/v1/availability/quantities")
SHIPMENTS = Endpoint("GET", "/v1/shipments")
SHIPMENT = Endpoint("GET", "/v1/shipments/{id}")
SHIPMENT_BY_NUMBER = Endpoint("GET", "/v1/shipments/carriers/{carrier}/trackingnumbers/{number}")
SHIP = Endpoint("POST", "/v1/shipments", is_repeatable=False)
SHIP_SEVERAL = Endpoint("POST", "/v1/multiparcel-shipments", is_repeatable=False)
RETURNS = Endpoint("GET", "/v3/returns")
RECEIPTS = Endpoint("GET", "/v3/receipts")
