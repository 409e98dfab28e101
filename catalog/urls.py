"""Addresses of the screens of this app."""

from django.urls import path

from catalog.views import listings, mapping, masters, products, publishing, uploads

app_name = "catalog"
urlpatterns = [
    path("products/", products.skus, name="skus"),
    path("skus/<int:pk>/", masters.sku, name="master"),
    path("mapping/", mapping.overview, name="mappings"),
    path("mapping/<slug:marketplace>/", mapping.one, name="mapping"),
    path("sheets/", uploads.sheets, name="uploads"),
    path("sheets/<int:pk>/", uploads.sheet, name="upload"),
    path("publishing/", publishing.queue, name="publishing"),
    path("publishing/drift/", publishing.drifted, name="drift"),
    path("publishing/blocked/", publishing.blocked_offers, name="blocked"),
    path("publishing/held/", publishing.held, name="held"),
    path("publishing/held/<int:pk>/", publishing.batch, name="batch"),
    path("publishing/parity/", publishing.parity, name="parity"),
    path("publishing/parity/<int:pk>/", publishing.parity_run, name="parity_run"),
    path("publishing/rules/", publishing.rules, name="learned_rules"),
    path("listings/", listings.listings, name="listings"),
    path("listings/<int:pk>/", listings.one, name="listing"),
]
