"""What an offer should say besides price and units, asked for on the page of its listing."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest

from catalog.models import Listing
from catalog.services import publishing
from config.core import clock
from config.core.buttons import Button, text
from config.core.permissions import Action
from marketplaces import wording
from marketplaces.services import batches


def _want(request: HttpRequest, found: Listing) -> str:
    field, told = request.POST.get("field", ""), text(request, "value", missing="say what it should say")
    if field not in batches.hints(found.account):
        raise ValidationError(f"{found.account.label} takes no {field or 'such field'} from us")
    wish = publishing.Want(
        listing_id=found.pk, field=field, value=given(field, told), cause="asked for on its page", cause_at=clock.now(),
        asked_by=request.user.get_username(),
    )  # fmt: skip
    publishing.want([wish])
    return f"{field.replace('_', ' ')} is wished for; it counts when the marketplace shows it"


def given(field: str, told: str) -> Any:
    """What was typed as a value of the field: lists a line for each piece, attributes `name: value` on each line."""
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    if field in wording.LISTS:
        return lines
    if field != wording.ATTRIBUTES:
        return told
    pairs = [line.partition(":") for line in lines]
    if wrong := [name for name, colon, value in pairs if not colon or not value.strip()]:
        raise ValidationError(f"{wrong[0]!r} is not written as name: value")
    return {name.strip(): value.strip() for name, _, value in pairs}


BUTTONS = {"want": Button(Action.WRITE_MARKETPLACE, _want)}
