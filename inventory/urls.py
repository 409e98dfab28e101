"""Addresses of the screens of this app."""

from django.urls import path

from inventory.views import cover, inbound, orders, returns, stock

app_name = "inventory"
urlpatterns = [
    path("orders/", orders.orders, name="orders"),
    path("returns/", returns.returns, name="returns"),
    path("stock/", stock.stock, name="stock"),
    path("coverage/", cover.coverage, name="coverage"),
    path("inbound/", inbound.shipments, name="inbound"),
    path("inbound/new/", inbound.new, name="inbound_new"),
    path("inbound/<int:pk>/", inbound.shipment, name="inbound_shipment"),
]
