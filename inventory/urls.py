"""Addresses of the screens of this app."""

from django.urls import path

from inventory.views import orders, returns, stock

app_name = "inventory"
urlpatterns = [
    path("orders/", orders.orders, name="orders"),
    path("returns/", returns.returns, name="returns"),
    path("stock/", stock.stock, name="stock"),
]
