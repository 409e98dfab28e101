"""Addresses of the screens of this app."""

from django.urls import path

from inventory.views import (
    allocation,
    contracts,
    counts,
    cover,
    inbound,
    labels,
    ledger,
    orders,
    returns,
    shipments,
    stock,
    storage,
)

app_name = "inventory"
urlpatterns = [
    path("orders/", orders.orders, name="orders"),
    path("returns/", returns.returns, name="returns"),
    path("returns/<int:pk>/", returns.goods_back, name="return"),
    path("stock/", stock.stock, name="stock"),
    path("stock/shelves/", ledger.levels, name="levels"),
    path("stock/moves/", ledger.moves, name="moves"),
    path("stock/reservations/", ledger.reservations, name="reservations"),
    path("stock/shortages/", ledger.shortages, name="shortages"),
    path("stock/allocation/", allocation.rules, name="allocation"),
    path("stock/counts/", counts.counts, name="counts"),
    path("stock/counts/<int:pk>/", counts.count, name="count"),
    path("shipments/", shipments.board, name="board"),
    path("shipments/pick-list/", shipments.pick_list, name="pick_list"),
    path("labels/", labels.labels, name="labels"),
    path("labels/<int:pk>/", labels.label, name="label"),
    path("labels/<int:pk>/<slug:kind>/", labels.document, name="label_paper"),
    path("carriers/", contracts.contracts, name="carriers"),
    path("manifests/", labels.manifests, name="manifests"),
    path("manifests/<int:pk>/", labels.manifest_paper, name="manifest_paper"),
    path("coverage/", cover.coverage, name="coverage"),
    path("storage-rates/", storage.rates, name="storage_rates"),
    path("inbound/", inbound.shipments, name="inbound"),
    path("inbound/new/", inbound.new, name="inbound_new"),
    path("inbound/<int:pk>/", inbound.shipment, name="inbound_shipment"),
]
