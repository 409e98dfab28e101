"""A write that is sent twice with one `Idempotency-Key` happens once and is answered alike.

Effect and answer commit together. A second request that arrives while the first still runs waits for it at the
database. Refusals are not kept, so that the same key may be used after the cause is gone.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.http.response import HttpResponseBase
from rest_framework.exceptions import ParseError
from rest_framework.permissions import SAFE_METHODS
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from config.api.errors import Conflict, request_id
from config.api.models import Answer
from config.api.throttles import caller
from config.core import clock

HEADER = "Idempotency-Key"
KEPT = timedelta(days=7)
_KEY = re.compile(r"[\x21-\x7e]{1,200}")


class Repeated(Exception):
    """This write has been answered before."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer


class Once:
    """Put before a view: writes run in one transaction, and once per key. Every answer names its request."""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.claimed: Answer | None = None
        if request.method in SAFE_METHODS:
            return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        with transaction.atomic():
            return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        if request.method not in SAFE_METHODS and HEADER in request.headers:
            self.claimed = claim(request)

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, Repeated):
            return Response(exc.answer.body, status=exc.answer.status, headers={"Idempotent-Replayed": "true"})
        answer: Response = super().handle_exception(exc)  # type: ignore[misc]
        return answer

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        answer: HttpResponseBase = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]
        answer["X-Request-ID"] = request_id(request)
        if self.claimed is not None and answer.status_code < 500:
            keep(self.claimed, answer)
        return answer


def claim(request: Request) -> Answer:
    """The key's row, new; raises Repeated when it is answered already, Conflict when it meant another request."""
    key = request.headers[HEADER]
    if not _KEY.fullmatch(key):
        raise ParseError(f"{HEADER} must be 1 to 200 visible ASCII characters")
    mine = {"caller": caller(request), "key": key}
    fresh = Answer(**mine, fingerprint=fingerprint(request), created_at=clock.now())
    try:
        with transaction.atomic():
            fresh.save()
    except IntegrityError:
        former = Answer.objects.get(**mine)
        if former.fingerprint != fresh.fingerprint:
            raise Conflict("this idempotency key was used for another request", code="key_reused") from None
        raise Repeated(former) from None
    return fresh


def keep(claimed: Answer, answer: Any) -> None:
    """Store what was answered; give the key back where the write was refused."""
    if answer.status_code >= 400:
        claimed.delete()
        return
    claimed.status = answer.status_code
    claimed.body = json.loads(JSONRenderer().render(answer.data) or b"null")
    claimed.save(update_fields=["status", "body"])


def fingerprint(request: Request) -> str:
    """Hash of method, address and body, the order of its keys aside; of a file its content counts."""
    whole = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    data = request.data
    plain = dict(data.lists()) if hasattr(data, "lists") else data
    files = {name: file for name, file in request.FILES.items() if isinstance(file, UploadedFile)}
    kept = {k: v for k, v in plain.items() if k not in files} if isinstance(plain, dict) else plain
    whole.update(json.dumps(kept, sort_keys=True, default=str).encode())
    for name, file in sorted(files.items()):
        whole.update(f"\n{name} {file.name}\n".encode())
        for chunk in file.chunks():
            whole.update(chunk)
        file.seek(0)
    return whole.hexdigest()


def prune() -> dict[str, int]:
    """Forget answers after a week."""
    deleted, _ = Answer.objects.filter(created_at__lt=clock.now() - KEPT).delete()
    return {"deleted": deleted}
