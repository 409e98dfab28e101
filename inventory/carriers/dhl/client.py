"""The endpoints of DHL: labels, returns, the end of the day, and tracking. The only file here that does HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from xml.sax.saxutils import quoteattr

from config.core import clock
from config.core.errors import NeedsOperator, NinefoldError, Rejected
from config.core.http import ApiSession, Call, Reply
from inventory.carriers.contract import (
    Address,
    CarrierFacts,
    Closed,
    Document,
    LabelFormat,
    LabelRequest,
    LabelResult,
)
from inventory.carriers.dhl import mapping, rules, scans
from inventory.carriers.dhl.auth import Api
from inventory.carriers.dhl.carrier import CARRIER
from inventory.carriers.news import Tracked, TrackingState

SHIPPING = "/parcel/de/shipping/v2"
RETURNS = "/parcel/de/shipping/returns/v1"
PARCEL_DE = "/parcel/de/tracking/v0/shipments"
UNIFIED = "/track/shipments"
ZONE = "Europe/Berlin"
ANSWERS_WITH_ITEMS = frozenset({400})


def error_of(reply: Reply, call: Call) -> NinefoldError | None:
    """A refusal of a login needs a person; 400 with items is an answer about a parcel, which mapping reads."""
    if reply.status in (401, 403):
        return NeedsOperator(f"DHL refuses the login: {_detail(reply)}", code="unauthorised")
    if reply.status in ANSWERS_WITH_ITEMS and call.url.endswith("/orders"):
        return None
    if reply.status == 404:
        return Rejected(f"DHL knows nothing of it: {_detail(reply)}", code="not_found")
    if 400 <= reply.status < 500 and reply.status != 429:
        return Rejected(f"DHL refuses the request: {_detail(reply)}", code=f"http_{reply.status}")
    return None


def _detail(reply: Reply) -> str:
    try:
        told = reply.json()
    except NinefoldError:
        return f"status {reply.status}"
    status = told.get("status") if isinstance(told, Mapping) else None
    words = status if isinstance(status, Mapping) else told if isinstance(told, Mapping) else {}
    return str(words.get("detail") or words.get("title") or f"status {reply.status}")


class Client:
    """Speaks for one account."""

    def __init__(self, session: ApiSession, account: CarrierFacts) -> None:
        self.account, self.api = account, Api(session, account)

    def probe(self) -> str:
        told = self.api.call("GET", f"{SHIPPING}/").json()
        return f"Parcel DE Shipping {(told.get('amp') or {}).get('version', '')}".strip()

    def check(self, request: LabelRequest) -> LabelResult:
        """Everything that DHL would say, with nothing bought."""
        reply = self._order(request, validate=True)
        return mapping.checked(reply.json())

    def buy(self, request: LabelRequest) -> LabelResult:
        """Buy one label. A lost answer raises with the code `unknown_outcome`: find it before it is bought again."""
        answer = self._order(request, validate=False).json()
        found = mapping.result(answer)
        if not found.is_bought:
            return found
        found = replace(found, messages=(*found.messages, *rules.hints(request)))
        return self._with_addresses(answer, found, request.format)

    def _order(self, request: LabelRequest, *, validate: bool) -> Reply:
        rules.check_day(request.ship_on, clock.business_day(clock.now(), ZONE))
        return self.api.call(
            "POST", f"{SHIPPING}/orders", body=mapping.order_body(request, self.account.settings),
            params=mapping.order_query(request, self.account.settings, validate=validate), idempotent=validate,
        )  # fmt: skip

    def _with_addresses(self, answer: Mapping[str, Any], found: LabelResult, wanted: LabelFormat) -> LabelResult:
        """Documents that came as an address are fetched; without any token, for the address is the key."""
        fetched = tuple(
            Document(kind, wanted, self.api.open(url, operation="shipping").body)
            for kind, url in mapping.addresses_of(answer).items()
        )
        return replace(found, documents=found.documents + fetched)

    def find(self, ref: str, since: date, until: date) -> list[str]:
        """Searched by reference in tracking, where a label shows ten to thirty minutes after it was bought."""
        told = {"from-date": since.isoformat(), "to-date": until.isoformat()}
        pieces = [piece for piece in self._pieces([ref], told) if piece.state is not TrackingState.CANCELLED]
        return sorted({piece.tracking_number for piece in pieces if piece.tracking_number})

    def fetch(self, tracking_number: str, label_format: LabelFormat) -> LabelResult | None:
        """Only until the day is closed."""
        params = {
            "shipment": tracking_number, "docFormat": mapping.FORMATS[label_format], "includeDocs": "include",
            "printFormat": self.account.settings.get("print_format") or mapping.PRINT_FORMAT, "combine": "false",
        }  # fmt: skip
        try:
            answer = self.api.call("GET", f"{SHIPPING}/orders", params=params).json()
        except Rejected as error:
            if error.code == "not_found":
                return None
            raise
        found = mapping.result(answer)
        return self._with_addresses(answer, found, label_format) if found.is_bought else None

    def cancel(self, tracking_number: str) -> str:
        params = {"profile": mapping.profile(self.account.settings), "shipment": tracking_number}
        return mapping.cancelled(self.api.call("DELETE", f"{SHIPPING}/orders", params=params).json())

    def buy_return(self, ref: str, sender: Address, weight_g: int) -> LabelResult:
        body = mapping.return_body(ref, sender, weight_g, self.account.settings)
        params = {"labelType": "SHIPMENT_LABEL"}
        reply = self.api.call("POST", f"{RETURNS}/orders", body=body, params=params, idempotent=False)
        return mapping.returned(reply.json())

    def close_day(self, tracking_numbers: Sequence[str]) -> Closed:
        """Close up to thirty shipments; a repeated closing refuses those that are closed, which does no harm."""
        body = {"profile": mapping.profile(self.account.settings), "shipmentNumbers": list(tracking_numbers)}
        reply = self.api.call("POST", f"{SHIPPING}/manifests", body=body, idempotent=True)
        closing = mapping.closed(reply.json())
        today = clock.business_day(clock.now(), ZONE).isoformat()
        asked = {"date": today, "includeDocs": "include"}
        return mapping.sheet(self.api.call("GET", f"{SHIPPING}/manifests", params=asked).json(), closing)

    def track(self, tracking_numbers: Sequence[str]) -> Iterator[Tracked]:
        if self.account.settings.get("tracking") == "unified":
            yield from (found for number in tracking_numbers for found in self._unified(number))
            return
        for start in range(0, len(tracking_numbers), CARRIER.tracking_batch):
            yield from self._pieces(tracking_numbers[start : start + CARRIER.tracking_batch], {})

    def _unified(self, number: str) -> list[Tracked]:
        """One number a call; `service` keeps foreign parcels of the same number away. Not known yet is no fault."""
        params = {"trackingNumber": number, "service": "parcel-de", "language": "de"}
        headers = {"DHL-API-Key": self.account.credentials.get("api_key", "")}
        try:
            answer = self.api.open(
                f"{self.api.host}{UNIFIED}", operation="unified", params=params, headers=headers
            ).json()
        except Rejected as error:
            if error.code == "not_found":
                return [Tracked(number)]
            raise
        return list(scans.unified(answer))

    def _pieces(self, codes: Sequence[str], extra: Mapping[str, str]) -> list[Tracked]:
        told = self.account.credentials
        values = {
            "appname": told.get("tracking_user", ""), "password": told.get("tracking_password", ""),
            "request": "d-get-piece-detail", "language-code": "de", "piece-code": ";".join(codes), **extra,
        }  # fmt: skip
        question = "".join(f" {name}={quoteattr(value)}" for name, value in values.items())
        headers = {"Authorization": self.api.basic("api_key", "api_secret"), "Accept": "application/xml"}
        xml = {"xml": f'<?xml version="1.0" encoding="UTF-8" standalone="no"?><data{question}/>'}
        return scans.parcel_de(
            self.api.open(f"{self.api.host}{PARCEL_DE}", operation="tracking", params=xml, headers=headers).body
        )
