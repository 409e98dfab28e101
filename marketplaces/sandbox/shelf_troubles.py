"""Injected troubles of goods in a marketplace's pool: stranded, grown old, or no longer fit to be sold."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache

from marketplaces.canonical import Fulfilment
from marketplaces.sandbox import assortment
from marketplaces.sandbox.facts import WorldStock
from marketplaces.sandbox.stage import Stage

KINDS = ("stranded_stock", "aged_stock", "unsellable_stock")
FROM_DAY = 10
STRANDED_UNITS, OLD_UNITS, UNSELLABLE_UNITS = 4, 30, 9
OLD_DAYS = 200


@lru_cache(maxsize=64)
def placed(stage: Stage) -> dict[int, str]:
    """One of each kind per pool, by product serial: among the registered products that sell most there."""
    listed = {p.serial: p for store in stage.stores for p in assortment.listed(stage, store) if p.is_registered}
    ours = [p for p in listed.values() if assortment.fulfilment(stage, p) == Fulfilment.MARKETPLACE]
    best = sorted(ours, key=lambda product: -assortment.popularity(product))[:20]
    chosen = sorted(best, key=lambda product: stage.share("shelf trouble", product.serial))
    return dict(zip((p.serial for p in chosen), KINDS, strict=False)) if stage.account.pool else {}


def begins(stage: Stage) -> datetime:
    return stage.start_of(FROM_DAY) + timedelta(hours=9)


def bend(stage: Stage, row: WorldStock, day: int) -> WorldStock:
    """The row as its trouble leaves it from the tenth day on."""
    kind = placed(stage).get(row.product.serial) if day >= FROM_DAY else None
    if kind == "stranded_stock":
        more = max(0, STRANDED_UNITS - row.available)
        row = replace(row, available=row.available + more, ages=((0, more), *row.ages) if more else row.ages)
        return replace(row, stranded=STRANDED_UNITS, stranded_since=begins(stage))
    if kind == "aged_stock":
        return replace(row, available=row.available + OLD_UNITS, ages=(*row.ages, (OLD_DAYS + day, OLD_UNITS)))
    return replace(row, unsellable=UNSELLABLE_UNITS) if kind == "unsellable_stock" else row
