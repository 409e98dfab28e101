"""Signs month certificates with a key of this client, derived from the installation's own (Ed25519, RFC 8032)."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from config.core import secrets, tenancy


def sign(body: bytes) -> str:
    """The signature in hexadecimal digits."""
    return _key().sign(body).hex()


def public_key() -> str:
    """What others check our signatures with, in hexadecimal digits; it may be given to anyone."""
    return _key().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def _key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(secrets.derived(f"month certificate of {tenancy.current()}"))
