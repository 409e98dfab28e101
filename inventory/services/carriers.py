"""A contract with a carrier: entered, tested, its secrets exchanged; and the client that speaks for it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from config.core import clock, tenancy
from config.core.http import ApiSession, Exchange
from inventory.carriers import registry
from inventory.carriers.contract import CarrierClient, CarrierFacts
from inventory.models import CarrierAccount, CarrierCall, CarrierSecret

PAPERS = frozenset({"b64", "zpl2", "url"})
PEOPLE = frozenset({"shipper", "consignee"})
HIDDEN = "[paper]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What a person fills in."""

    key: str
    carrier: str
    label: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    endpoint: str = ""


def connect(given: Contract) -> CarrierAccount:
    """Enter a contract; raises ValidationError naming each field that is missing or unknown."""
    account = CarrierAccount(
        key=given.key, carrier=given.carrier, label=given.label or given.key, settings=dict(given.settings),
        endpoint=given.endpoint,
    )  # fmt: skip
    account.full_clean()
    _check_complete(given)
    with transaction.atomic():
        account.save()
        rotate(account, given.credentials)
    return account


def _check_complete(given: Contract) -> None:
    carrier = registry.get(given.carrier)
    wanted = [(f, given.credentials) for f in carrier.credentials] + [(f, given.settings) for f in carrier.settings]
    wrong = {f.name: f"{f.label} is needed" for f, values in wanted if f.is_required and not values.get(f.name)}
    known = {f.name for f, _ in wanted}
    wrong |= dict.fromkeys({*given.credentials, *given.settings} - known, "is not known")
    if wrong:
        raise ValidationError([f"{name}: {words}" for name, words in sorted(wrong.items())])


def change(account: CarrierAccount, *, label: str, settings: Mapping[str, str], is_active: bool) -> CarrierAccount:
    """Replace what is not secret; raises ValidationError naming what is missing or unknown."""
    fields = registry.get(account.carrier).settings
    wrong = {f.name: f"{f.label} is needed" for f in fields if f.is_required and not settings.get(f.name)}
    wrong |= dict.fromkeys(set(settings) - {f.name for f in fields}, "is not known")
    if wrong:
        raise ValidationError([f"{name}: {words}" for name, words in sorted(wrong.items())])
    account.label, account.is_active = label or account.label, is_active
    account.settings = {name: value for name, value in settings.items() if value}
    account.full_clean()
    account.save()
    return account


def rotate(account: CarrierAccount, credentials: Mapping[str, str]) -> None:
    """Replace secrets; those not named stay."""
    for name, value in credentials.items():
        secret = CarrierSecret.objects.filter(account=account, name=name).first()
        secret = secret or CarrierSecret(account=account, name=name)
        secret.value, secret.rotated_at = value, clock.now()
        secret.save()


def probe(account: CarrierAccount) -> str:
    """One real call with the stored secrets; what the carrier says of itself."""
    with opened(account) as client:
        return client.probe()


def facts(account: CarrierAccount) -> CarrierFacts:
    """What a client may know, secrets decrypted; never logged, never stored."""
    return CarrierFacts(
        tenant=tenancy.current(),
        key=f"carrier:{account.key}",
        carrier=account.carrier,
        settings=account.settings,
        credentials={secret.name: secret.value for secret in account.secrets.all()},
        endpoint=account.endpoint,
    )


@contextmanager
def opened(account: CarrierAccount, *, ref: str = "") -> Iterator[CarrierClient]:
    """The client of a contract; what it said and heard is kept redacted when the block ends, however it ends."""
    module = registry.part(account.carrier, "client")
    known, kept = facts(account), list[Exchange]()
    session = ApiSession(
        account=known, limits=registry.get(account.carrier).limits, error_of=module.error_of, record=kept.append
    )
    try:
        yield module.Client(session, known)
    finally:
        CarrierCall.objects.bulk_create([_call(account, ref, each) for each in kept])


def _call(account: CarrierAccount, ref: str, said: Exchange) -> CarrierCall:
    return CarrierCall(
        account=account, ref=ref[:40], at=said.at, operation=said.operation[:80], method=said.method[:8],
        url=said.url[:600], status=said.status or None, milliseconds=said.milliseconds,
        request_body=without_papers(said.request_body), response_body=without_papers(said.response_body),
        error=said.error[:300],
    )  # fmt: skip


def without_papers(body: bytes) -> bytes:
    """A label is an address as well: documents, their addresses on the web and whoever is named are cut out."""
    try:
        told = json.loads(body)
    except ValueError:
        return body
    return json.dumps(_cut(told), ensure_ascii=False).encode()


def _cut(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: HIDDEN if _is_hidden(name, item) else _cut(item) for name, item in value.items()}
    return [_cut(item) for item in value] if isinstance(value, list) else value


def _is_hidden(name: str, item: Any) -> bool:
    return name in PEOPLE or (name in PAPERS and isinstance(item, str))
