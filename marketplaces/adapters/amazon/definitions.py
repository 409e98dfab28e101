"""Product types of a store, and what each of those asks that the seller maps products to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from config.core.errors import Rejected
from marketplaces.adapters.amazon.api import Api, segment
from marketplaces.contract import AccountFacts, Store

_BASE = "/definitions/2020-09-01/productTypes"


def pages(api: Api, account: AccountFacts, wanted: Sequence[str]) -> Iterator[tuple[Store, str, bytes]]:
    """The list of all types, then the schema of each wanted one, with its name; stores differ, and the first one counts."""
    store = account.stores[0]
    listed = api.get("searchDefinitionsProductTypes", _BASE, {"marketplaceIds": store.external_id})
    yield store, "", listed.body
    known = {str(entry.get("name")) for entry in listed.json().get("productTypes") or ()}
    for name in sorted(set(wanted) & known):
        body = _schema(api, store, name)
        if body:
            yield store, name, body


def schema(api: Api, store: Store, name: str) -> Mapping[str, Any]:
    """What a type asks in a store, fetched once per client; empty where the type is not known."""
    key = (store.external_id, name)
    if key not in api.schemas:
        api.schemas[key] = json.loads(_schema(api, store, name) or b"{}", parse_float=Decimal)
    return api.schemas[key]


def _schema(api: Api, store: Store, name: str) -> bytes:
    """The address of a schema needs no token; a type that was withdrawn meanwhile has none."""
    try:
        told = api.get("getDefinitionsProductType", f"{_BASE}/{segment(name)}", {"marketplaceIds": store.external_id})
    except Rejected as error:
        if error.code == "not_found":
            return b""
        raise
    reply = api.download(str(told.json()["schema"]["link"]["resource"]))
    if not reply.path:
        return reply.body
    file = Path(reply.path)
    try:
        return file.read_bytes()
    finally:
        file.unlink()
