"""What job rows name: ids in, one service call, counts out."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from marketplaces import registry
from marketplaces.contract import Capability
from marketplaces.models import Account, AccountStatus
from marketplaces.services import (
    accounts,
    backfills,
    batches,
    commands,
    events,
    flows,
    gaps,
    housekeeping,
    pulls,
    records,
    replays,
)


def pull(account_id: int, resource: str) -> dict[str, int]:
    return pulls.pull(account_id, resource)


def hurry() -> dict[str, int]:
    return {"asked": flows.hurry()}


def backfill(account_id: int, backfill_id: int) -> dict[str, int]:
    return backfills.read(account_id, backfill_id)


def replay_flow(account_id: int, resource: str) -> dict[str, int]:
    return replays.flow(account_id, resource)


def find_gaps() -> dict[str, int]:
    return gaps.find()


def ask_to_fill_gaps() -> dict[str, int]:
    return {"asked": gaps.ask_to_fill()}


def fill_gaps(account_id: int) -> dict[str, int]:
    return gaps.fill(account_id)


def fetch_record(account_id: int, resource: str, external_id: str) -> dict[str, int]:
    return records.fetch(account_id, resource, external_id)


def apply_events(account_id: int) -> dict[str, int]:
    return events.apply(account_id)


def sweep_events() -> dict[str, int]:
    return {"asked": events.ask_to_apply()}


def watch_webhooks() -> dict[str, int]:
    keys = [adapter.key for adapter in registry.with_capability(Capability.WEBHOOKS)]
    return events.watch(Account.objects.filter(marketplace__in=keys, status=AccountStatus.ACTIVE))


def send_command(account_id: int, command_id: int) -> dict[str, int]:
    return commands.send(account_id, command_id)


def confirm_command(account_id: int, command_id: int) -> dict[str, int]:
    return commands.confirm(account_id, command_id)


def send_planned(account_id: int) -> dict[str, int]:
    return batches.send_planned(account_id)


def look_again(account_id: int) -> dict[str, int]:
    return batches.look_again(account_id)


def sweep_commands() -> dict[str, int]:
    return commands.sweep()


def resume_due() -> dict[str, int]:
    return accounts.resume_due()


def check_expiry() -> dict[str, int]:
    return accounts.check_expiry()


def prune() -> dict[str, int]:
    return housekeeping.prune(timedelta(days=settings.RAW_RETENTION_DAYS))


def prune_shared() -> dict[str, int]:
    return housekeeping.prune_jobs()
