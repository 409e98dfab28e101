"""Webhooks: bol switches a subscription off after ten failed deliveries, so it is looked after."""

from __future__ import annotations

from collections.abc import Mapping

from marketplaces.adapters.bol import endpoints, paging
from marketplaces.adapters.bol.auth import Api

RESOURCES = ("ORDER", "PROCESS_STATUS", "SHIPMENT")


def signature_keys(api: Api) -> Mapping[str, str]:
    """Public keys (base64 of DER) by the key id that a Signature header names."""
    found = paging.pieces(api.call(endpoints.SIGNATURE_KEYS), "signatureKeys")
    return {str(key.get("id", "")): str(key.get("publicKey", "")) for key in found}


def ensure(api: Api, url: str) -> str:
    """Make sure that one enabled webhook to this address exists: `kept`, `enabled` or `created`."""
    wanted = {"resources": list(RESOURCES), "url": url, "subscriptionType": "WEBHOOK", "enabled": True}
    existing = paging.pieces(api.call(endpoints.SUBSCRIPTIONS), "subscriptions")
    ours = next((found for found in existing if found.get("url") == url), None)
    if ours is None:
        api.call(endpoints.SUBSCRIBE, body=wanted)
        return "created"
    if ours.get("enabled") is True and set(RESOURCES) <= set(ours.get("resources") or []):
        return "kept"
    api.call(endpoints.RESUBSCRIBE, parts={"id": str(ours.get("id", ""))}, body=wanted)
    return "enabled"
