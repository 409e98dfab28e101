"""Which client a request belongs to: by host name, or by the client named in an API token."""

from __future__ import annotations

import re
from uuid import uuid4

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django_tenants.middleware.main import TenantMainMiddleware

from config.tenants.models import Tenant

_TOKEN = re.compile(r"^Bearer nf_([a-z][a-z0-9_]{1,40})\.[A-Za-z0-9_-]+$")


class TenantMiddleware(TenantMainMiddleware):
    """Host names of clients lead to their schema, all others to `public`; suspended clients are refused."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:  # type: ignore[override]
        connection.set_schema_to_public()
        tenant = self._by_token(request) or self._by_host(request)
        if tenant is None:
            self.setup_url_routing(request, force_public=True)
            request.tenant = None  # type: ignore[attr-defined]
            request.urlconf = settings.PUBLIC_SCHEMA_URLCONF  # type: ignore[attr-defined]
            return None
        if not tenant.is_active:
            return self._refuse(request, tenant)
        request.tenant = tenant  # type: ignore[attr-defined]
        connection.set_tenant(tenant)
        request.urlconf = settings.ROOT_URLCONF  # type: ignore[attr-defined]
        return None

    def _refuse(self, request: HttpRequest, tenant: Tenant) -> HttpResponse:
        if not request.path.startswith("/api/"):
            return render(request, "suspended.html", {"client": tenant}, status=403)
        message = f"this client is {tenant.get_status_display()}"
        said = {"code": "suspended", "message": message, "details": {}, "request_id": uuid4().hex}
        return JsonResponse({"error": said}, status=403)

    def _by_host(self, request: HttpRequest) -> Tenant | None:
        host = self.hostname_from_request(request)
        return Tenant.objects.filter(domains__domain=host).first()

    def _by_token(self, request: HttpRequest) -> Tenant | None:
        if not request.path.startswith("/api/"):
            return None
        found = _TOKEN.match(request.headers.get("Authorization", ""))
        return Tenant.objects.filter(schema_name=found.group(1)).first() if found else None
