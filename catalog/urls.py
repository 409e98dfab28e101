"""Addresses of the screens of this app."""

from django.urls import path

from catalog.views import listings, products

app_name = "catalog"
urlpatterns = [
    path("products/", products.skus, name="skus"),
    path("listings/", listings.listings, name="listings"),
    path("listings/<int:pk>/", listings.one, name="listing"),
]
