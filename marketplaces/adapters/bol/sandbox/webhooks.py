"""Subscriptions, the pushes that they bring, and their signature with a key made for the simulation alone."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from marketplaces.adapters.bol.sandbox import ids, processes
from marketplaces.adapters.bol.sandbox.keys import development_key
from marketplaces.adapters.bol.sandbox.replies import bad, missing, read, reply, stamp
from marketplaces.canonical import ChangeKind
from marketplaces.sandbox.facts import Answer, Request, View, WorldEvent

SHELF = "subscriptions"
KEY_ID = "0"
SHIPPING = {ChangeKind.SHIPPED: "AT_TRANSPORTER", ChangeKind.DELIVERED: "DELIVERED_AT_CUSTOMER"}


def subscriptions(view: View, request: Request) -> Answer:
    """`GET /retailer/subscriptions`."""
    found = [{"id": key, **kept} for key, kept in view.shelf(SHELF)]
    return reply({"subscriptions": found} if found else {})


def subscribe(view: View, request: Request) -> Answer:
    """`POST /retailer/subscriptions`; takes effect with its process status."""
    body = read(request)
    if not body.get("resources") or not body.get("url") or body.get("subscriptionType") != "WEBHOOK":
        return bad(request, "subscriptionType", "resources, url and subscriptionType WEBHOOK must be given")
    key = str(1 + sum(1 for _ in view.shelf(SHELF)))
    view.put(SHELF, key, {**body, "enabled": body.get("enabled", True)})
    return processes.started(view, "CREATE_SUBSCRIPTION", key)


def resubscribe(view: View, request: Request) -> Answer:
    """`PUT /retailer/subscriptions/{id}`."""
    if view.get(SHELF, request.match["id"]) is None:
        return missing(request)
    view.put(SHELF, request.match["id"], read(request))
    return processes.started(view, "UPDATE_SUBSCRIPTION", request.match["id"])


def signature_keys(view: View, request: Request) -> Answer:
    """`GET /retailer/subscriptions/signature-keys`."""
    return reply({"signatureKeys": [{"id": KEY_ID, "type": "RSA", "publicKey": public_key()}]})


def sandbox_event(view: View, event: WorldEvent) -> bytes:
    """What bol pushes for a happening: transport news of a shipment, else that an order has changed."""
    order = ids.order_id(event.order_serial)
    about: dict[str, Any] = {"resource": "ORDER", "type": "CHANGE", "resourceId": order}
    if code := SHIPPING.get(event.kind):
        told = {"orderId": order, "eventCode": code, "eventDateTime": stamp(event.happened_at)}
        shipment = ids.shipment_id(event.order_serial)
        about = {"resource": "SHIPMENT", "type": "UPDATE_TRANSPORT_EVENT", "resourceId": shipment, "metadata": told}
    retailer = int(view.account.settings["retailer_id"])
    return json.dumps({"retailerId": retailer, "timestamp": stamp(event.happened_at), "event": about}).encode()


def sandbox_headers(body: bytes) -> Mapping[str, str]:
    """The headers of a push: the signature over the raw body."""
    signature = base64.b64encode(_key().sign(body, PKCS1v15(), SHA256())).decode()
    told = f'keyId={KEY_ID}, algorithm="rsa-sha256", signature={signature}'
    return {"Content-Type": "application/json", "Signature": told}


@cache
def public_key() -> str:
    return base64.b64encode(_key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


@cache
def _key() -> RSAPrivateKey:
    return development_key("marketplace simulation")
