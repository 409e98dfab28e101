"""What an offer should say besides price and units, asked for on the page of its listing."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpRequest

from catalog.models import Listing
from catalog.publishing import typed
from catalog.services import publishing
from config.core import clock
from config.core.buttons import Button, text
from config.core.permissions import Action
from marketplaces.services import batches


def _want(request: HttpRequest, found: Listing) -> str:
    field, told = request.POST.get("field", ""), text(request, "value", missing="say what it should say")
    if field not in batches.hints(found.account):
        instead = batches.lacking(found.account).get(field, "choose another one")
        raise ValidationError(f"{found.account.label} takes no {field or 'such field'} from us; {instead}")
    wish = publishing.Want(
        listing_id=found.pk, field=field, value=typed.read(field, told), cause="asked for on its page", cause_at=clock.now(),
        asked_by=request.user.get_username(),
    )  # fmt: skip
    publishing.want([wish])
    return f"{field.replace('_', ' ')} is wished for; it counts when the marketplace shows it"


BUTTONS = {"want": Button(Action.WRITE_MARKETPLACE, _want)}
