"""Addresses on the installation's own host."""

from django.contrib import admin
from django.urls import path

from marketplaces import urls as marketplaces

urlpatterns = [path("admin/", admin.site.urls), *marketplaces.public]
