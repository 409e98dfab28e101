"""The offer as a document: v10 replaces it whole, so all that it shows goes along with the one change. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from config.core.errors import Rejected
from marketplaces.adapters.bol.rows.reading import text
from marketplaces.contract import CommandKind, Outbound
from marketplaces.pieces import inner

Json = Mapping[str, Any]
KEPT = ("reference", "economicOperatorId", "unknownProductTitle")
SWITCHES = frozenset({CommandKind.SET_HOLD, CommandKind.SET_DELIVERY})
_DAYS = re.compile(r"(\d)-(\d)d")
_BEFORE = re.compile(r"24uurs-(\d\d)")


def replaced(command: Outbound, offer: Json) -> dict[str, Any]:
    """The body of v10's PUT: whatever is left out of it would be cleared."""
    method = text(inner(offer, "fulfilment"), "method")
    code = text(inner(offer, "fulfilment"), "deliveryCode")
    told: dict[str, Any] = {name: offer[name] for name in KEPT if offer.get(name)}
    told["onHoldByRetailer"] = offer.get("onHoldByRetailer") is True
    if command.kind is CommandKind.SET_HOLD:
        told["onHoldByRetailer"] = _is_held(command)
    else:
        code = _code(command, method)
    told["fulfilment"] = {"method": method, **({"deliveryCode": code} if code else {})}
    return told


def patched(command: Outbound, offer: Json) -> dict[str, Any]:
    """The body of v11's PATCH; of a fulfilment all parts go along."""
    if command.kind is CommandKind.SET_HOLD:
        return {"onHoldByRetailer": _is_held(command)}
    now = inner(offer, "fulfilment")
    code = _code(command, text(now, "method"))
    days, before = _DAYS.fullmatch(code), _BEFORE.fullmatch(code)
    promise = dict(inner(now, "deliveryPromise"))
    if days:
        promise |= {"minimumDaysToCustomer": int(days[1]), "maximumDaysToCustomer": int(days[2])}
    elif before:
        promise |= {"minimumDaysToCustomer": 1, "maximumDaysToCustomer": 1, "ultimateOrderTime": f"{before[1]}:00"}
    else:
        raise Rejected(
            f"the delivery promise {code} is one of the former API only; this account writes with the new one"
        )
    return {"fulfilment": {**now, "deliveryPromise": promise}}


def _is_held(command: Outbound) -> bool:
    return bool(command.value == "yes")


def _code(command: Outbound, method: str) -> str:
    if method != "FBR":
        raise Rejected(f"{command.sku or command.external_id} is delivered by the marketplace; its promise is not ours")
    return str(command.value)


def on_hold(offer: Json) -> str:
    told = offer.get("onHoldByRetailer")
    return "yes" if told is True else "no" if told is False else ""


def delivery(offer: Json) -> str:
    """The promise as one of v10's codes, from v11's days and last hour of ordering too; empty where none is told."""
    now = inner(offer, "fulfilment")
    promise = inner(now, "deliveryPromise")
    least, most = promise.get("minimumDaysToCustomer"), promise.get("maximumDaysToCustomer")
    if not promise or least is None or most is None:
        return text(now, "deliveryCode")
    hour = text(promise, "ultimateOrderTime")[:2]
    return f"24uurs-{hour}" if (str(least), str(most)) == ("1", "1") else f"{least}-{most}d"


def shown(command: Outbound, offer: Json) -> str:
    return on_hold(offer) if command.kind is CommandKind.SET_HOLD else delivery(offer)
