"""What one touched day of profit costs when little and when ten times as much history stands beneath it.

A day has 1,000 order lines of one account; each is settled by a sale and a commission, and costed in another currency.
Every week has a statement with storage and advertising, which are spread over its days.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from django.db import connection

from bench import servers
from bench.result import Result, seconds
from finance import profit
from finance.fx.models import Rate
from finance.models import (
    AccountMonth,
    Cost,
    ExpectedFee,
    LineProfit,
    Match,
    ProfitDay,
    Settlement,
    SettlementLine,
    VatRate,
)
from inventory.models import Order, OrderLine, Return, Warehouse
from marketplaces.models import Account

PER_DAY, SKUS = 1_000, 500
SHORT, LONG = 28, 280
LAST = date(2026, 9, 27)
GROWTH = 1.3
TABLES = (
    Account, Warehouse, Order, OrderLine, Return, Settlement, SettlementLine, Match, AccountMonth, Cost, ExpectedFee, VatRate,
    LineProfit, ProfitDay,
)  # fmt: skip
_ACCOUNT = """
INSERT INTO marketplaces_account (id, created_at, updated_at, key, marketplace, label, stores, settings, endpoint, status,
    status_reason, status_code, stage)
VALUES (1, now(), now(), 'bench', 'bench', 'Bench', '{}', '{}', '', 'active', '', '', '')
"""
_FACTS = f"""
INSERT INTO finance_vatrate (country, valid_from, rate, is_contained, source) VALUES ('DE', '2007-01-01', 0.19, true, '');
INSERT INTO public.fx_rate (day, currency, per_eur, source, known_at)
SELECT day::date, 'USD', 1.1, 'bench', '2020-01-01'
FROM generate_series('{LAST}'::date - 400, '{LAST}'::date, interval '1 day') AS day;
INSERT INTO finance_cost (sku_id, currency, vendor, valid_from, known_at, is_end, purchase, inbound, insurance, customs,
    other, source, entered_by)
SELECT sku, 'USD', '', '2020-01-01', '2020-01-01', false, 9, 1, 0, 0, 0, '', '' FROM generate_series(1, {SKUS}) AS sku
"""  # noqa: S608 - constant text
_DAYS = f"""
CREATE TEMPORARY TABLE filling AS
SELECT n, '{LAST}'::date - n / {PER_DAY} AS day, n / (7 * {PER_DAY}) + 1 AS week
FROM generate_series(%(first)s, %(last)s - 1) AS n;
INSERT INTO inventory_order (id, account_id, external_id, channel, status, status_raw, ordered_at, business_on, changed_at,
    fulfilment, currency, ship_to_country, is_business, is_premium, replacement_of, extra)
SELECT n, 1, 'O-' || n, '', 'shipped', '', day, day, day, 'merchant', 'EUR', 'DE', false, false, '', '{{}}' FROM filling;
INSERT INTO inventory_orderline (id, order_id, account_id, order_ref, external_id, remote_id, sku_id, title, quantity,
    quantity_shipped, quantity_cancelled, currency, item_total, cancel_requested, changed_at)
SELECT n, n, 1, 'O-' || n, 'L', 'SKU', 1 + n %% {SKUS}, '', 1, 1, 0, 'EUR', 20 + n %% 1000 / 100.0, false, day FROM filling;
INSERT INTO finance_settlementline (id, settlement_id, account_id, row_no, line_class, home, scope, label_type, label_group,
    label_text, amount, currency, order_ref, line_ref, shipment_ref, reference, remote_id, product_ids, quantity, channel,
    is_reversal, source_hash, parser_version)
SELECT 2 * n + row, week, 1, 2 * n + row, CASE row WHEN 0 THEN 'principal' ELSE 'commission' END, 'order', 'order', '', '',
    '', CASE row WHEN 0 THEN 20 + n %% 1000 / 100.0 ELSE -3 END, 'EUR', 'O-' || n, 'L', '', '', '', '[]', 1, '', false, '', 1
FROM filling, generate_series(0, 1) AS row;
INSERT INTO finance_settlementline (id, settlement_id, account_id, row_no, line_class, home, scope, label_type, label_group,
    label_text, amount, currency, order_ref, line_ref, shipment_ref, reference, remote_id, product_ids, channel,
    is_reversal, source_hash, parser_version)
SELECT -2 * week - row, week, 1, 2000000000 + row, CASE row WHEN 0 THEN 'storage' ELSE 'advertising' END, 'account', 'account',
    '', '', '', -999.99, 'EUR', '', '', '', '', '', '[]', '', false, '', 1
FROM (SELECT DISTINCT week FROM filling) AS weeks, generate_series(0, 1) AS row;
INSERT INTO finance_match (settlement_line_id, part, order_line_id, layer, reason, amount)
SELECT 2 * n + row, 1, n, 1, 'line_id', CASE row WHEN 0 THEN 20 + n %% 1000 / 100.0 ELSE -3 END
FROM filling, generate_series(0, 1) AS row;
DROP TABLE filling
"""  # noqa: S608 - constant text


def growth() -> Result:
    """`value` is the time with ten times the history divided by the time with one; the limit is 1.3."""
    servers.prepare()
    _tables()
    _fill(0, SHORT)
    _rebuild_last()
    short = seconds(_rebuild_last, runs=5)
    _fill(SHORT, LONG)
    _rebuild_last()
    long = seconds(_rebuild_last, runs=5)
    everything = seconds(lambda: profit.rebuild(1, [LAST - timedelta(days=n) for n in range(LONG)]), runs=1)
    return Result(
        name="profit_day_growth",
        rows=PER_DAY,
        seconds=long,
        limit_seconds=round(short * GROWTH, 3),
        value=round(long / short, 2),
        instead={"rebuild of all 280 days": everything},
    )


def _rebuild_last() -> None:
    if profit.rebuild(1, [LAST]) != PER_DAY:
        raise AssertionError("the day has another number of lines")


def _tables() -> None:
    """The product's tables with their indexes; foreign keys would ask for tables that the benchmark does not need."""
    with connection.schema_editor() as editor:
        for model in TABLES:
            editor.create_model(model)
        editor.deferred_sql = [told for told in editor.deferred_sql if "FOREIGN KEY" not in str(told)]
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS public.fx_rate")
    connection.set_schema_to_public()
    with connection.schema_editor() as editor:
        editor.create_model(Rate)
    connection.set_schema(servers.SCHEMA)
    with connection.cursor() as cursor:
        for statement in (_ACCOUNT, *_FACTS.split(";\n")):
            cursor.execute(statement)


def _fill(since: int, until: int) -> None:
    """Days counted back from the last one, `since` to `until`, and their weekly statements."""
    Settlement.objects.bulk_create(_statement(week) for week in range(since // 7, until // 7))
    given = {"first": since * PER_DAY, "last": until * PER_DAY}
    with connection.cursor() as cursor:
        for statement in _DAYS.split(";\n"):
            cursor.execute(statement, given)
        cursor.execute("VACUUM ANALYZE")


def _statement(week: int) -> Settlement:
    end = datetime.combine(LAST - timedelta(days=7 * week - 1), time(), UTC)
    return Settlement(
        pk=week + 1, account_id=1, external_id=f"S-{week}", currency="EUR", period_start=end - timedelta(days=7),
        period_end=end, line_count=7 * PER_DAY, imported_at=end,
    )  # fmt: skip
