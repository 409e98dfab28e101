"""Pages for what may not be seen, is not there, or broke."""

from __future__ import annotations

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Whoever is not signed in is asked to; whoever is learns which right is missing."""
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return render(request, "403.html", {"reason": str(exception)}, status=403)
    answer = redirect_to_login(request.get_full_path(), "admin:login")
    if request.headers.get("HX-Request"):
        return HttpResponse(status=401, headers={"HX-Redirect": answer.url})
    return answer
