"""Title, description and pictures of a product, which all its variants share. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from config.core.errors import Rejected
from marketplaces import wording
from marketplaces.adapters.shopify.rows.reading import nodes, records, text
from marketplaces.adapters.shopify.writable import WRITES
from marketplaces.contract import Outbound, Outcome, OutcomeState
from marketplaces.pieces import inner, record

Json = Mapping[str, Any]
NAMES = {"title": "title", "description": "descriptionHtml"}
FIELDS = frozenset({*NAMES, "images"})
UNDER_WAY = frozenset({"UPLOADED", "PROCESSING"})
_MARK = re.compile(r"nf-[0-9a-f]{24}(?![0-9a-f])")


def product(command: Outbound, variant: Json) -> dict[str, Any]:
    """Variables of a change of the product's texts: only what changes."""
    return {"product": {"id": _product_id(command, variant), NAMES[command.field]: command.value}}


def files(command: Outbound, variant: Json) -> dict[str, Any]:
    """Variables of new pictures: of the lists, only files are sent, so variants and their prices stay.

    What the product has already is kept by its id, and so are its other media; a new file is named to be known again.
    """
    media = _media(variant)
    known = {mark(link): text(each, "id") for each in media if (link := _link(each))}
    given = [{"id": known[mark(url)]} if mark(url) in known else _new(url) for url in command.value]
    others = [{"id": text(each, "id")} for each in media if text(each, "mediaContentType") != "IMAGE"]
    return {"identifier": {"id": _product_id(command, variant)}, "input": {"files": [*given, *others]}}


def mark(address: str) -> str:
    """How a picture is known again where the shop keeps it: the beginning of its file's name, made of its address."""
    kept = _MARK.search(address)
    return kept[0] if kept else f"nf-{sha256(address.encode()).hexdigest()[:24]}"


def _new(url: str) -> Json:
    """The name must end like the address."""
    ending = PurePosixPath(urlsplit(url).path).suffix
    return {"originalSource": url, "contentType": "IMAGE", "filename": f"{mark(url)}{ending}"}


def _media(variant: Json) -> list[Json]:
    return [record(each, "media") for each in nodes(inner(variant, "product").get("media"))]


def _link(medium: Json) -> str:
    return text(inner(medium, "image"), "url")


def _product_id(command: Outbound, variant: Json) -> str:
    found = text(inner(variant, "product"), "id")
    if not found:
        raise Rejected(f"variant {command.external_id} shows no product; check the id")
    return found


def outcome(command: Outbound, variant: Json | None) -> Outcome:
    """Confirmed when the product says what we wrote."""
    if not variant:
        return Outcome(
            OutcomeState.UNKNOWN, reason=f"variant {command.external_id} is not known to the shop; check the id"
        )
    if command.field == "images":
        return _pictured(command, [each for each in _media(variant) if text(each, "mediaContentType") == "IMAGE"])
    shown = text(inner(variant, "product"), NAMES[command.field])
    if wording.is_shown(command.field, shown, command.value, WRITES[command.field].alters):
        return Outcome(OutcomeState.CONFIRMED)
    return Outcome(OutcomeState.UNKNOWN, reason=f"the shop shows {wording.told(shown)}; asked again later")


def _pictured(command: Outbound, pictures: list[Json]) -> Outcome:
    """The shop keeps pictures under addresses of its own; ours are known by the names that we gave their files."""
    shown = [mark(link) for each in pictures if (link := _link(each))]
    if shown == [mark(url) for url in command.value]:
        return Outcome(OutcomeState.CONFIRMED)
    failed = [error for each in pictures for error in records(each, "mediaErrors")]
    if failed:
        told = "; ".join(f"{text(error, 'code')} {text(error, 'message')}".strip() for error in failed)
        return Outcome(OutcomeState.REJECTED, reason=f"the shop could not take a picture: {told}")
    if any(text(each, "status") in UNDER_WAY for each in pictures):
        return Outcome(OutcomeState.ACCEPTED, reason="the shop is still fetching the pictures")
    return Outcome(OutcomeState.UNKNOWN, reason="the shop shows other pictures; asked again later")


def content(variant: Json) -> dict[str, str]:
    """Title and description of the product, without the name of the variant; what the query did not ask for is left out."""
    told = {field: text(inner(variant, "product"), name).strip() for field, name in NAMES.items()}
    return {field: value for field, value in told.items() if value}
