"""The world in Example's words: the inverse of mapping, with paging, tokens and refusals."""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from config.core.money import LossyAmount, Money, decimal
from marketplaces.adapters._example.mapping import LINE_TYPES, OFFER_STATES, ORDER_STATES
from marketplaces.sandbox.facts import Answer, Request, View, WorldLine, WorldListing, WorldOrder, WorldStatement
from marketplaces.sandbox.wire import Route, SandboxApi

PER_PAGE = 50
LIFETIME_S = 3600
STATES_OF = {status: word for word, status in ORDER_STATES.items()} | {s: word for word, s in OFFER_STATES.items()}
TYPES_OF = {line_class: word for word, line_class in LINE_TYPES.items()}


def _reply(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, json.dumps(body).encode(), headers=headers or {})


def _refuse(request: Request, status: int, why: str) -> Answer:
    return _reply({"error": why, "path": request.path}, status)


def _money(amount: Money) -> dict[str, str]:
    return {"amount": format(amount.amount, "f"), "currency": amount.currency}


def _read(request: Request) -> Mapping[str, Any]:
    try:
        body = json.loads(request.body or b"{}", parse_float=Decimal)
    except ValueError:
        return {}
    return body if isinstance(body, Mapping) else {}


def _token(view: View, request: Request) -> Answer:
    if view.is_revoked() or dict(_read(request)) != dict(view.account.credentials):
        return _refuse(request, 401, "the client id or secret is wrong")
    return _reply({"token": _signed(view, int(time.time())), "expires_in": LIFETIME_S})


def _signed(view: View, issued: int) -> str:
    owner = f"{issued}:{view.account.client}:{view.account.key}".encode()
    return f"{issued}.{hmac.new(b'simulated', owner, hashlib.sha256).hexdigest()}"


def _authorise(view: View, request: Request) -> Answer | None:
    told = next((value for name, value in request.headers.items() if name.lower() == "authorization"), "")
    text = told.removeprefix("Bearer ")
    issued = text.partition(".")[0]
    is_ours = issued.isdigit() and hmac.compare_digest(text, _signed(view, int(issued)))
    if not is_ours or view.is_revoked() or time.time() - int(issued) >= LIFETIME_S:
        return _refuse(request, 401, "the token is not valid")
    return None


def _me(view: View, request: Request) -> Answer:
    return _reply({"name": view.account.label})


def _paged(request: Request, key: str, found: Sequence[Any], show: Callable[[Any], dict[str, Any]]) -> Answer:
    number = int(request.params.get("page", "1"))
    shown = [show(piece) for piece in found[(number - 1) * PER_PAGE : number * PER_PAGE]]
    return _reply({key: shown, "pages": max(1, math.ceil(len(found) / PER_PAGE))})


def _span(request: Request, name: str) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(request.params[f"{name}_from"]), datetime.fromisoformat(request.params[f"{name}_to"])


def _orders(view: View, request: Request) -> Answer:
    since, until = _span(request, "changed")
    return _paged(request, "orders", view.orders(since=since, until=until), _order)


def _one_order(view: View, request: Request) -> Answer:
    text = request.match["id"].removeprefix("B-")
    found = view.order(int(text)) if text.isdigit() else None
    return _reply(_order(found)) if found else _refuse(request, 404, "no such order")


def _order(order: WorldOrder) -> dict[str, Any]:
    return {
        "id": f"B-{order.serial}",
        "state": STATES_OF[order.status],
        "placed_at": order.placed_at.isoformat(),
        "changed_at": order.updated_at.isoformat(),
        "ship_by": order.ship_by.isoformat(),
        "deliver_by": order.deliver_by.isoformat(),
        "country": order.country,
        "currency": order.store.currency,
        "lines": [_line(line) for line in order.lines],
    }


def _line(line: WorldLine) -> dict[str, Any]:
    return {
        "id": f"L-{line.serial}",
        "sku": line.product.sku,
        "ean": line.product.ean,
        "title": line.product.title,
        "quantity": line.quantity,
        "sent": line.shipped,
        "cancelled": line.cancelled,
        "unit_price": _money(line.unit_price),
        "shipping": _money(line.shipping),
        "discount": _money(line.discount),
        "commission": _money(-line.commission),
    }


