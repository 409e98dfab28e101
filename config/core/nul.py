"""Characters that no text of the database may hold are refused before any screen asks for them."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

API = "/api/"


class RefuseNul:
    """400 for an address with a NUL in it; the API says it in its own shape."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(API) and ("\0" in request.path or "%00" in request.META.get("QUERY_STRING", "")):
            raise BadRequest("the address holds a character that no text can hold")
        return self.get_response(request)
