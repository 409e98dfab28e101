"""Title, description and pictures of a product, which all its variants share. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from config.core.errors import Rejected
from marketplaces import wording
from marketplaces.adapters.shopify.rows.reading import text
from marketplaces.adapters.shopify.writable import WRITES
from marketplaces.contract import Outbound, Outcome, OutcomeState
from marketplaces.pieces import inner

Json = Mapping[str, Any]
NAMES = {"title": "title", "description": "descriptionHtml"}
FIELDS = frozenset({*NAMES, "images"})


def product(command: Outbound, variant: Json) -> dict[str, Any]:
    """Variables of a change of the product's texts: only what changes."""
    return {"product": {"id": _product_id(command, variant), NAMES[command.field]: command.value}}


def files(command: Outbound, variant: Json) -> dict[str, Any]:
    """Variables of new pictures: of the lists, only files are sent, so variants and their prices stay."""
    given = [{"originalSource": url, "contentType": "IMAGE"} for url in command.value]
    return {"identifier": {"id": _product_id(command, variant)}, "input": {"files": given}}


def _product_id(command: Outbound, variant: Json) -> str:
    found = text(inner(variant, "product"), "id")
    if not found:
        raise Rejected(f"variant {command.external_id} shows no product; check the id")
    return found


def outcome(command: Outbound, variant: Json | None) -> Outcome:
    """Confirmed when the product says what we wrote; of pictures nothing tells."""
    rule = WRITES[command.field]
    if rule.unread:
        return Outcome(OutcomeState.UNKNOWN, reason=rule.unread, is_final=True)
    if not variant:
        return Outcome(
            OutcomeState.UNKNOWN, reason=f"variant {command.external_id} is not known to the shop; check the id"
        )
    shown = text(inner(variant, "product"), NAMES[command.field])
    if wording.is_shown(command.field, shown, command.value, rule.alters):
        return Outcome(OutcomeState.CONFIRMED)
    return Outcome(OutcomeState.UNKNOWN, reason=f"the shop shows {wording.told(shown)}; asked again later")


def content(variant: Json) -> dict[str, str]:
    """Title and description of the product, without the name of the variant; what the query did not ask for is left out."""
    told = {field: text(inner(variant, "product"), name).strip() for field, name in NAMES.items()}
    return {field: value for field, value in told.items() if value}
