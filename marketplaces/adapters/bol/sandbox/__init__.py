"""The world in bol's words: every call that our client makes, answered as bol answers it."""

from __future__ import annotations

import math

from marketplaces.adapters.bol.endpoints import V10, V10_CSV, V11
from marketplaces.adapters.bol.sandbox import (
    content,
    invoices,
    offers,
    orders,
    processes,
    quotes,
    returns,
    shipments,
    webhooks,
)
from marketplaces.adapters.bol.sandbox.replies import missing, problem, reply, speaking
from marketplaces.adapters.bol.sandbox.tokens import authorise, token
from marketplaces.adapters.bol.sandbox.webhooks import sandbox_event, sandbox_headers
from marketplaces.sandbox.facts import Answer, Request, View
from marketplaces.sandbox.wire import Handler, Route, SandboxApi

__all__ = ["API", "sandbox_event", "sandbox_headers"]

ID = r"(?P<id>[^/]+)"


def _me(view: View, request: Request) -> Answer:
    retailer = view.account.settings["retailer_id"]
    return reply(
        {
            "retailerId": retailer,
            "displayName": view.account.label,
            "companyName": view.account.label,
            "vatNumber": "NL000000000B00",
            "kvkNumber": "00000000",
            "registrationDate": "2020-01-01",
        }
    )


def _any_version(view: View, request: Request) -> Answer:
    """One offer is served in both versions; the Accept header chooses."""
    accept = next((value for name, value in request.headers.items() if name.lower() == "accept"), "")
    return speaking(accept if accept in (V10, V11) else V11, offers.offer)(view, request)


def _route(method: str, path: str, operation: str, handler: Handler, media: str = V10) -> Route:
    return Route(method, path, speaking(media, handler), operation)


def _throttled(request: Request, wait: float) -> Answer:
    answer = problem(request, 429, "Too Many Requests", detail="the limit of this call is used up")
    seconds = str(max(1, math.ceil(wait)))
    headers = {"Retry-After": seconds, "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": seconds}
    return Answer(answer.status, answer.body, answer.media_type, headers)


def _broken(request: Request, status: int) -> Answer:
    return problem(request, status, "Internal Server Error" if status == 500 else "Service Unavailable")


API = SandboxApi(
    routes=(
        Route("POST", "/token", token, "token", is_open=True),
        _route("GET", "/retailer/retailers/current", "retailers.get", _me),
        _route("GET", "/retailer/orders", "orders.list", orders.order_list),
        _route("PUT", "/retailer/orders/cancellation", "orders.cancel", shipments.cancel),
        _route("GET", f"/retailer/orders/{ID}", "orders.get", orders.order),
        _route("GET", "/retailer/shipments", "shipments.list", shipments.shipment_list),
        _route("GET", f"/retailer/shipments/{ID}", "shipments.get", shipments.shipment),
        _route("POST", "/retailer/shipments", "shipments.create", shipments.ship),
        _route("PUT", f"/retailer/transports/{ID}", "transports.change", shipments.change_transport),
        _route("POST", "/retailer/offers/export", "offers.export", offers.export),
        _route("GET", f"/retailer/offers/export/{ID}", "offers.download", offers.export_file, V10_CSV),
        _route("GET", "/retailer/offers", "offers.list", offers.offer_list, V11),
        Route("GET", f"/retailer/offers/{ID}", _any_version, "offers.get"),
        _route("GET", f"/retailer/offers/{ID}/not-for-sale-reasons", "offers.get", offers.reasons, V11),
        _route("PATCH", f"/retailer/offers/{ID}", "offers.write", offers.patch, V11),
        _route("PUT", f"/retailer/offers/{ID}", "offers.write", offers.put_offer),
        _route("POST", "/retailer/content/products", "content.write", content.upload),
        _route("GET", f"/retailer/content/upload-report/{ID}", "content.get", content.report),
        _route("GET", f"/retailer/content/catalog-products/{ID}", "content.get", content.product),
        _route("PUT", f"/retailer/offers/{ID}/price", "offers.write", offers.put_price),
        _route("PUT", f"/retailer/offers/{ID}/stock", "offers.write", offers.put_stock),
        _route("GET", "/retailer/inventory", "inventory.list", offers.inventory),
        _route("GET", "/retailer/returns", "returns.list", returns.return_list),
        _route("GET", f"/retailer/returns/{ID}", "returns.get", returns.one_return),
        _route("POST", "/retailer/commission", "commission.quote", quotes.commissions),
        _route("GET", "/retailer/products/categories", "products.offers", content.categories),
        _route("GET", "/retailer/products/(?P<ean>[^/]+)/offers", "products.offers", quotes.competing),
        _route("GET", "/retailer/invoices", "invoices.list", invoices.invoice_list),
        _route("GET", f"/retailer/invoices/{ID}/specification", "invoices.specification", invoices.specification),
        _route("GET", "/shared/process-status", "process.get", processes.processes),
        _route("GET", f"/shared/process-status/{ID}", "process.get", processes.process),
        _route("GET", "/retailer/subscriptions", "subscriptions", webhooks.subscriptions),
        _route("POST", "/retailer/subscriptions", "subscriptions", webhooks.subscribe),
        _route("GET", "/retailer/subscriptions/signature-keys", "subscriptions", webhooks.signature_keys),
        _route("PUT", f"/retailer/subscriptions/{ID}", "subscriptions", webhooks.resubscribe),
    ),
    authorise=authorise,
    throttled=_throttled,
    broken=_broken,
    not_found=missing,
)
