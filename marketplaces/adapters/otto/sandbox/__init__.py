"""The world in OTTO's words: every call that our client makes, answered as OTTO answers it."""

from __future__ import annotations

from marketplaces.adapters.otto.sandbox import categories, money, orders, parcels, products, receipts
from marketplaces.adapters.otto.sandbox.replies import missing, refuse
from marketplaces.adapters.otto.sandbox.tokens import authorise, token
from marketplaces.sandbox.facts import Answer, Request, View, WorldEvent
from marketplaces.sandbox.wire import Route, SandboxApi

__all__ = ["API", "sandbox_event"]

ID = r"(?P<id>[^/]+)"
HTML = b"<html><head><title>429 Too Many Requests</title></head><body>Too Many Requests</body></html>"


def sandbox_event(view: View, event: WorldEvent) -> bytes:
    """Nothing is pushed."""
    return b""


def _throttled(request: Request, wait: float) -> Answer:
    """The gateway's own page: no JSON, and no word of when to come back."""
    return Answer(429, HTML, "text/html")


def _broken(request: Request, status: int) -> Answer:
    return refuse(request, status, "INTERNAL_ERROR", "try again later")


API = SandboxApi(
    routes=(
        Route("POST", "/oauth2/token", token, "token", is_open=True),
        Route("POST", "/v1/token", token, "token", is_open=True),
        Route("GET", "/v4/orders", orders.order_list, "default"),
        Route("GET", f"/v4/orders/{ID}", orders.order, "default"),
        Route("POST", f"/v4/orders/{ID}/positionItems/(?P<units>[^/]+)/cancellation", orders.cancel, "default"),
        Route("GET", "/v1/shipments", parcels.shipment_list, "default"),
        Route("POST", "/v1/shipments", parcels.ship, "default"),
        Route("POST", "/v1/multiparcel-shipments", parcels.ship_several, "default"),
        Route(
            "GET",
            "/v1/shipments/carriers/(?P<carrier>[^/]+)/trackingnumbers/(?P<number>[^/]+)",
            parcels.shipment_by_number,
            "default",
        ),
        Route("GET", f"/v1/shipments/{ID}", parcels.shipment, "default"),
        Route("GET", "/v3/returns", parcels.return_list, "default"),
        Route("GET", "/v3/receipts", receipts.receipt_list, "default"),
        Route("GET", "/v5/products", products.product_list, "products.read"),
        Route("GET", "/v5/products/marketplace-status", products.status_list, "status.read"),
        Route("GET", "/v5/products/active-status", products.active_list, "active.read"),
        Route("GET", "/v5/products/content-changes", products.change_list, "products.read"),
        Route("GET", "/v5/products/categories", categories.category_list, "products.read"),
        Route("POST", "/v5/products", products.post_products, "products.write"),
        Route("POST", "/v5/products/active-status", products.set_active, "active.write"),
        Route("POST", "/v5/products/prices", products.set_prices, "products.write"),
        Route("GET", f"/v5/products/update-tasks/{ID}", products.task, "products.read"),
        Route("GET", f"/v5/products/update-tasks/{ID}/failed", products.failed_of_task, "products.read"),
        Route("GET", "/v1/availability/quantities", products.quantity_list, "default"),
        Route("GET", f"/v1/availability/quantities/{ID}", products.quantity, "default"),
        Route("POST", "/v1/availability/quantities", products.set_quantities, "default"),
        Route("GET", "/mailbox", money.mailbox, "mailbox", is_open=True),
        Route(
            "GET",
            r"/mailbox/Kontoauszug_[\d-]+_[\d-]+_(?P<serial>\d+)\.csv",
            money.mailed_file,
            "mailbox",
            is_open=True,
        ),
    ),
    authorise=authorise,
    throttled=_throttled,
    broken=_broken,
    not_found=missing,
)
