"""Which warehouse feeds which account, and the rules of what its channels may offer."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from catalog.models import Listing, Sku
from config.core import clock
from inventory.models import AllocationRule, Feed, Order, Warehouse
from inventory.offering import LABELS, RuleKind
from inventory.services import offers, reservations
from marketplaces.models import Account

SHARES = (RuleKind.PERCENTAGE, RuleKind.INBOUND)


@transaction.atomic
def feed(
    account: Account, warehouse: Warehouse, *, priority: int = 1, is_publishing: bool = False,
    starts_at: datetime | None = None,
) -> Feed:  # fmt: skip
    """Sell from a warehouse of ours in an account; its open orders reserve at once. Safe to repeat."""
    if warehouse.account_id is not None:
        raise ValidationError(f"{warehouse} is a marketplace's own: its stock is read, never sold from by us")
    row, is_new = Feed.objects.update_or_create(
        account=account, warehouse=warehouse,
        defaults={"priority": priority, "is_publishing": is_publishing},
        create_defaults={
            "priority": priority, "is_publishing": is_publishing, "starts_at": starts_at or clock.now(),
        },
    )  # fmt: skip
    if is_new:
        waiting = Order.objects.filter(account=account, status__in=("pending", "to_ship", "partially_shipped"))
        reservations.settle(list(waiting.values_list("pk", flat=True)))
    if is_publishing:
        offers.refresh(warehouse=warehouse.pk)
    return row


@transaction.atomic
def stop(row: Feed) -> None:
    """Sell no more from a warehouse in an account; what its orders hold there stays theirs."""
    row.delete()
    offers.refresh(warehouse=row.warehouse_id)


@transaction.atomic
def limit(
    kind: RuleKind, value: int, *, by: str, account: Account | None = None, channel: str = "", sku: Sku | None = None,
    listing: Listing | None = None, note: str = "",
) -> AllocationRule:  # fmt: skip
    """Set one rule for a place (everything where none is named), and have what it touches computed again."""
    if value < 0 or (kind in SHARES and value > 100):
        raise ValidationError(f"{LABELS[kind]}: a share is from 0 to 100, a number of units not below zero")
    row, _ = AllocationRule.objects.update_or_create(
        kind=kind, account=account, channel=channel, sku=sku, listing=listing,
        defaults={"value": value, "note": note, "set_by": by, "set_at": clock.now()},
    )  # fmt: skip
    _recompute(row)
    return row


@transaction.atomic
def lift(row: AllocationRule) -> None:
    """Take a rule away."""
    _recompute(row)
    row.delete()


def _recompute(row: AllocationRule) -> None:
    touched = row.sku_id or (row.listing.sku_id if row.listing else None)
    if touched:
        offers.refresh(skus=[touched])
    else:
        offers.refresh(everything=True)
