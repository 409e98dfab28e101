"""Addresses of the screens of this app."""

from django.urls import path

from inventory.views import cover, orders, returns, stock

app_name = "inventory"
urlpatterns = [
    path("orders/", orders.orders, name="orders"),
    path("returns/", returns.returns, name="returns"),
    path("stock/", stock.stock, name="stock"),
    path("coverage/", cover.coverage, name="coverage"),
    path("replenishment/", cover.replenishment, name="replenishment"),
]
