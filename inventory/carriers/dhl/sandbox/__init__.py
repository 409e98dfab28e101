"""A simulated DHL: it refuses what DHL refuses, sells real labels, and tells a parcel's story as time goes on."""

from __future__ import annotations

from inventory.carriers.dhl.sandbox import orders, tracking
from inventory.carriers.dhl.sandbox.replies import problem, signed_in, token
from inventory.carriers.street import CarrierApi, Way

_SHIPPING = r"/parcel/de/shipping/v2"

API = CarrierApi(
    ways=(
        Way("POST", r"/parcel/de/account/auth/ropc/v1/token", token, is_open=True),
        Way("GET", rf"{_SHIPPING}/", orders.version),
        Way("POST", rf"{_SHIPPING}/orders", orders.create, is_write=True),
        Way("GET", rf"{_SHIPPING}/orders", orders.fetch),
        Way("DELETE", rf"{_SHIPPING}/orders", orders.cancel),
        Way("GET", rf"{_SHIPPING}/labels", orders.document, is_open=True),
        Way("POST", rf"{_SHIPPING}/manifests", orders.close_day),
        Way("GET", rf"{_SHIPPING}/manifests", orders.sheets),
        Way("POST", r"/parcel/de/shipping/returns/v1/orders", orders.sell_return, is_write=True),
        Way("GET", r"/parcel/de/tracking/v0/shipments", tracking.parcel_de, is_open=True),
        Way("GET", r"/track/shipments", tracking.unified, is_open=True),
    ),
    authorise=signed_in,
    failed=lambda status: problem(status, "the service is not available"),
)
