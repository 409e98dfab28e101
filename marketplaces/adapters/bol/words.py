"""Title, text, attributes and pictures of a product in bol's catalogue: uploaded with its EAN, proven by report and catalogue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from marketplaces import wording
from marketplaces.adapters.bol.rows.reading import records, text
from marketplaces.adapters.bol.writable import WRITES
from marketplaces.contract import Outbound, Outcome, OutcomeState

Json = Mapping[str, Any]
NAMES = {"title": "Title", "description": "Description"}
FIELDS = frozenset({*NAMES, "attributes", "images"})
LANGUAGE = "nl"
FIRST, OTHER = "FRONT", "OTHER"


def body(field: str, value: Any, ean: str, language: str) -> dict[str, Any]:
    """What is uploaded: only what changes, and the EAN that says of which product."""
    said = {"EAN": ean, **_attributes(field, value)}
    told: dict[str, Any] = {
        "language": language,
        "attributes": [{"id": name, "values": [{"value": text, "unitId": ""}]} for name, text in said.items()],
    }
    if field == "images":
        told["assets"] = [{"url": url, "labels": [OTHER if place else FIRST]} for place, url in enumerate(value)]
    return told


def _attributes(field: str, value: Any) -> dict[str, str]:
    if field == "images":
        return {}
    return dict(value) if field == "attributes" else {NAMES[field]: value}


def refused(report: Json, remote_ref: str) -> Outcome | None:
    """What an upload report decides by itself: still in progress, or declined; None where the catalogue is asked."""
    if text(report, "status") == "IN_PROGRESS":
        return Outcome(
            OutcomeState.ACCEPTED, reason="still being processed", remote_ref=remote_ref, answer=dict(report)
        )
    declined = [piece for piece in _pieces(report) if text(piece, "status") == "DECLINED"]
    if not declined:
        return None
    reasons = (
        f"{text(p, 'id') or text(p, 'url')}: {text(p, 'subStatusDescription') or text(p, 'subStatus')}"
        for p in declined
    )
    return Outcome(OutcomeState.REJECTED, reason="; ".join(reasons), remote_ref=remote_ref, answer=dict(report))


def _pieces(report: Json) -> Iterator[Json]:
    yield from records(report, "attributes")
    yield from records(report, "assets")


def pictured(command: Outbound, report: Json | None, remote_ref: str) -> Outcome:
    """Pictures are shown under addresses of bol's own; that ours were taken and published only the report says."""
    published = {
        text(asset, "url") for asset in records(report or {}, "assets") if text(asset, "status") == "PUBLISHED"
    }
    missing = [url for url in command.value if url not in published]
    if not missing:
        return Outcome(OutcomeState.CONFIRMED, remote_ref=remote_ref)
    if report is None:
        why = "only the upload report tells of pictures, and it is not known; look at the product there"
        return Outcome(OutcomeState.UNKNOWN, reason=why, remote_ref=remote_ref, is_final=True)
    return Outcome(OutcomeState.UNKNOWN, reason=f"not published yet: {', '.join(missing)}", remote_ref=remote_ref)


def worded(command: Outbound, product: Json | None, remote_ref: str) -> Outcome:
    """Confirmed when the catalogue says what we uploaded; it may choose another supplier's words."""
    field, wanted = command.field, _attributes(command.field, command.value)
    told = {text(piece, "id"): _first(piece) for piece in records(product or {}, "attributes")}
    if wording.is_shown("attributes", told, wanted, WRITES[field].alters):
        return Outcome(OutcomeState.CONFIRMED, remote_ref=remote_ref)
    shown = {name: told.get(name) for name in wanted}
    return Outcome(OutcomeState.UNKNOWN, reason=f"the catalogue shows {wording.told(shown)}", remote_ref=remote_ref)


def _first(piece: Json) -> str | None:
    return next((text(value, "value") for value in records(piece, "values")), None)
