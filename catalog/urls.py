"""Addresses of the screens of this app."""

from django.urls import path

from catalog.views import listings, masters, products

app_name = "catalog"
urlpatterns = [
    path("products/", products.skus, name="skus"),
    path("skus/<int:pk>/", masters.sku, name="master"),
    path("listings/", listings.listings, name="listings"),
    path("listings/<int:pk>/", listings.one, name="listing"),
]
