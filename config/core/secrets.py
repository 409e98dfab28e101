"""Model fields that are stored encrypted: AES-GCM with a key from `FIELD_KEYS`, bound to schema, table, row and field.

A value copied into another client's schema, another row or another field cannot be read there. The model needs
`sealed_id = UUIDField(default=uuid4)`, because a row must have its identity before it is inserted. The first key seals,
every key opens, so keys are exchanged by putting a new one first and running `manage.py reencrypt`.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models.query_utils import DeferredAttribute

HIDDEN = "[secret]"
_NONCE = 12


class Unreadable(Exception):
    """A stored secret cannot be opened: its key is gone, or the row was copied from elsewhere. Enter it again."""


class Sealed:
    """The encrypted value as it is stored."""

    def __init__(self, token: str) -> None:
        self.token = token

    @property
    def key_id(self) -> str:
        return self.token.partition(".")[0]

    def __repr__(self) -> str:
        return HIDDEN


class Plain:
    """A value that was assigned and not yet saved; it never shows itself."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        return HIDDEN

    def __reduce__(self) -> NoReturn:
        raise TypeError("an unsaved secret cannot be pickled or copied")


def seal(text: str, context: str) -> Sealed:
    """Encrypt with the first key."""
    key_id, key = next(iter(_keys().items()))
    nonce = os.urandom(_NONCE)
    packed = base64.urlsafe_b64encode(nonce + AESGCM(key).encrypt(nonce, text.encode(), context.encode()))
    return Sealed(f"{key_id}.{packed.decode()}")


def unseal(sealed: Sealed, context: str) -> str:
    key = _keys().get(sealed.key_id)
    if key is None:
        raise Unreadable(f"there is no key {sealed.key_id!r} in FIELD_KEYS to open {context}")
    try:
        packed = base64.urlsafe_b64decode(sealed.token.partition(".")[2])
        return AESGCM(key).decrypt(packed[:_NONCE], packed[_NONCE:], context.encode()).decode()
    except (InvalidTag, ValueError) as error:
        raise Unreadable(f"the secret {context} was sealed for another place or was damaged; enter it again") from error


def is_current(sealed: Sealed) -> bool:
    """Whether the value is sealed with the key that seals now."""
    return sealed.key_id == next(iter(_keys()))


def derived(purpose: str) -> bytes:
    """32 bytes for one purpose, made of the key that seals now; nobody without that key can make them."""
    key = next(iter(_keys().values()))
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(key)


def _keys() -> Mapping[str, bytes]:
    return _parsed(tuple(settings.FIELD_KEYS))


@lru_cache(maxsize=8)
def _parsed(given: tuple[str, ...]) -> Mapping[str, bytes]:
    keys = {}
    for entry in given:
        key_id, _, encoded = entry.partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            key = b""
        if not key_id.isalnum() or len(key) != 32:
            raise ImproperlyConfigured(
                "FIELD_KEYS is a list of id:key, the id letters and digits, the key 32 bytes in base64"
            )
        keys[key_id] = key
    if not keys:
        raise ImproperlyConfigured(
            "FIELD_KEYS is empty: make a key with `openssl rand -base64 32` and write it as 1:KEY"
        )
    return keys


class _Attribute(DeferredAttribute):
    """Opens on reading and keeps only what is sealed, so that no instance carries plain text about."""

    field: EncryptedTextField

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        stored = super().__get__(instance, cls) if self.field.attname not in instance.__dict__ else None
        stored = instance.__dict__.get(self.field.attname, stored)
        if isinstance(stored, Sealed):
            return unseal(stored, self.field.context(instance))
        return stored.value if isinstance(stored, Plain) else stored

    def __set__(self, instance: Any, value: Any) -> None:
        is_wrapped = value is None or isinstance(value, Sealed | Plain)
        instance.__dict__[self.field.attname] = value if is_wrapped else Plain(value)


class EncryptedTextField(models.TextField):
    """Text at rest in encrypted form; it can be asked whether it is null, and nothing else."""

    descriptor_class = _Attribute

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def context(self, instance: models.Model) -> str:
        """Where the value belongs; a part of what is authenticated."""
        schema = connections[instance._state.db or DEFAULT_DB_ALIAS].schema_name  # type: ignore[attr-defined]
        return f"{schema}.{instance._meta.db_table}.{instance.sealed_id}.{self.column}"  # type: ignore[attr-defined]

    def pre_save(self, model_instance: models.Model, add: bool) -> Sealed | None:
        stored = model_instance.__dict__.get(self.attname)
        if isinstance(stored, Plain):
            stored = seal(str(stored.value), self.context(model_instance))
            model_instance.__dict__[self.attname] = stored
        return stored

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Sealed | None:
        return None if value is None else Sealed(value)

    def to_python(self, value: Any) -> Any:
        return value

    def get_prep_value(self, value: Any) -> str | None:
        if value is None or isinstance(value, Sealed):
            return value.token if value else None
        raise TypeError(f"{self.name} is sealed per row: assign it to an instance and save that")

    def get_lookup(self, lookup_name: str) -> Any:
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None

    def value_from_object(self, obj: models.Model) -> Any:
        return HIDDEN

    def value_to_string(self, obj: models.Model) -> str:
        return HIDDEN
