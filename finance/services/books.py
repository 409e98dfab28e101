"""The account map and how a client keeps its books; entries of open months follow a change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from config.core.work import later
from finance import chart
from finance.models import AccountRule, Books, IdentityCheck
from finance.selectors.journals import books

RULE_FIELDS = (
    "purpose",
    "account",
    "currency",
    "line_class",
    "tax_class",
    "country",
    "code",
    "name",
    "tax_key",
    "tax_rate",
)
BOOK_FIELDS = (
    "home_country", "rounding_limit", "datev_consultant", "datev_client", "chart", "account_digits", "year_begins",
)  # fmt: skip


def set_rule(values: Mapping[str, Any], *, pk: int | None = None) -> AccountRule:
    """Add a row to the account map or change one; a wrong value raises ValidationError."""
    rule = AccountRule.objects.filter(pk=pk).first() if pk else AccountRule()
    if rule is None:
        raise ValidationError("this row of the account map is gone; load the page again")
    for name in RULE_FIELDS:
        if name in values:
            setattr(rule, name, values[name])
    rule.country, rule.currency = rule.country.upper(), rule.currency.upper()
    rule.full_clean()
    with transaction.atomic():
        rule.save()
        _book_again()
    return rule


def remove_rule(pk: int) -> None:
    with transaction.atomic():
        AccountRule.objects.filter(pk=pk).delete()
        _book_again()


def set_books(values: Mapping[str, Any]) -> Books:
    """Change how the books are kept; a wrong value raises ValidationError."""
    mine = books()
    for name in BOOK_FIELDS:
        if name in values:
            setattr(mine, name, values[name])
    mine.home_country = mine.home_country.upper()
    mine.full_clean(validate_constraints=True)
    with transaction.atomic():
        mine.save()
        _book_again()
    return mine


def start_with_standard_chart() -> None:
    """Give a client without an account map the standard one."""
    chart.seed()
    _book_again()


def _book_again() -> None:
    """Have every statement booked again; what is locked stays as it is."""
    IdentityCheck.objects.filter(number=8).delete()
    later("finance.book", dedupe="finance.book:map")
