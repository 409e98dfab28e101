"""What was missing, what told us, and how it was filled."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from config.core.buttons import Button, press
from config.core.permissions import Action
from config.core.screens import Column, Listing, listing
from marketplaces.filters import GapFilter
from marketplaces.models import Gap, GapKind
from marketplaces.services import gaps as service


def _what(gap: Gap) -> str:
    if gap.kind == GapKind.RECORD:
        return gap.external_id
    since, until = gap.span
    return f"{since:%d %b %H:%M} to {until:%d %b %H:%M} UTC"


def _fill(request: HttpRequest) -> str:
    asked = service.ask_to_fill()
    return f"Asked {asked} accounts for what is missing" if asked else "Nothing is missing, or it is being fetched"


BUTTONS = {"fill": Button(Action.RUN_SYNC, _fill)}
GAPS = Listing(
    title="Gaps",
    subtitle="Time that was not read, and records that another source spoke of before we had them. "
    "They are fetched by themselves; what revealed each one is kept.",
    queryset=lambda request: Gap.objects.select_related("account"),
    filterset=GapFilter,
    columns=(
        Column("Missing", _what),
        Column("Account", "account.label"),
        Column("Flow", lambda gap: gap.resource.replace("_", " ")),
        Column("Revealed by", lambda gap: gap.revealed_by.replace("_", " "), "chip"),
        Column("State", "state", "badge"),
        Column("Found", "found_at", "since", sort="found_at"),
        Column("Filled", lambda gap: gap.filled_at, "moment", sort="filled_at"),
        Column("Tries", "attempts", "number", is_wide_only=True),
        Column("Reason", "reason", is_wide_only=True),
    ),
    order_by=("-found_at", "-pk"),
    empty="Nothing is or was missing.",
    template="marketplaces/gaps.html",
)


def gaps(request: HttpRequest) -> HttpResponseBase:
    if request.method == "POST":
        return press(request, BUTTONS)
    return listing(request, GAPS)
