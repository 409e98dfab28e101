"""The life of a seller's connection: connected, tested, rotated, paused with a reason, resumed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from config.core import clock
from config.core.events import announce
from config.core.work import later, supersede
from marketplaces import registry, signals
from marketplaces.contract import Adapter
from marketplaces.models import Account, AccountStage, AccountStatus, Credential
from marketplaces.services import backfills, connections

WARN_BEFORE = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """What a person fills in to connect an account. `history_from` None reads as far back as the marketplace keeps."""

    key: str
    marketplace: str
    label: str = ""
    stores: Sequence[str] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    endpoint: str = ""
    stage: str = AccountStage.OBSERVE
    history_from: datetime | None = None
    credentials_expire_on: date | None = None


def connect(given: Connection) -> Account:
    """Create the account and ask for its first pulls; raises ValidationError naming each field that is wrong."""
    account = _checked(given)
    with transaction.atomic():
        account.save()
        _store(account, given.credentials)
        catch_up(account)
    return account


def check(given: Connection) -> None:
    """What `connect` would raise, without storing anything."""
    _checked(given)


def _checked(given: Connection) -> Account:
    account = Account(
        key=given.key, marketplace=given.marketplace, label=given.label or given.key, stores=list(given.stores),
        settings=dict(given.settings), endpoint=given.endpoint, stage=given.stage, connected_at=clock.now(),
        history_from=given.history_from, credentials_expire_on=given.credentials_expire_on,
    )  # fmt: skip
    account.full_clean()
    _check_complete(registry.get(given.marketplace), given)
    return account


def _check_complete(adapter: Adapter, given: Connection) -> None:
    wanted = [(f, given.credentials) for f in adapter.credentials] + [(f, given.settings) for f in adapter.settings]
    missing = {f.name: f"{f.label} is needed" for f, values in wanted if f.is_required and not values.get(f.name)}
    known = {f.name for f in adapter.credentials}
    missing |= {name: f"{adapter.label} has no credential {name!r}" for name in set(given.credentials) - known}
    if missing:
        raise ValidationError([f"{name}: {message}" for name, message in sorted(missing.items())])


def _store(account: Account, values: Mapping[str, str]) -> None:
    for name, value in values.items():
        credential = Credential.objects.filter(account=account, name=name).first()
        credential = credential or Credential(account=account, name=name)
        credential.value, credential.rotated_at = value, clock.now()
        credential.save()


def probe(account: Account) -> str:
    """One real read with the stored credentials; returns what the marketplace calls the seller."""
    recorder = connections.Recorder(account)
    with connections.opened(account, recorder) as client:
        return client.probe()


def rotate(account: Account, credentials: Mapping[str, str], *, expire_on: date | None = None) -> Account:
    """Replace secrets (those not named stay) and, when they stopped the account, resume it."""
    known = {f.name for f in registry.get(account.marketplace).credentials}
    if set(credentials) - known:
        raise ValidationError(f"unknown credentials: {', '.join(sorted(set(credentials) - known))}")
    with transaction.atomic():
        _store(account, credentials)
        account.credentials_expire_on = expire_on
        account.save(update_fields=["credentials_expire_on", "updated_at"])
        if account.status == AccountStatus.BROKEN:
            resume(account)
    return account


def pause(
    account: Account, *, reason: str, code: str = "", until: datetime | None = None, status: str = AccountStatus.PAUSED
) -> Account:
    """Stop all pulls and writes of the account; `until` resumes it by itself. Announced once."""
    was_active = account.status == AccountStatus.ACTIVE
    account.status, account.status_reason, account.status_code = status, reason[:300], code[:60]
    account.paused_at, account.paused_until = account.paused_at or clock.now(), until
    with transaction.atomic():
        account.save()
        if was_active:
            announce(signals.account_paused, account_id=account.pk)
    return account


def resume(account: Account) -> Account:
    """Let the account work again and catch up on every flow."""
    account.status, account.status_reason, account.status_code = AccountStatus.ACTIVE, "", ""
    account.paused_at = account.paused_until = None
    with transaction.atomic():
        account.save()
        catch_up(account)
        announce(signals.account_resumed, account_id=account.pk)
    return account


def resume_due() -> dict[str, int]:
    """Resume accounts whose pause was given an end that has come."""
    due = Account.objects.filter(status=AccountStatus.PAUSED, paused_until__lte=clock.now())
    return {"resumed": len([resume(account) for account in due])}


def catch_up(account: Account) -> int:
    """Ask for one pull of every resource, which takes the place of those that failed; returns how many are new."""
    supersede(account.pk, "pull.", why="the account was resumed and read again")
    keys = [resource.key for resource in registry.get(account.marketplace).resources]
    asked = [later(f"pull.{account.marketplace}.{key}", account_id=account.pk) for key in keys]
    backfills.resume(account)
    return sum(item is not None for item in asked)


def check_expiry() -> dict[str, int]:
    """Announce each account whose credentials expire within 30 days."""
    limit = clock.now().date() + WARN_BEFORE
    soon = Account.objects.filter(Q(credentials_expire_on__lte=limit)).values_list("pk", flat=True)
    with transaction.atomic():
        for account_id in soon:
            announce(signals.credentials_expiring, account_id=account_id)
    return {"expiring": len(soon)}
