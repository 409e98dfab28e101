"""What pools say about the goods in them, into its table as a set."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.services import remote
from catalog.services.remote import Seen, remote_id
from config.core.bulk import Table, land
from config.core.events import announce
from inventory import landing
from inventory.services import pools
from inventory.signals import pool_health_applied
from marketplaces.canonical import StockHealth
from marketplaces.sinks import Applied, Source


def stock_health(rows: Sequence[StockHealth], source: Source) -> Applied:
    """Upsert what is told of each product; a pool that is met for the first time becomes a warehouse of the account."""
    account_id = source.account.pk
    places = pools.places(source.account, {(row.pool, row.fulfilment) for row in rows})
    names = [remote_id(r.sku, r.product_ids) for r in rows]
    seen = [Seen(name, "", r.product_ids) for name, r in zip(names, rows, strict=True)]
    skus = remote.register(account_id, seen, seen_in=source.resource)
    table = Table(
        name="inventory_poolhealth", columns=landing.HEALTH, key=("warehouse_id", "remote_id"),
        on_insert={"observed_at": source.at}, on_update={"observed_at": source.at},
    )  # fmt: skip
    values = (
        landing.health_values(r, warehouse_id=places[r.pool], name=name, sku_id=skus.get(name), at=source.at)
        for r, name in zip(rows, names, strict=True)
    )
    landed = land(table, values)
    if landed.changed_ids:
        announce(pool_health_applied, account_id=account_id, ids=landed.changed_ids)
    return Applied(tuple(landed.changed_ids), len(landed.inserted_ids), len(landed.updated_ids), landed.unchanged)
