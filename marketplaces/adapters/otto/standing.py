"""How variations stand: asked for one by one, or many at once from the lists of all; what was read ahead is used once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from config.core.errors import Rejected
from config.core.http import Reply
from config.core.money import decimal
from marketplaces.adapters.otto import endpoints, paging
from marketplaces.adapters.otto.auth import Api
from marketplaces.adapters.otto.rows.reading import text
from marketplaces.contract import CommandKind, Outbound
from marketplaces.pieces import inner

Piece = Mapping[str, Any]
FEW = 20
"""From more on the lists are read, which take a call for each page of the whole assortment."""
MOST_STATES = 500
PATH_IS_SAFE = frozenset("/.")


class Listed(NamedTuple):
    endpoint: endpoints.Endpoint
    most: int
    keys: tuple[str, ...]


LISTS: Mapping[CommandKind, Listed] = {
    CommandKind.SET_PRICE: Listed(endpoints.PRODUCTS, 100, ("productVariations", "resources")),
    CommandKind.SET_STOCK: Listed(endpoints.QUANTITIES, 200, ("resources", "variations")),
    CommandKind.SET_HOLD: Listed(endpoints.ACTIVE_STATUS, 100, ("status", "resources")),
}


class Standing:
    def __init__(self, api: Api) -> None:
        self.api = api
        self._ahead: dict[tuple[CommandKind, str], Piece] = {}

    def look_ahead(self, commands: Sequence[Outbound]) -> None:
        """Read what the read-backs that follow will ask for, where these are more than a few."""
        wanted: dict[CommandKind, list[str]] = defaultdict(list)
        for command in commands:
            wanted[command.kind].append(command.external_id)
        for kind in LISTS.keys() & wanted.keys():
            if len(wanted[kind]) > FEW:
                self._ahead |= {(kind, sku): piece for sku, piece in self._listed(kind, wanted[kind]).items()}

    def variations(self, skus: Sequence[str]) -> dict[str, Piece]:
        """Those that are known."""
        if len(skus) > FEW:
            return self._listed(CommandKind.SET_PRICE, skus)
        return {sku: _one(reply, sku) for sku in skus if (reply := self.page(sku))}

    def variation(self, sku: str) -> Piece | None:
        reply = self.page(sku)
        return _one(reply, sku) if reply else None

    def page(self, sku: str) -> Reply | None:
        """By query, because a SKU may hold a slash or a dot; None when it is not known."""
        try:
            reply = self.api.call(endpoints.PRODUCTS, params={"sku": sku})
        except Rejected as error:
            if error.code == "http_404":
                return None
            raise
        return reply if any(text(piece, "sku") == sku for piece in _variations(reply)) else None

    def shown(self, command: Outbound) -> Any:
        """The price, the units or the switch (`yes`: on hold); None where nothing is shown."""
        piece = self._ahead.pop((command.kind, command.external_id), None) or self._asked(command)
        if command.kind is CommandKind.SET_STOCK:
            return piece.get("quantity")
        if command.kind is CommandKind.SET_HOLD:
            is_on = piece.get("active")
            return "no" if is_on is True else "yes" if is_on is False else None
        told = inner(inner(piece, "pricing"), "standardPrice").get("amount")
        return None if told is None else decimal(told)

    def verdict(self, sku: str) -> Piece:
        """From a list that knows no filter by SKU."""
        for reply in paging.linked(self.api, endpoints.MARKETPLACE_STATUS, {"limit": MOST_STATES}):
            for piece in paging.pieces(reply, "marketPlaceStatus", "resources"):
                if text(piece, "sku") == sku:
                    return piece
        return {}

    def _asked(self, command: Outbound) -> Piece:
        sku = command.external_id
        if command.kind is CommandKind.SET_PRICE:
            return self.variation(sku) or {}
        if command.kind is CommandKind.SET_HOLD:
            found = paging.pieces(self.api.call(endpoints.ACTIVE_STATUS, params={"sku": sku}), "status", "resources")
            return next((piece for piece in found if text(piece, "sku") == sku), {})
        if PATH_IS_SAFE & set(sku):
            return self._listed(CommandKind.SET_STOCK, [sku]).get(sku, {})
        return self.api.found(endpoints.QUANTITY, {"id": sku}) or {}

    def _listed(self, kind: CommandKind, skus: Sequence[str]) -> dict[str, Piece]:
        """Of the list of all, which is left when these are found."""
        listed, wanted = LISTS[kind], set(skus)
        found: dict[str, Piece] = {}
        for reply in paging.linked(self.api, listed.endpoint, {"limit": listed.most}):
            pieces = paging.pieces(reply, *listed.keys)
            found |= {sku: piece for piece in pieces if (sku := text(piece, "sku")) in wanted}
            if len(found) == len(wanted):
                break
        return found


def _variations(reply: Reply) -> list[Piece]:
    return paging.pieces(reply, *LISTS[CommandKind.SET_PRICE].keys)


def _one(reply: Reply, sku: str) -> Piece:
    return next(piece for piece in _variations(reply) if text(piece, "sku") == sku)
