"""A variation as a document: it is posted whole, so all that it shows goes along with the one change. Pure.

The title is the product line; attributes keep their other names, media keep what is no image.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from config.core.errors import Rejected
from marketplaces import wording
from marketplaces.adapters.otto.rows.reading import records, text
from marketplaces.adapters.otto.writable import WRITES
from marketplaces.contract import Outbound, Outcome, OutcomeState
from marketplaces.pieces import inner

Json = Mapping[str, Any]
TEXTS = {"title": "productLine", "description": "description", "bullets": "bulletPoints"}
FIELDS = frozenset({*TEXTS, "images", "attributes"})
CHECKED, REFUSED = "PENDING", "REJECTED"


def document(command: Outbound, variation: Json) -> dict[str, Any]:
    """The whole variation with one change; one that is not known cannot be told without losing its parts."""
    if not variation:
        raise Rejected(f"{command.external_id} is not known to the marketplace, so its other parts would be lost")
    field, value = command.field, command.value
    if field == "images":
        others = [asset for asset in records(variation, "mediaAssets") if text(asset, "type") != "IMAGE"]
        return {**variation, "mediaAssets": [*({"type": "IMAGE", "location": url} for url in value), *others]}
    description = dict(inner(variation, "productDescription"))
    if field == "attributes":
        kept = [each for each in records(description, "attributes") if text(each, "name") not in value]
        told = [{"name": name, "values": [said], "additional": False} for name, said in value.items()]
        description["attributes"] = [*kept, *told]
    else:
        description[TEXTS[field]] = value
    return {**variation, "productDescription": description}


def shown(field: str, variation: Json) -> Any:
    """What the variation says of a field, as a payload carries it; None where it says nothing."""
    description = inner(variation, "productDescription")
    if field == "images":
        links = [
            text(asset, "location") for asset in records(variation, "mediaAssets") if text(asset, "type") == "IMAGE"
        ]
        return [link for link in links if link] or None
    if field == "attributes":
        said = {text(each, "name"): next(iter(listed(each, "values")), None) for each in records(description, field)}
        return {
            name: value for name, value in said.items() if name and isinstance(value, str) and value.strip()
        } or None
    if field == "bullets":
        return [line for line in listed(description, "bulletPoints") if isinstance(line, str) and line.strip()] or None
    return text(description, TEXTS[field]).strip() or None


def listed(piece: Json, key: str) -> list[Any]:
    found = piece.get(key)
    return found if isinstance(found, list) else []


def content(variation: Json) -> dict[str, str]:
    """Every field that the variation tells, in the stored spelling."""
    told = {field: shown(field, variation) for field in sorted(FIELDS)}
    return {field: wording.spelled(field, value) for field, value in told.items() if value}


def outcome(command: Outbound, variation: Json, verdict: Json, remote_ref: str) -> Outcome:
    """Confirmed when the variation shows it and the second check, which comes later, has not taken it offline."""
    alters = WRITES[command.field].alters
    if not wording.is_shown(command.field, shown(command.field, variation), command.value, alters):
        reason = f"the variation does not show the {command.field} yet"
        return Outcome(OutcomeState.UNKNOWN, reason=reason, remote_ref=remote_ref)
    state = text(verdict, "status")
    if state == CHECKED:
        return Outcome(OutcomeState.ACCEPTED, reason="shown, and still being checked", remote_ref=remote_ref)
    if state == REFUSED:
        told = "; ".join(f"{text(e, 'code')} {text(e, 'title')}".strip() for e in records(verdict, "errors"))
        return Outcome(
            OutcomeState.UNKNOWN, reason=f"shown, but not online: {told or 'no reason told'}", remote_ref=remote_ref
        )
    return Outcome(OutcomeState.CONFIRMED, remote_ref=remote_ref)
