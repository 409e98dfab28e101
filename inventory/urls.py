"""Addresses of the screens of this app."""

from django.urls import URLPattern

app_name = "inventory"
urlpatterns: list[URLPattern] = []
