"""Addresses on a client's host: one include per app."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("config.screens.urls")),
    path("", include("catalog.urls")),
    path("", include("inventory.urls")),
    path("", include("finance.urls")),
    path("", include("tickets.urls")),
    path("", include("marketplaces.urls")),
    path("api/v1/", include("config.api.router")),
    path("admin/", admin.site.urls),
]

handler403 = "config.screens.errors.forbidden"
