"""Products whose margin after all costs is too small, or falls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from catalog import selectors as products
from catalog.models import Sku
from config.core import clock
from config.core.api import reporting_currency
from config.core.money import Money
from finance.selectors import erosion as selectors
from finance.selectors.erosion import Erosion
from marketplaces import selectors as marketplaces
from marketplaces.models import Account
from tickets.detectors.base import Measure, detector
from tickets.types import MARGIN_EROSION

SOUND = Decimal("0.15")
"""The share of net revenue that should remain; what is short of it is the money at risk."""


def _sold() -> Iterable[str]:
    return (f"{sku}:{account}" for sku, account in selectors.sold(on=clock.now().date()))


@detector(
    "finance.margin",
    subject="sku_account",
    opens=MARGIN_EROSION,
    candidates=_sold,
    reads=("orders", "settlements"),
    action="open_margin",
)
def margin_share(subjects: Sequence[str]) -> Iterator[Measure]:
    """CM3 as a share of net revenue over the mature lines of thirty days; not measured where knowledge is thin."""
    for found, sku, account in _found(subjects):
        why = found.now.why_unmeasured
        share = found.now.cm3_share
        yield _measure(found, sku, account, None if why else share, why=why)


@detector(
    "finance.margin_fall",
    subject="sku_account",
    opens=MARGIN_EROSION,
    candidates=_sold,
    reads=("orders", "settlements"),
    action="open_margin",
)
def margin_fall(subjects: Sequence[str]) -> Iterator[Measure]:
    """How far the CM3 share fell against the thirty days before; the money at risk is told by the share alone."""
    for found, sku, account in _found(subjects):
        why = found.now.why_unmeasured or ("" if found.before else "the days before cannot be judged")
        yield replace(_measure(found, sku, account, None if why else found.fall, why=why), money=None)


def _found(subjects: Sequence[str]) -> Iterator[tuple[Erosion, Sku, Account]]:
    pairs = [(int(sku), int(account)) for sku, _, account in (subject.partition(":") for subject in subjects)]
    rows = selectors.erosion(pairs, on=clock.now().date(), to=reporting_currency(None))
    skus = products.skus().select_related("product").in_bulk({row.sku_id for row in rows})
    accounts = marketplaces.accounts().in_bulk({row.account_id for row in rows})
    return ((row, skus[row.sku_id], accounts[row.account_id]) for row in rows)


def _measure(found: Erosion, sku: Sku, account: Account, value: Decimal | None, *, why: str) -> Measure:
    now, revenue = found.now, found.now.revenue
    share, driver = now.cm3_share, found.driver
    short = max(Decimal(0), SOUND * revenue - (now.sums["cm3"] or Decimal(0))) / selectors.WINDOW.days
    to = reporting_currency(None)
    return Measure(
        subject=f"{found.sku_id}:{found.account_id}",
        account_id=account.pk,
        sku_id=sku.pk,
        brand_id=sku.product.brand_id,
        scope=f"sku:{sku.code}/marketplace:{account.marketplace}"[:200],
        group=f"marketplace:{account.marketplace}/driver:{driver}",
        value=None if value is None else round(value, 4),
        title=f"{sku.code} keeps {_percent(share)} of its revenue; the main driver is {driver}",
        samples=now.units,
        why=why,
        facts={
            "cm2": now.sums["cm2"], "cm3": now.sums["cm3"], "cm3_share": share, "fall": found.fall,
            "advertising": abs(now.sums["advertising"] or Decimal(0)),
        },
        as_of={"profit": clock.now()},
        money=None if why else Money(short, to).rounded(),
        links=({"kind": "margin", "sku": sku.code, "label": sku.code},),
        params={"sku": sku.code, "marketplace": account.marketplace, "account_id": account.pk},
        shows={
            "driver": driver, "units": now.units, "net_revenue": f"{revenue:.2f} {to}", "cm3_share": _percent(share),
            "before": _percent(found.before.cm3_share if found.before else None),
        },
    )  # fmt: skip


def _percent(share: Decimal | None) -> str:
    return "not known" if share is None else f"{share * 100:.1f}%"
