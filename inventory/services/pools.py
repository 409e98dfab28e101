"""The fulfilment pools of accounts, which are read and never written."""

from __future__ import annotations

from collections.abc import Iterable

from inventory.models import Warehouse
from marketplaces.models import Account


def places(account: Account, told: Iterable[tuple[str, str]]) -> dict[str, int]:
    """The warehouse of each pool (name, fulfilment); one that is met for the first time is made."""
    return {name: _place(account, name, fulfilment) for name, fulfilment in sorted(told)}


def _place(account: Account, name: str, fulfilment: str) -> int:
    label = f"{account.label}: {name.replace('_', ' ')}"
    found, _ = Warehouse.objects.get_or_create(
        code=f"{account.key}:{name}",
        defaults={"label": label, "account": account, "pool": name, "fulfilment": fulfilment},
    )
    return int(found.pk)
