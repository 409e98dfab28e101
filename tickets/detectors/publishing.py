"""Offers that should sell and do not, and accounts that show what we do not mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from catalog import selectors as catalog
from catalog.publishing import revenue
from config.core import clock
from config.core.money import Money, quantise
from inventory import selectors as goods
from marketplaces import selectors
from tickets.detectors import flows
from tickets.detectors.base import Measure, detector, hours
from tickets.types import PARITY_DRIFT, STOCK_NOT_LIVE

LATELY = timedelta(days=1)


def _not_live() -> QuerySet[Any]:
    """Fields by which units are meant to sell, while the marketplace shows none or does not sell the offer."""
    dead = Q(live="0") | Q(live=None) | ~Q(listing__status="active")
    return catalog.offer_fields().filter(field="quantity", account__stage="act").exclude(wanted="0").filter(dead)


def _candidates() -> Iterable[str]:
    return map(str, _not_live().order_by("pk").values_list("pk", flat=True))


@detector(
    "publishing.not_live", subject="offer_field", opens=STOCK_NOT_LIVE, candidates=_candidates, action="open_listing",
    reads=("listings",),
)  # fmt: skip
def hours_not_live(subjects: Sequence[str]) -> Iterator[Measure]:
    """Hours since units should sell of an offer that shows none, or that the marketplace does not sell."""
    now = clock.now()
    shares = {account: revenue.shares(account) for account in _accounts(subjects)}
    for row in _not_live().filter(pk__in=subjects).select_related("listing", "account"):
        since = row.confirmed_at or row.wanted_at
        share = shares[row.account_id].get((row.listing.sku_id or 0, row.listing.channel))
        why = row.reason or row.listing.status_raw or row.listing.status
        yield Measure(
            subject=str(row.pk), account_id=row.account_id, channel=row.listing.channel, sku_id=row.listing.sku_id,
            scope=f"listing:{row.listing_id}", group=(row.state if row.listing.status == "active" else row.listing.status),
            value=hours(now, since) if since else None, why="" if since else "nobody knows since when it is wanted",
            title=f"{row.listing.remote_id} {row.listing.channel}: {row.wanted} units are meant to sell, "
                  f"{row.live or 'none'} shown ({why})"[:300],
            facts={"share": share or Decimal(0), "sold": Decimal(share is not None)},
            as_of={"wanted": row.wanted_at, "live": row.live_at, "clock": now},
            money=_at_risk(row, share),
            links=({"kind": "listing", "id": row.listing_id, "label": row.listing.remote_id},),
            params={"listing_id": row.listing_id, "remote_id": row.listing.remote_id},
            shows={"state": row.state, "answer": row.reason},
        )  # fmt: skip


def _accounts(subjects: Sequence[str]) -> set[int]:
    return set(_not_live().filter(pk__in=subjects).values_list("account_id", flat=True))


def _at_risk(row: Any, share: Decimal | None) -> Money | None:
    """What the offer earned a day on average, at its price (F-22 without the margin)."""
    if share is None or not row.listing.currency:
        return None
    mine = [
        each.revenue for each in revenue.earned(row.account_id)
        if (each.sku_id, each.channel, each.currency) == (row.listing.sku_id, row.listing.channel, row.listing.currency)
    ]  # fmt: skip
    return Money(quantise(sum(mine, Decimal(0)) / 30, row.listing.currency), row.listing.currency)


@detector(
    "publishing.parity", subject="account", opens=PARITY_DRIFT, candidates=flows.every_account, action="open_drift"
)
def percent_drifted(subjects: Sequence[str]) -> Iterator[Measure]:
    """Fields of each account that differ from what is intended, in percent of its latest full comparison."""
    accounts = {account.pk: account for account in selectors.accounts().filter(pk__in=subjects)}
    for found in catalog.drift():
        account = accounts.get(found.account_id)
        if account is None or account.stage != "act" or found.at < clock.now() - LATELY:
            continue
        yield Measure(
            subject=str(account.pk), account_id=account.pk, scope=f"parity:{account.key}", value=found.percent,
            why="nothing was compared" if found.percent is None else "", samples=max(found.compared, 1),
            title=f"{account.label}: {found.drifted} of {found.compared} fields are not as intended",
            facts={"oversellable": Decimal(found.oversellable), "drifted": Decimal(found.drifted)},
            as_of={"run": found.at, "clock": clock.now()},
            links=({"kind": "account", "id": account.pk, "label": account.label},),
            params={"account": account.key},
        )  # fmt: skip


def _oversold() -> QuerySet[Any]:
    return goods.shortages().filter(missing__gt=0)


@detector(
    "publishing.oversold", subject="account", opens=PARITY_DRIFT, candidates=flows.every_account, action="open_drift"
)
def units_oversold(subjects: Sequence[str]) -> Iterator[Measure]:
    """Units that buyers of each account were promised and that nobody has."""
    found = _oversold().filter(account__in=subjects).order_by("account_id")
    rows = found.values("account_id", account_key=F("account__key"), label=F("account__label"))
    for row in rows.annotate(units=Sum("missing"), orders=Count("order_line__order", distinct=True)):
        yield Measure(
            subject=str(row["account_id"]), account_id=row["account_id"], scope=f"oversold:{row['account_key']}",
            value=Decimal(row["units"]), facts={"orders": Decimal(row["orders"])},
            title=f"{row['label']}: {row['units']} units in {row['orders']} orders are sold and not there",
            as_of={"clock": clock.now()},
            links=({"kind": "account", "id": row["account_id"], "label": row["label"]},),
            params={"account": row["account_key"]},
        )  # fmt: skip
