"""The only receivers of the product: each turns news into subjects that wait to be judged, and decides nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.dispatch import Signal, receiver

from catalog import signals as catalog
from config.core import work
from finance import signals as finance
from finance.selectors import cost_alarms
from inventory import signals as inventory
from marketplaces import selectors
from marketplaces import signals as marketplaces
from tickets.rules import pending

FLOWS = [marketplaces.flow_failed, marketplaces.flow_recovered, marketplaces.rows_rejected]
ACCOUNTS = [marketplaces.account_paused, marketplaces.account_resumed, marketplaces.credentials_expiring]


def ask(kind: str, subjects: Iterable[object]) -> None:
    """Let subjects be judged soon, once, however many changes they had."""
    with transaction.atomic():
        pending.add(kind, subjects)
        work.later("tickets.drain")


@receiver(inventory.orders_applied)
def orders_changed(sender: Signal | None, ids: Iterable[int], **_: Any) -> None:
    ask("order", ids)


@receiver([catalog.products_unmapped, catalog.products_linked])
def products_changed(sender: Signal | None, ids: Iterable[int], **_: Any) -> None:
    ask("remote_product", ids)


@receiver(catalog.skus_changed)
def skus_changed(sender: Signal | None, ids: Iterable[int], **_: Any) -> None:
    ask("sku", ids)


@receiver(catalog.uploads_changed)
def uploads_changed(sender: Signal | None, ids: Iterable[int], **_: Any) -> None:
    ask("upload", [f"upload:{pk}" for pk in ids])


@receiver([finance.discrepancies_changed, finance.statement_gap_found])
def differences_changed(sender: Signal | None, ids: Iterable[int], **_: Any) -> None:
    ask("discrepancy", ids)


@receiver(finance.statements_reconciled)
def statements_changed(sender: Signal | None, ids: Iterable[int], **_: Any) -> None:
    ask("settlement", ids)


@receiver(finance.costs_recorded)
def costs_changed(sender: Signal | None, ids: Iterable[int], **_: Any) -> None:
    ask("sku_cost", cost_alarms.places_of(sku_ids=ids))


@receiver(FLOWS)
def flow_changed(sender: Signal | None, account_id: int, resource: str, **_: Any) -> None:
    ask("flow", [f"{account_id}:{resource}"])


@receiver(marketplaces.run_poisoned)
def run_stopped(sender: Signal | None, run_id: int, **_: Any) -> None:
    runs = selectors.flows_of_runs(ids=[run_id])
    ask("flow", [f"{account}:{resource}" for account, resource in runs])


@receiver(marketplaces.gap_found)
def gaps_changed(sender: Signal | None, ids: Iterable[int], **_: Any) -> None:
    gaps = selectors.flows_of_gaps(ids=ids)
    ask("flow", [f"{account}:{resource}" for account, resource in gaps])


@receiver(ACCOUNTS)
def account_changed(sender: Signal | None, account_id: int, **_: Any) -> None:
    ask("account", [account_id])


@receiver(marketplaces.command_failed)
def command_changed(sender: Signal | None, command_id: int, **_: Any) -> None:
    ask("account", selectors.accounts_of_commands(ids=[command_id]))
