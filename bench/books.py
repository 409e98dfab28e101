"""Books that are right: order lines in pairs, each paid once with its fees, on statements that make their totals.

Of a hundred sales 72 name their order line, 20 order and SKU, 8 only the order, found by the amount; of the closing fees, one
per order, likewise, and the last 8 are spread over the order. A commission is expected of every line, as it is charged.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.apps import apps
from django.db import connection

from bench.servers import SCHEMA
from config.core import clock
from marketplaces import registry

ACCOUNTS = 12
PERIOD = timedelta(days=14)
LINES_A_PERIOD = 2_000 * ACCOUNTS
APPS = ("core", "marketplaces", "catalog", "inventory", "finance", "tickets")
_ACCOUNTS = """
INSERT INTO marketplaces_account (id, key, marketplace, label, stores, settings, endpoint, status, status_reason,
    status_code, stage, created_at, updated_at)
SELECT n, 'a' || n, %(marketplace)s, 'a' || n, '{}', '{}', '', 'active', '', '', 'observe', now(), now()
FROM generate_series(1, %(accounts)s) AS n
"""
_ORDERS = """
INSERT INTO inventory_order (id, account_id, external_id, channel, status, status_raw, ordered_at, business_on, changed_at,
    fulfilment, currency, ship_to_country, is_business, is_premium, replacement_of, extra)
SELECT n, 1 + n %% %(accounts)s, 'O-' || n, '', 'shipped', '', at, at::date, at, 'merchant', 'EUR', 'NL', false, false, '', '{}'
FROM generate_series(%(since)s::int / 2, %(until)s::int / 2 - 1) AS n
CROSS JOIN LATERAL (SELECT %(first)s::timestamptz + n / (%(accounts)s * 1000) * interval '14 days' AS at) AS placed
"""
_ITEMS = """
INSERT INTO inventory_orderline (order_id, account_id, order_ref, external_id, remote_id, title, quantity,
    quantity_shipped, quantity_cancelled, currency, unit_price, item_total, cancel_requested, shipped_at, changed_at)
SELECT n / 2, 1 + (n / 2) %% %(accounts)s, 'O-' || n / 2, 'L-' || n, 'SKU-' || 1 + n %% 6000, '', 1, 1, 0, 'EUR', price, price,
    false, at, at
FROM generate_series(%(since)s::int, %(until)s::int - 1) AS n
CROSS JOIN LATERAL (SELECT 10 + n::bigint * 37 %% 5000 / 100.0 AS price,
    %(first)s::timestamptz + (n / 2) / (%(accounts)s * 1000) * interval '14 days' AS at) AS placed ORDER BY hashint4(n)
"""
_LINES = """
INSERT INTO finance_settlementline (settlement_id, account_id, row_no, line_class, home, scope, label_type, label_group,
    label_text, amount, currency, posted_at, order_ref, line_ref, shipment_ref, reference, remote_id, product_ids,
    quantity, channel, is_reversal, source_hash, parser_version)
SELECT settlement_id, 1 + account, row_number() OVER (ORDER BY settlement_id, shuffled), class, 'order', 'order', 'type',
    'group', class, CASE class WHEN 'principal' THEN 10 + of::bigint * 37 %% 5000 / 100.0 WHEN 'commission' THEN -1.5
    ELSE -0.5 END, 'EUR', %(first)s::timestamptz + interval '4 days' + of / 2 / (%(accounts)s * 1000) * interval '14 days',
    'O-' || of / 2,
    CASE WHEN lot < 72 THEN 'L-' || of ELSE '' END, '', '', CASE WHEN lot < 92 THEN 'SKU-' || 1 + of %% 6000 ELSE '' END, '[]',
    1, '', false, md5(of || class), 1
FROM generate_series(%(since)s::int, %(until)s::int - 1) AS of CROSS JOIN (VALUES ('principal'), ('commission'), ('closing'))
    AS kind(class)
CROSS JOIN LATERAL (SELECT (of / 2) %% %(accounts)s AS account, abs(hashint4(of * 3 + length(class))) %%
    CASE class WHEN 'commission' THEN 92 ELSE 100 END AS lot) AS drawn
CROSS JOIN LATERAL (SELECT 1 + account + of / 2 / (%(accounts)s * 1000) * %(accounts)s AS settlement_id,
    hashint4(of * 5 + length(class)) AS shuffled) AS placed
WHERE class <> 'closing' OR of %% 2 = 0 ORDER BY settlement_id, shuffled
"""
_FEES = """
INSERT INTO finance_expectedfee (order_line_id, line_class, amount, currency, tolerance, source, reason)
SELECT item.id, 'commission', -1.5, 'EUR', 0.01, 'agreed', '' FROM inventory_orderline item
WHERE item.order_id >= %(since)s::int / 2
"""
_HEADERS = """
INSERT INTO finance_settlement (id, account_id, external_id, channel, chain, kind, currency, period_start, period_end, total,
    state, residual_reason, source, line_count, payout_state, payout_reason, payout_currency, approved_by, approval_note,
    imported_at)
SELECT settlement_id, min(account_id), 'S-' || settlement_id, '', '', 'sales', 'EUR', max(posted_at) - interval '14 days',
    max(posted_at), sum(amount), 'imported', '', 'api', count(*), 'announced', '', '', '', '', now()
FROM finance_settlementline line WHERE NOT EXISTS (SELECT FROM finance_settlement s WHERE s.id = line.settlement_id)
GROUP BY 1
"""


def begin() -> None:
    """Empty tables of every app with their indexes, without foreign keys."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA {SCHEMA} CASCADE")
        cursor.execute(f"CREATE SCHEMA {SCHEMA}")
    with connection.schema_editor() as editor:
        for label in APPS:
            for model in apps.get_app_config(label).get_models():
                editor.create_model(model)
        editor.deferred_sql = [told for told in editor.deferred_sql if "FOREIGN KEY" not in str(told)]
    connection.set_schema(SCHEMA)
    with connection.cursor() as cursor:
        cursor.execute(_ACCOUNTS, {"accounts": ACCOUNTS, "marketplace": next(registry.all_adapters()).key})


def add(since: int, until: int, *, first: datetime) -> list[int]:
    """Order lines by number, two thousand on each statement of half a month; gives the statements that are new."""
    given = {"since": since, "until": until, "accounts": ACCOUNTS, "first": first}
    with connection.cursor() as cursor:
        for statement in (_ORDERS, _ITEMS, _FEES, _LINES, _HEADERS):
            cursor.execute(statement, given)
    settle()
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM finance_settlement WHERE checked_at IS NULL ORDER BY id")
        return [pk for (pk,) in cursor.fetchall()]


def first_day(order_lines: int) -> datetime:
    """When books of so many order lines began that end now: no statement is missing."""
    return clock.now() - order_lines / LINES_A_PERIOD * PERIOD


def settle() -> None:
    """Clear away what was undone, so that the planner does not take a table for empty while it is filled again."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def account_of(statement: int) -> int:
    return (statement - 1) % ACCOUNTS + 1
