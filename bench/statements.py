"""Twelve statements with 1,000,000 lines against 400,000 order lines, made inside the database.

Of a thousand lines some 722 name their order line, 196 order and SKU, 50 only the order (and its amount), 3 an unknown
order, and 29 belong to the account.
"""

from __future__ import annotations

from django.db import connection

from catalog.models import Identifier, RemoteProduct
from finance.models import HumanMatch, Match, Settlement, SettlementLine
from inventory.models import OrderEvent, OrderLine, Return

LINES, ORDER_LINES, STATEMENTS, SKUS = 1_000_000, 400_000, 12, 6_000
TABLES = (Identifier, RemoteProduct, OrderLine, OrderEvent, Return, Settlement, SettlementLine, Match, HumanMatch)
_PRODUCTS = f"""
INSERT INTO catalog_remoteproduct (account_id, remote_id, title, product_ids, state, reason, linked_by, seen_in,
    first_seen_at, created_at, updated_at)
SELECT account, 'SKU-' || sku, '',
    jsonb_build_array(jsonb_build_object('kind', 'gtin', 'value', lpad(sku::text, 13, '0'))), 'open', '', '', 'orders',
    now(), now(), now()
FROM generate_series(1, {STATEMENTS}) AS account, generate_series(1, {SKUS}) AS sku
"""  # noqa: S608 - constant text
_ORDERS = f"""
INSERT INTO inventory_orderline (order_id, account_id, order_ref, external_id, remote_id, title, quantity,
    quantity_shipped, quantity_cancelled, currency, unit_price, item_total, expected_fee, cancel_requested, changed_at)
SELECT n / 2, 1 + (n / 2) % {STATEMENTS}, 'O-' || n / 2, 'L-' || n, 'SKU-' || 1 + n % {SKUS}, '', 1, 1, 0, 'EUR',
    10 + n::bigint * 37 % 5000 / 100.0, 10 + n::bigint * 37 % 5000 / 100.0, -1.5, false, now()
FROM generate_series(0, {ORDER_LINES - 1}) AS n ORDER BY hashint4(n)
"""  # noqa: S608 - constant text
_STATEMENTS = f"""
INSERT INTO finance_settlementline (settlement_id, account_id, row_no, line_class, home, scope, label_type, label_group,
    label_text, amount, currency, posted_at, order_ref, line_ref, shipment_ref, reference, remote_id, product_ids,
    quantity, channel, is_reversal, source_hash, parser_version)
SELECT account, account, n, class, home, home, 'type', 'group', class, CASE class WHEN 'principal' THEN
        10 + of::bigint * 37 % 5000 / 100.0 WHEN 'storage' THEN -9.99 ELSE -1.5 END, 'EUR', now(),
    CASE WHEN home = 'order' THEN CASE WHEN lot < 971 THEN 'O-' || of / 2 ELSE 'X-' || n END ELSE '' END,
    CASE WHEN lot < 722 THEN 'L-' || of ELSE '' END, '', '',
    CASE WHEN lot < 918 THEN 'SKU-' || 1 + of % {SKUS} ELSE '' END, '[]', 1, '', false, md5(n::text), 1
FROM generate_series(0, {LINES - 1}) AS n
CROSS JOIN LATERAL (SELECT abs(hashint4(n)) % 1000 AS lot, abs(hashint4(n * 7 + 3)) % {ORDER_LINES} AS of) AS drawn
CROSS JOIN LATERAL (SELECT 1 + (of / 2) % {STATEMENTS} AS account, CASE WHEN lot >= 974 THEN 'account' ELSE 'order' END
    AS home, CASE WHEN lot >= 974 THEN 'storage' WHEN lot >= 918 OR n % 2 = 0 THEN 'principal' ELSE 'commission' END
    AS class) AS kind
ORDER BY account, n
"""  # noqa: S608 - constant text
_HEADERS = """
INSERT INTO finance_settlement (id, account_id, external_id, channel, chain, kind, currency, state, residual_reason, source,
    line_count, payout_state, payout_reason, payout_currency, approved_by, approval_note, imported_at)
SELECT settlement_id, min(account_id), 'S-' || settlement_id, '', '', 'sales', 'EUR', 'imported', '', 'api', count(*),
    'announced', '', '', '', '', now()
FROM finance_settlementline GROUP BY 1
"""


def fill() -> None:
    """Make the tables with their indexes, without foreign keys to tables that the benchmark does not need."""
    with connection.schema_editor() as editor:
        for model in TABLES:
            editor.create_model(model)
        editor.deferred_sql = [told for told in editor.deferred_sql if "FOREIGN KEY" not in str(told)]
    with connection.cursor() as cursor:
        for statement in (_PRODUCTS, _ORDERS, _STATEMENTS, _HEADERS):
            cursor.execute(statement)
        cursor.execute("VACUUM ANALYZE")


def forget_matches() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE finance_match")
        cursor.execute("UPDATE finance_settlementline SET scope = home WHERE scope <> home")
