"""Matching a million statement lines, beside the bare join that only finds the order lines and keeps nothing in order."""

from __future__ import annotations

from collections import defaultdict

from django.db import connection

from bench import bare, statements
from bench.result import Result, seconds
from finance import matches
from finance.models import SettlementLine
from inventory.models import OrderLine

ASKED = 2_000
PER_STATEMENT = list(range(1, statements.STATEMENTS + 1))


def run() -> Result:
    """`value` is the number of lines matched to an order line, equal for the bare join and for ours."""
    statements.fill()
    limit = bare.seconds()
    ours = seconds(lambda: matches.rebuild(PER_STATEMENT), before=statements.forget_matches)
    found = _count("SELECT count(order_line_id) FROM finance_match")
    if found != _count("SELECT count(order_line_id) FROM bench_bare"):
        raise AssertionError("ours and the bare join match another number of lines")
    return Result(
        name="match_settlement_lines",
        rows=statements.LINES,
        seconds=ours,
        limit_seconds=limit,
        value=float(found),
        instead={
            "dictionaries in Python": seconds(_dictionaries, runs=1),
            "one ORM query per line (scaled)": seconds(_one_by_one, runs=1) * statements.LINES / ASKED,
        },
    )


def _count(query: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return int(cursor.fetchone()[0])


def _dictionaries() -> None:
    """Everything into memory, three look-ups per line, and the result back by COPY."""
    exact, by_sku, by_amount = {}, defaultdict(list), defaultdict(list)
    items = OrderLine.objects.values_list("id", "account_id", "order_ref", "external_id", "remote_id", "item_total")
    for pk, account, order, ref, sku, total in items.iterator():
        exact[account, order, ref] = pk
        by_sku[account, order, sku].append(pk)
        by_amount[account, order, total].append(pk)
    names = ("id", "account_id", "order_ref", "line_ref", "remote_id", "amount")
    lines = list(SettlementLine.objects.values_list(*names).iterator())
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE bench_looked_up (id bigint, order_line_id bigint, amount numeric)")
        with cursor.copy("COPY bench_looked_up FROM STDIN") as copy:
            for pk, account, order, ref, sku, amount in lines:
                candidates = by_sku.get((account, order, sku)) or by_amount.get((account, order, amount)) or []
                found = exact.get((account, order, ref)) or (candidates[0] if len(candidates) == 1 else None)
                copy.write_row((pk, found, amount))


def _one_by_one() -> None:
    for line in SettlementLine.objects.order_by("id")[:ASKED]:
        mine = OrderLine.objects.filter(account_id=line.account_id, order_ref=line.order_ref)
        if mine.filter(external_id=line.line_ref).first() is None:
            mine.filter(remote_id=line.remote_id).first()
