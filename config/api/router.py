"""Every app's views under /api/v1/, each put behind the same front."""

from __future__ import annotations

from typing import Any

from django.urls import path, re_path
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerView
from rest_framework.permissions import AllowAny
from rest_framework.routers import DefaultRouter

import catalog.api
import finance.api
import inventory.api
import marketplaces.api
import tickets.api
from config.api import jobs, paces
from config.api.errors import not_found
from config.api.idempotency import Once

APPS: tuple[Any, ...] = (marketplaces.api, catalog.api, inventory.api, finance.api, tickets.api, jobs, paces)


def _front(view: type[Any]) -> type[Any]:
    """The app's view behind idempotency and request ids."""
    return type(view.__name__, (Once, view), {"__module__": view.__module__, "__doc__": view.__doc__})


router = DefaultRouter()
for _app in APPS:
    for _name, _view in _app.VIEWS.items():
        router.register(_name, _front(_view), basename=_name)

_OPEN: dict[str, Any] = {"authentication_classes": [], "permission_classes": [AllowAny], "throttle_classes": []}
urlpatterns = [
    path("schema/", SpectacularJSONAPIView.as_view(**_OPEN), name="api-schema"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="api-schema", **_OPEN), name="api-docs"),
    *(
        path(f"{name}/", _front(view).as_view(), name=f"api-{name}")
        for app in APPS
        for name, view in getattr(app, "QUESTIONS", {}).items()
    ),
    *router.urls,
    re_path(r"[\s\S]*", not_found),
]
