"""Questions about the books: the account map, entries, and balances of accounts."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet

from finance.journals import Rule
from finance.models import AccountRule, Books, Journal, JournalLine

_FIELDS = (
    "purpose", "code", "name", "tax_key", "tax_rate", "account_id", "currency", "line_class", "tax_class", "country",
)  # fmt: skip


def books() -> Books:
    """How this client keeps its books; the defaults where nobody said otherwise."""
    return Books.objects.order_by("pk").first() or Books()


def account_map() -> list[Rule]:
    return [Rule(**row) for row in AccountRule.objects.order_by("pk").values(*_FIELDS)]


def entries(*, account: int | None = None, month: date | None = None) -> QuerySet[Journal]:
    """Entries in the order of the books."""
    found = Journal.objects.select_related("account", "settlement", "deposit")
    if account is not None:
        found = found.filter(account=account)
    if month is not None:
        found = found.filter(month=month)
    return found.order_by("booked_on", "number", "pk")


def postings(*, journal: int) -> QuerySet[JournalLine]:
    return JournalLine.objects.filter(journal=journal).order_by("row_no")
