"""How sheets stand, and what they would change."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum

from catalog import demand
from catalog.models import Upload, UploadRow
from config.core.sheets.flow import WAITING
from config.core.sheets.models import RowState

_COUNTED = {f"{state}_rows": Count("rows", filter=Q(rows__state=state)) for state in RowState}
UNAPPROVED = Q(rows__state=RowState.GOOD) & ~Q(rows__approvals=[])


def sheets() -> QuerySet[Upload]:
    """Sheets with the number of their rows in each state, and how many wait for a second person (`unapproved`)."""
    return Upload.objects.annotate(**_COUNTED, unapproved=Count("rows", filter=UNAPPROVED), total=Count("rows"))


def rows_of(*, sheet: int) -> QuerySet[UploadRow]:
    """Rows of a sheet in the order of the file."""
    return UploadRow.objects.filter(upload=sheet).order_by("row_no")


def effects(*, sheet: int) -> list[tuple[Decimal, str]]:
    """By currency, what the usable rows of a sheet change in 30 days at the pace of the last 30."""
    rows = UploadRow.objects.filter(upload=sheet, state__in=[*WAITING, RowState.APPLIED], effect__isnull=False)
    return [
        (row["sum"], row["currency"])
        for row in rows.values("currency").order_by("currency").annotate(sum=Sum("effect"))
    ]


def waiting(*, ids: list[int] | None = None) -> QuerySet[Upload]:
    """Sheets on which rows wait for a second person, with how many (`unapproved`) and of how many (`total`)."""
    found = sheets().filter(state="waiting", unapproved__gt=0)
    return found if ids is None else found.filter(pk__in=ids)


def revenue() -> list[tuple[Decimal, str]]:
    """By currency, what all listings brought in the last 30 days; orders that tell no amount yet brought none."""
    sums: dict[str, Decimal] = {}
    for sold in (each for each in demand.lately().values() if each.currency):
        sums[sold.currency] = sums.get(sold.currency, Decimal(0)) + sold.revenue
    return [(amount, currency) for currency, amount in sorted(sums.items())]
