"""bol's webhooks: what a push says, and whether bol has signed it. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from marketplaces.adapters.bol.rows.changes import event_id, order_changes
from marketplaces.adapters.bol.rows.reading import text
from marketplaces.canonical import OrderChange
from marketplaces.contract import Notice, Page
from marketplaces.pieces import Unreadable, read_json

ALGORITHM = "rsa-sha256"
_PART = re.compile(r'(\w+)\s*=\s*"?([^",]+)"?')


def read(body: bytes, headers: Mapping[str, str]) -> list[Notice]:
    """The one event of a push; a body that is none gives an empty list."""
    page = Page(resource="order_changes", body=body)
    change = next(iter(order_changes(page)), None)
    if not isinstance(change, OrderChange):
        return []
    try:
        raw = read_json(page)
    except Unreadable:
        return []
    return [
        Notice(
            event_id=event_id(raw),
            kind=change.kind.value,
            happened_at=change.happened_at,
            page=page,
            seller=text(raw, "retailerId"),
            order_id=change.order_id,
        )
    ]


def is_authentic(body: bytes, headers: Mapping[str, str], keys: Mapping[str, str]) -> bool:
    """Whether `Signature: keyId=..., algorithm="rsa-sha256", signature=<base64>` holds over the raw body.

    `keys` are base64 DER public keys by key id, as `Client.signature_keys` gives them.
    """
    told = next((value for name, value in headers.items() if name.lower() == "signature"), "")
    parts = dict(_PART.findall(told))
    public = keys.get(parts.get("keyId", ""))
    if not public or parts.get("algorithm", ALGORITHM).lower() != ALGORITHM:
        return False
    try:
        key = load_der_public_key(base64.b64decode(public))
        signature = base64.b64decode(parts.get("signature", ""), validate=True)
        if not isinstance(key, RSAPublicKey):
            return False
        key.verify(signature, body, PKCS1v15(), SHA256())
    except (ValueError, binascii.Error, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True
