"""The list of orders."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from config.core import clock
from config.core.screens import Column, Listing, listing
from inventory import selectors
from inventory.filters import OrderFilter
from inventory.models import Order


def _state(row: Order) -> str:
    """An order of ours that should have left by now is late, whatever its status says."""
    is_open = row.status in selectors.OPEN and row.fulfilment == "merchant"
    return "late" if is_open and row.ship_by and row.ship_by < clock.now() else row.status


ORDERS = Listing(
    title="Orders",
    subtitle="Every order of every account, as last read. Amounts are what the buyer pays, in the store's currency.",
    queryset=lambda request: selectors.orders(),
    filterset=OrderFilter,
    columns=(
        Column("Order", "external_id"),
        Column("Placed (UTC)", "ordered_at", "moment", sort="ordered_at"),
        Column("Account", "account.label"),
        Column("Store", "channel", "chip"),
        Column("State", _state, "badge", sort="status"),
        Column("Ships", "fulfilment", is_wide_only=True),
        Column("To", "ship_to_country", is_wide_only=True),
        Column("Ship by", "ship_by", "since", sort="ship_by", is_wide_only=True),
        Column("Total", lambda row: (row.total, row.currency), "money", sort="total"),
    ),
    order_by=("-ordered_at", "-pk"),
    link=lambda row: reverse("order", args=[row.pk]),
    empty="No order fits. Clear the filters, or look at sync health whether all was read.",
)


def orders(request: HttpRequest) -> HttpResponseBase:
    return listing(request, ORDERS)
