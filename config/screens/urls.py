"""Addresses of the screens that read every app."""

from django.urls import path

from config.screens import goods, home, jobs, live, order, paces, reordering, sales, search, sku, sync_health, unlinked

urlpatterns = [
    path("", home.home, name="home"),
    path("home/<slug:name>/", home.part, name="home_part"),
    path("live/", live.since, name="live"),
    path("sales/", sales.sales, name="sales"),
    path("search/", search.search, name="search"),
    path("orders/<int:pk>/", order.order, name="order"),
    path("orders/of/<slug:account>/<path:external_id>/", order.order_of, name="order_of"),
    path("replenishment/", reordering.replenishment, name="replenishment"),
    path("stock/of/<path:code>/", goods.goods, name="stock_of"),
    path("products/<path:code>/", sku.sku, name="sku"),
    path("unlinked/", unlinked.unlinked, name="unlinked"),
    path("unlinked/<int:pk>/", unlinked.unlinked_product, name="unlinked_product"),
    path("sync/", sync_health.sync_health, name="sync_health"),
    path("health/peaks/", paces.peaks, name="peaks"),
    path("jobs/", jobs.jobs, name="jobs"),
    path("jobs/parked/", jobs.parked, name="parked_work"),
    path("jobs/<str:key>/", jobs.job, name="job"),
]
