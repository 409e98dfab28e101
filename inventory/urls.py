"""Addresses of the screens of this app."""

from django.urls import path

from inventory.views import allocation, counts, cover, inbound, ledger, orders, returns, stock

app_name = "inventory"
urlpatterns = [
    path("orders/", orders.orders, name="orders"),
    path("returns/", returns.returns, name="returns"),
    path("stock/", stock.stock, name="stock"),
    path("stock/shelves/", ledger.levels, name="levels"),
    path("stock/moves/", ledger.moves, name="moves"),
    path("stock/reservations/", ledger.reservations, name="reservations"),
    path("stock/shortages/", ledger.shortages, name="shortages"),
    path("stock/allocation/", allocation.rules, name="allocation"),
    path("stock/counts/", counts.counts, name="counts"),
    path("stock/counts/<int:pk>/", counts.count, name="count"),
    path("coverage/", cover.coverage, name="coverage"),
    path("inbound/", inbound.shipments, name="inbound"),
    path("inbound/new/", inbound.new, name="inbound_new"),
    path("inbound/<int:pk>/", inbound.shipment, name="inbound_shipment"),
]
