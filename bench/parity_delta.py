"""A full parity run over 500,000 offers beside the bare anti-join, and one changed SKU among ten thousand and a million."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection

from bench import servers
from bench.result import Result, seconds
from catalog.models import FieldOwner, Listing, OfferChange, OfferField, ParityFinding, ParityRun
from catalog.publishing import parity
from catalog.services import publishing
from config.core import clock
from inventory.models import SkuDay
from marketplaces import registry
from marketplaces.models import Account

ROWS = 500_000
FEW, MANY = 10_000, 1_000_000
CHANGES = 50
TABLES = (Account, Listing, OfferField, OfferChange, FieldOwner, ParityRun, ParityFinding, SkuDay)
_FILL = """
INSERT INTO catalog_listing (account_id, channel, external_id, remote_id, product_ids, title, status, status_raw,
                             fulfilment, price, currency, quantity, image_url, extra, changed_at)
SELECT %(account)s, 'NL', 'B-' || n, 'B-' || n, '[]', 'Thing ' || n, 'active', '', 'merchant', 10 + n %% 90, 'EUR', n %% 50,
       '', '{}', %(then)s
FROM generate_series(1, %(rows)s) AS n;
INSERT INTO catalog_offerfield (listing_id, account_id, field, wanted, wanted_at, cause, cause_at, asked_by, confirmed,
                                confirmed_at, live, live_at, state, reason, attempts)
SELECT id, account_id, 'quantity', quantity::text, %(then)s, 'bench', %(then)s, '', quantity::text, %(then)s,
       (quantity + (id %% 50 = 0)::int)::text, %(then)s, 'confirmed', '', 0
FROM catalog_listing WHERE account_id = %(account)s;
ANALYZE catalog_listing; ANALYZE catalog_offerfield
"""
_BARE = """
CREATE TEMPORARY TABLE bench_delta ON COMMIT PRESERVE ROWS AS
SELECT wanted.id FROM catalog_offerfield wanted WHERE wanted.account_id = %s AND NOT EXISTS (
    SELECT 1 FROM bench_live live WHERE live.listing_id = wanted.listing_id AND live.quantity = wanted.wanted)
"""


def _tables() -> None:
    """The product's tables with their indexes; foreign keys would ask for tables that the benchmark does not need."""
    servers.prepare()
    with connection.schema_editor() as editor:
        for model in TABLES:
            editor.create_model(model)
        editor.deferred_sql = [told for told in editor.deferred_sql if "FOREIGN KEY" not in str(told)]


def run() -> Result:
    """The limit is the anti-join of what is wanted with a table of what is live; ours also judges and keeps the result."""
    _tables()
    account = _furnished("bench-parity", ROWS)
    _sql("CREATE TEMPORARY TABLE bench_live AS SELECT listing_id, live AS quantity FROM catalog_offerfield WHERE account_id = %s",
         [account.pk])  # fmt: skip
    _sql("ANALYZE bench_live")
    taken = seconds(lambda: parity.compare(account.pk))
    limit = seconds(lambda: _sql(_BARE, [account.pk]), before=lambda: _sql("DROP TABLE IF EXISTS bench_delta"))
    return Result(
        name="parity_delta",
        rows=ROWS,
        seconds=taken,
        limit_seconds=limit,
        value=round(taken / limit, 2) if limit else None,
    )


def growth() -> Result:
    """One changed SKU, from the wish to what is due; `value` is its time among a million by that among ten thousand."""
    _tables()
    few = _furnished("bench-few", FEW)
    with_few = _changes(few)
    many = _furnished("bench-many", MANY)
    with_many = _changes(many)
    return Result(name="one_sku_growth", rows=MANY, seconds=with_many, limit_seconds=round(with_few * 1.3, 4),
                  value=round(with_many / with_few, 2))  # fmt: skip


def _changes(account: Account) -> float:
    """Fifty single changes, each a wish of its own, as the median of three rounds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM catalog_listing WHERE account_id = %s ORDER BY id LIMIT %s", [account.pk, CHANGES]
        )
        ids = [pk for (pk,) in cursor.fetchall()]
    rounds = iter(range(1_000, 2_000))

    def change() -> None:
        value = next(rounds)
        for pk in ids:
            publishing.want(
                [publishing.Want(listing_id=pk, field="quantity", value=value, cause="bench", cause_at=clock.now())]
            )

    change()
    return seconds(change)


def _furnished(key: str, rows: int) -> Account:
    adapter = next(registry.all_adapters())
    values: dict[str, Any] = {
        "marketplace": adapter.key,
        "label": key,
        "stores": [adapter.stores[0].code],
        "stage": "propose",
    }
    account, is_new = Account.objects.get_or_create(key=key, defaults=values)
    if is_new:
        _sql(_FILL, {"account": account.pk, "rows": rows, "then": clock.now() - timedelta(hours=2)})
    return account


def _sql(statement: str, values: Any = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
