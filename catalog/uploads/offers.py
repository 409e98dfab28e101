"""Which of our listings a row of a sheet means: by account, SKU and, where there are several, storefront. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from config.core.sheets.cells import Problem

COLUMNS = ("account", "store", "sku")
MEANING = {
    "account": "the key of the account",
    "store": "the storefront, such as DE; may be empty where the account offers the product in one only",
    "sku": "the SKU, ours or as the account calls it",
}


class Offered(Protocol):
    """One listing of ours by the names under which a row may mean it."""

    @property
    def account(self) -> str: ...
    @property
    def store(self) -> str: ...
    @property
    def names(self) -> Sequence[str]: ...


T = TypeVar("T", bound=Offered)


@dataclass(frozen=True, slots=True)
class Known(Generic[T]):
    """The accounts that there are, and listings by account and name."""

    accounts: frozenset[str] = frozenset()
    offers: Mapping[tuple[str, str], Sequence[T]] = field(default_factory=dict)


def by_name(offered: Iterable[T]) -> dict[tuple[str, str], list[T]]:
    found: dict[tuple[str, str], list[T]] = defaultdict(list)
    for each in offered:
        for name in dict.fromkeys(each.names):
            found[each.account, name].append(each)
    return found


def meant(values: Mapping[str, Any], known: Known[T]) -> T:
    """The one listing that a row means; raises Problem where it means none or several."""
    account, store, sku = (values[name] for name in COLUMNS)
    if account not in known.accounts:
        some = ", ".join(sorted(known.accounts)[:6])
        raise Problem("account", f"no account has the key {account!r}", f"write one of {some}")
    found = known.offers.get((account, sku), ())
    if not found:
        raise Problem("sku", f"{account} offers no {sku!r}", "write a SKU that the account offers")
    fitting = [each for each in found if not store or each.store.lower() == store.lower()]
    stores = ", ".join(sorted({each.store for each in found}))
    if not fitting:
        raise Problem("store", f"{sku!r} is not offered in {store!r}", f"write one of {stores}")
    if len(fitting) > 1:
        raise Problem("store", f"{sku!r} has {len(fitting)} listings that fit", f"name the storefront: {stores}")
    return fitting[0]
