"""What the buttons of a page do: permission, one service call, and an answer in words on the page that follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import SuspiciousOperation, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from config.core.errors import NinefoldError
from config.core.permissions import Action, may
from config.core.screens import require


@dataclass(frozen=True, slots=True)
class Button:
    """One action of a page. `act` takes the request and what the page is about, and returns a sentence for the person.

    A ValidationError or one of our four errors is shown as the reason why nothing was done.
    """

    needs: Action
    act: Callable[..., str]


def press(request: HttpRequest, buttons: Mapping[str, Button], *about: Any, to: str = "") -> HttpResponse:
    """Do what the form's `action` names, then show the page again (or `to`)."""
    button = buttons.get(request.POST.get("action", ""))
    if button is None:
        raise SuspiciousOperation("the form names no action of this page")
    if any("\0" in value for _, values in request.POST.lists() for value in values):
        raise SuspiciousOperation("the form holds a character that no text can hold")
    require(request, button.needs)
    try:
        messages.success(request, button.act(request, *about))
    except ValidationError as error:
        messages.error(request, "; ".join(error.messages))
    except NinefoldError as error:
        messages.error(request, str(error))
    return redirect(to or request.get_full_path())


def allowed(request: HttpRequest, buttons: Mapping[str, Button]) -> set[str]:
    """The names of the buttons that this user may press; a template shows only these."""
    return {name for name, button in buttons.items() if may(request.user, button.needs)}


def text(request: HttpRequest, name: str, *, missing: str) -> str:
    """A field of the form that must not be empty; raises ValidationError with `missing`."""
    value = request.POST.get(name, "").strip()
    if not value:
        raise ValidationError(missing)
    return value


def chosen(request: HttpRequest) -> list[int]:
    """The rows that were ticked; raises ValidationError when there is none."""
    ids = [int(pk) for pk in request.POST.getlist("pk") if pk.isdecimal()]
    if not ids:
        raise ValidationError("tick at least one row first")
    return ids
