"""One shape for every refusal: `{"error": {"code", "message", "details", "request_id"}}`."""

from __future__ import annotations

import logging
import re
import uuid
from typing import Any

from django.core.exceptions import SuspiciousOperation, ValidationError
from django.db import DataError, connection, transaction
from django.http import HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import exception_handler

from config.core import clock
from config.core.errors import NeedsOperator, NinefoldError, RateLimited, Rejected, Transient

log = logging.getLogger(__name__)

_ID = re.compile(r"[A-Za-z0-9._-]{1,80}")
_FAMILIES = ((RateLimited, 429), (Transient, 503), (NeedsOperator, 409), (Rejected, 422))


class Unprocessable(exceptions.APIException):
    """The request is well formed, and what it asks for cannot be done."""

    status_code = 422
    default_code = "refused"


class Conflict(exceptions.APIException):
    status_code = 409
    default_code = "conflict"


def request_id(request: HttpRequest | Request) -> str:
    """The caller's own id where it sent a sane one, else a new one; the same throughout a request."""
    plain = getattr(request, "_request", request)
    if not hasattr(plain, "api_request_id"):
        sent = plain.headers.get("X-Request-ID", "")
        plain.api_request_id = sent if _ID.fullmatch(sent) else uuid.uuid4().hex
    return str(plain.api_request_id)


def body(code: str, message: str, details: Any, request: HttpRequest | Request) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "details": details, "request_id": request_id(request)}}


def refusal(error: Exception, context: dict[str, Any]) -> Response:
    """Turn whatever a view raised into an answer; what nobody foresaw is logged with the request's id."""
    request = context["request"]
    known = _known(error)
    answer = exception_handler(known, context)
    if answer is None:
        log.error("api_failed path=%s request_id=%s", request.path, request_id(request), exc_info=error)
        if connection.in_atomic_block:
            transaction.set_rollback(True)
        return Response(body("internal", "something broke here; tell us the request id", {}, request), status=500)
    if isinstance(known, exceptions.ValidationError):
        answer.data = body("invalid", "the request holds values that cannot be used", answer.data, request)
    else:
        detail = answer.data["detail"]
        answer.data = body(getattr(detail, "code", "refused"), str(detail), getattr(known, "details", {}), request)
    return answer


def not_found(request: HttpRequest) -> JsonResponse:
    """Addresses of the API that lead nowhere."""
    said = body("not_found", "nothing is at this address; all addresses end with a slash", {}, request)
    return JsonResponse(said, status=404, headers={"X-Request-ID": request_id(request)})


def _known(error: Exception) -> Exception:
    if isinstance(error, ValidationError):
        return _of_validation(error)
    if isinstance(error, NinefoldError):
        return _of_family(error)
    if isinstance(error, SuspiciousOperation | DataError):
        return exceptions.ParseError(f"the request holds a value that cannot be used: {error}")
    return error


def _of_validation(error: ValidationError) -> Exception:
    known = Unprocessable("; ".join(error.messages), code=getattr(error, "code", None) or "refused")
    known.details = error.message_dict if hasattr(error, "error_dict") else {}  # type: ignore[attr-defined]
    return known


def _of_family(error: NinefoldError) -> Exception:
    known = exceptions.APIException(str(error), code=error.code)
    known.status_code = next((status for family, status in _FAMILIES if isinstance(error, family)), 422)
    if isinstance(error, RateLimited):
        known.wait = max(1, round((error.until - clock.now()).total_seconds()))  # type: ignore[attr-defined]
    return known
