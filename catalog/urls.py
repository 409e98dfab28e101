"""Addresses of the screens of this app."""

from django.urls import path

from catalog.views import listings, mapping, masters, products, uploads

app_name = "catalog"
urlpatterns = [
    path("products/", products.skus, name="skus"),
    path("skus/<int:pk>/", masters.sku, name="master"),
    path("mapping/", mapping.overview, name="mappings"),
    path("mapping/<slug:marketplace>/", mapping.one, name="mapping"),
    path("sheets/", uploads.sheets, name="uploads"),
    path("sheets/<int:pk>/", uploads.sheet, name="upload"),
    path("listings/", listings.listings, name="listings"),
    path("listings/<int:pk>/", listings.one, name="listing"),
]
