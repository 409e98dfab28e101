"""Addresses on the installation's own host."""

from django.contrib import admin
from django.urls import path

from config.screens import public
from marketplaces import urls as marketplaces

urlpatterns = [path("", public.index, name="index"), path("admin/", admin.site.urls), *marketplaces.public]

handler403 = "config.screens.errors.forbidden"