def _offers(view: View, request: Request) -> Answer:
    return _paged(request, "offers", view.listings(), _offer)


def _find(view: View, request: Request) -> WorldListing | None:
    return next((x for x in view.listings() if f"O-{x.serial}" == request.match["id"]), None)


def _one_offer(view: View, request: Request) -> Answer:
    found = _find(view, request)
    return _reply(_offer(found)) if found else _refuse(request, 404, "no such offer")


def _change(view: View, request: Request) -> Answer:
    found, body = _find(view, request), _read(request)
    if found is None:
        return _refuse(request, 404, "no such offer")
    if "price" in body:
        try:
            price = Money(decimal(body["price"]["amount"]), found.price.currency)
        except (LossyAmount, LookupError, TypeError):
            return _refuse(request, 422, "the price is not a number")
        view.set_price(found.product.sku, found.store.code, price)
    if "quantity" in body:
        view.set_quantity(found.product.sku, found.store.code, int(body["quantity"]))
    return _one_offer(view, request)


def _offer(listing: WorldListing) -> dict[str, Any]:
    return {
        "id": f"O-{listing.serial}",
        "sku": listing.product.sku,
        "ean": listing.product.ean,
        "title": listing.product.title,
        "state": STATES_OF[listing.status],
        "price": _money(listing.price),
        "quantity": listing.quantity,
        "changed_at": listing.changed_at.isoformat(),
    }


def _statements(view: View, request: Request) -> Answer:
    since, until = _span(request, "closed")
    return _reply({"statements": [{"id": f"S-{s.serial}"} for s in view.statements(since=since, until=until)]})


def _one_statement(view: View, request: Request) -> Answer:
    text = request.match["id"].removeprefix("S-")
    found = view.statement(int(text)) if text.isdigit() else None
    return _reply(_statement(found)) if found else _refuse(request, 404, "no such statement")


def _statement(statement: WorldStatement) -> dict[str, Any]:
    return {
        "id": f"S-{statement.serial}",
        "from": statement.start.isoformat(),
        "to": statement.end.isoformat(),
        "closed_at": statement.issued_at.isoformat(),
        "paid": _money(statement.total),
        "lines": [
            {
                "type": line.renamed_to or TYPES_OF.get(line.line_class, line.line_class.value),
                "at": line.posted_at.isoformat(),
                "order": f"B-{line.order_serial}" if line.order_serial is not None else None,
                "line": f"L-{line.line_serial}" if line.line_serial is not None else None,
                "sku": line.sku,
                "ean": line.ean,
                "quantity": line.quantity,
                "net": _money(line.amount),
                "tax": _money(line.vat),
            }
            for line in statement.lines
        ],
    }


def _throttled(request: Request, wait: float) -> Answer:
    return _reply({"error": "too many calls"}, 429, {"Retry-After": str(max(1, math.ceil(wait)))})


API = SandboxApi(
    routes=(
        Route("POST", "/token", _token, "token", is_open=True),
        Route("GET", "/v1/me", _me, "read"),
        Route("GET", "/v1/orders", _orders, "read"),
        Route("GET", "/v1/orders/(?P<id>[^/]+)", _one_order, "read"),
        Route("GET", "/v1/offers", _offers, "read"),
        Route("GET", "/v1/offers/(?P<id>[^/]+)", _one_offer, "read"),
        Route("PATCH", "/v1/offers/(?P<id>[^/]+)", _change, "write"),
        Route("GET", "/v1/statements", _statements, "read"),
        Route("GET", "/v1/statements/(?P<id>[^/]+)", _one_statement, "read"),
    ),
    authorise=_authorise,
    throttled=_throttled,
    broken=lambda request, status: _refuse(request, status, "the server is in trouble"),
    not_found=lambda request: _refuse(request, 404, "no such page"),
)
