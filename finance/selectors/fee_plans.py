"""Which rows hold for what an account is charged by the month: those of its main storefront, its own before published."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from finance import tariffs
from finance.models import FeeRule, FeeVat
from finance.tariffs import Sale
from marketplaces.canonical import Fulfilment
from marketplaces.canonical import LineClass as C

MONTHLY = (C.SUBSCRIPTION.value, C.STORAGE.value)


@dataclass(frozen=True, slots=True)
class Plan:
    """The rows of one class that hold on a day (none: nothing is known), and the VAT that comes on top by class."""

    rules: list[FeeRule] = field(default_factory=list)
    vats: dict[str, Decimal] = field(default_factory=dict)

    @property
    def currency(self) -> str:
        return self.rules[0].currency if self.rules else ""

    @property
    def is_charged_later(self) -> bool:
        return any(rule.is_charged_later for rule in self.rules)


class Plans:
    """The monthly schedules of some accounts, read once for all months."""

    def __init__(self, accounts: Iterable[Any]) -> None:
        self.accounts = list(accounts)
        self._rules = list(FeeRule.objects.filter(line_class__in=MONTHLY, withdrawn_at=None).order_by("pk"))
        self._vats = list(FeeVat.objects.filter(account__in=self.accounts).order_by("valid_from", "pk"))

    def of(self, account: Any, line_class: str, *, on: date) -> Plan:
        """Where rows of several currencies hold, the account's own count first."""
        found = []
        for currency in sorted({rule.currency for rule in self._rules if rule.line_class == line_class}):
            sale = Sale(
                account_id=account.pk, marketplace=account.marketplace, channel=next(iter(account.stores), ""), day=on,
                programme=Fulfilment.MARKETPLACE, currency=currency, units=1,
            )  # fmt: skip
            rows, lacks = tariffs.version(self._rules, sale, line_class)
            if rows and not lacks:
                found.append(rows)
        found.sort(key=lambda rows: rows[0].account_id is None)
        return Plan(found[0] if found else [], self._on_top(account, on))  # type: ignore[arg-type]

    def _on_top(self, account: Any, on: date) -> dict[str, Decimal]:
        stores = ("", *account.stores[:1])
        mine = (vat for vat in self._vats if vat.account_id == account.pk and vat.valid_from <= on)
        rows = sorted((vat for vat in mine if vat.channel in stores), key=lambda vat: vat.channel != "")
        return {vat.line_class: vat.rate for vat in rows}
