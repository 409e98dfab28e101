"""How bank files are read, and which bookings are whose: layouts, rules and names of bank accounts, as people edit them."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from finance.bankfiles import NEEDED
from finance.models import BankAccount, BankLayout, BankRule
from finance.services.bank import attribution

COLUMNS = ("booked_on", "amount", "credit", "debit", "currency", "reference", "iban", "bank_ref", "fee", "is_return")
LAYOUT_FIELDS = ("name", "delimiter", "encoding", "decimal_comma", "day_format", "skip_lines", "columns")
_A_DAY = date(2031, 2, 3)


def set_layout(values: Mapping[str, Any], *, pk: int | None = None) -> BankLayout:
    """Add a layout or change one; what could not read any file raises ValidationError by field."""
    layout = BankLayout.objects.filter(pk=pk).first() if pk else BankLayout()
    if layout is None:
        raise ValidationError("this layout is gone; load the page again")
    for name in LAYOUT_FIELDS:
        if name in values:
            setattr(layout, name, values[name])
    layout.columns = {name: str(value).strip() for name, value in layout.columns.items() if str(value).strip()}
    wrong = {name: why for name, why in _faults(layout).items() if why}
    if wrong:
        raise ValidationError(wrong)
    layout.full_clean()
    layout.save()
    return layout


def _faults(layout: BankLayout) -> dict[str, str]:
    unknown = sorted(set(layout.columns) - set(COLUMNS))
    missing = [name for name in NEEDED if name not in layout.columns]
    if not {"amount", "credit"} & set(layout.columns):
        missing.append("amount or credit")
    return {
        "columns": f"no bank tells {', '.join(unknown)}; known: {', '.join(COLUMNS)}" if unknown
        else f"say where to find {', '.join(missing)}" if missing else "",
        "encoding": "" if _is_encoding(layout.encoding) else f"no encoding is called {layout.encoding!r}",
        "day_format": "" if _tells_days(layout.day_format) else "days must be read with day, month and year, as %d.%m.%Y",
        "delimiter": "" if len(layout.delimiter) == 1 else "one character parts the columns",
    }  # fmt: skip


def _is_encoding(name: str) -> bool:
    try:
        codecs.lookup(name)
    except LookupError:
        return False
    return True


def _tells_days(day_format: str) -> bool:
    try:
        read = datetime.strptime(_A_DAY.strftime(day_format), day_format)  # noqa: DTZ007 - a bank's calendar day
    except ValueError:
        return False
    return read.date() == _A_DAY


def remove_layout(pk: int) -> None:
    """Files that were read by it stay as they were read."""
    BankLayout.objects.filter(pk=pk).delete()


def set_rule(text: str, account: Any) -> BankRule:
    """Bookings whose text holds `text` belong to the account; those that wait are looked at again."""
    wanted = text.strip()
    if len(wanted) < 3:
        raise ValidationError({"text": "at least three characters, or too many bookings would fit"})
    if account is None:
        raise ValidationError({"account": "choose the marketplace account"})
    with transaction.atomic():
        rule, _ = BankRule.objects.get_or_create(text=wanted[:80], account=account)
        attribution.attribute()
    return rule


def remove_rule(pk: int) -> None:
    """Bookings that it gave to an account stay there."""
    BankRule.objects.filter(pk=pk).delete()


def name_account(bank_account: BankAccount, label: str) -> BankAccount:
    """What people call this bank account; its IBAN where empty."""
    bank_account.label = label.strip()[:80]
    bank_account.save(update_fields=["label"])
    return bank_account
