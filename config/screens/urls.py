"""Addresses of the screens that read every app."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
