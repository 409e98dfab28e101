"""Which order lines some statements speak of, what all statements say of each in sum, and row by row where it is odd.

Three temporary tables of one transaction: `touched` has a row per order line and currency with its sums, `odd` those that
a finding about rows could concern, `told` all rows of these. An order line that is not odd has no row charged twice, no
refund, no tax kept by the marketplace, no variance, and each of its fees as expected: nothing is to be found.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from config.core import tenancy
from finance.classes import ORDER_FEES, REFUNDS, SALE
from finance.findings.fees import JUDGED
from marketplaces.canonical import LineClass

RECOVERS = ("reimbursement", "claim")
_SALE, PRINCIPAL, _REFUND, _CHARGEBACK, _RECOVERS, _WITHHELD, _UNEXPECTED, DOUBTFUL, OPEN = (
    1 << place for place in range(9)
)
_FEES_FROM = 9
_MASKS = ((_SALE, SALE), (PRINCIPAL, ("principal",)), (_REFUND, REFUNDS), (_CHARGEBACK, ("chargeback",)),
          (_RECOVERS, RECOVERS), (_WITHHELD, ("tax_withheld",)))  # fmt: skip
_FEES = tuple(dict.fromkeys((*ORDER_FEES, *JUDGED)))
_ODD_FLAGS = _REFUND | _WITHHELD | _UNEXPECTED


def _of(mask: int, expression: str, aggregate: str = "sum") -> str:
    return f"{aggregate}({expression}) FILTER (WHERE flags & {mask} <> 0)"


_MEASURES = {
    "total": ("sum(amount)", "sum"),
    "settled": (_of(_SALE, "amount"), "sum"),
    "units": (_of(PRINCIPAL, "abs(quantity)"), "sum"),
    "refunded": (_of(_REFUND, "amount"), "sum"),
    "charged_back": (_of(_CHARGEBACK, "amount"), "sum"),
    "recovered": (_of(_RECOVERS, "amount"), "sum"),
    "settlement_id": (_of(PRINCIPAL, "settlement_id", "max"), "max"),
    "flags": ("bit_or(flags)", "bit_or"),
    "fees": (f"sum(flags >> {_FEES_FROM})", "sum"),
    "first_statement": ("min(settlement_id)", "min"),
    "last_statement": ("max(settlement_id)", "max"),
}
"""Per column: the sum over rows, and how two such sums make one. A fee charged once has its flag once in `fees`."""


def _kinds() -> str:
    """A table of every class: its flags for what it is, one of them its own if it is a fee; and its name if it is a fee."""
    flags = {name: 1 << _FEES_FROM + place for place, name in enumerate(_FEES)}
    for mask, classes in _MASKS:
        flags |= {name: flags.get(name, 0) | mask for name in classes}
    fees = {name: f"'{name}'" for name in _FEES}
    rows = [f"('{name}', {flags.get(name, 0)}, {fees.get(name, 'NULL')})" for name in LineClass]
    return f"(VALUES {', '.join(rows)}) AS kind(line_class, flags, fee)"


_SUMS = f"""
SELECT order_line_id, currency, {", ".join(f"{told} AS {name}" for name, (told, _) in _MEASURES.items())}
FROM (
    SELECT found.order_line_id, line.currency, found.amount, line.quantity, line.settlement_id, kind.flags
        | CASE WHEN s.state IN ('locked', 'reissued') THEN 0 ELSE {OPEN} END
        | CASE WHEN s.state = 'inconsistent' AND kind.flags & {_SALE} <> 0 THEN {DOUBTFUL} ELSE 0 END
        | CASE WHEN kind.fee IS NOT NULL AND found.amount < 0 AND CASE WHEN expected.id IS NULL
            THEN s.account_id = ANY(%(complete)s) ELSE expected.amount <> found.amount END THEN {_UNEXPECTED} ELSE 0 END AS flags
    FROM {{rows}}
    JOIN finance_settlement s ON s.id = line.settlement_id
    JOIN {_kinds()} ON kind.line_class = line.line_class
    LEFT JOIN finance_expectedfee expected ON expected.order_line_id = found.order_line_id AND expected.line_class = kind.fee
    WHERE {{which}} ORDER BY 1, 2
) AS row GROUP BY 1, 2
"""  # noqa: S608 - constant text
_OWN = _SUMS.format(
    rows="finance_settlementline line JOIN finance_match found ON found.settlement_line_id = line.id",
    which="line.settlement_id = ANY(%(ids)s) AND found.order_line_id IS NOT NULL",
)
_NAMING_ORDER = """{touched} JOIN inventory_orderline item ON item.id = {touched}.order_line_id
    JOIN finance_settlementline line ON line.account_id = item.account_id AND line.order_ref = item.order_ref
        AND line.order_ref <> ''
    JOIN finance_match found ON found.settlement_line_id = line.id AND found.order_line_id = item.id"""
_CHAINED = """{touched} JOIN inventory_orderline item ON item.id = {touched}.order_line_id
    JOIN finance_match found ON found.order_line_id = item.id AND found.layer IN (4, 8)
    JOIN finance_settlementline line ON line.id = found.settlement_line_id AND line.order_ref <> item.order_ref"""
_CREATE = f"CREATE TEMPORARY TABLE touched ON COMMIT DROP AS {_OWN}"
_ADD_LINES = """
INSERT INTO touched (order_line_id, currency) SELECT id, currency FROM inventory_orderline WHERE id = ANY(%(lines)s)
"""
_ADD_OTHERS = "INSERT INTO touched " + " UNION ALL ".join(
    f"({_SUMS.format(rows=rows.format(touched='touched'), which='s.id <> ALL(%(ids)s) AND touched.currency = item.currency')})"
    for rows in (_NAMING_ORDER, _CHAINED)
)
_HAS_OTHERS = """
SELECT EXISTS (SELECT FROM finance_settlement WHERE id <> ALL(%(ids)s)
    AND account_id IN (SELECT account_id FROM finance_settlement WHERE id = ANY(%(ids)s)))
"""
_JOIN = f"""
WITH apart AS (
    DELETE FROM touched WHERE order_line_id IN (SELECT order_line_id FROM touched GROUP BY 1 HAVING count(*) > 1)
    RETURNING *
)
INSERT INTO touched SELECT order_line_id, currency, {", ".join(f"{join}({name})" for name, (_, join) in _MEASURES.items())}
FROM apart GROUP BY 1, 2
"""  # noqa: S608 - constant text
_ODD = f"""
CREATE TEMPORARY TABLE odd ON COMMIT DROP AS
SELECT order_line_id FROM touched
WHERE fees <> flags >> {_FEES_FROM} OR first_statement <> last_statement OR flags & {_ODD_FLAGS} <> 0
UNION
SELECT order_line_id FROM touched JOIN finance_orderlinemoney money USING (order_line_id)
WHERE abs(money.variance) >= 0.01 OR money.currency <> touched.currency
"""  # noqa: S608 - constant text
_COLUMNS = """line.id, line.settlement_id, line.account_id, line.row_no, line.line_class, line.label_type,
    line.label_group, line.label_text, found.amount, line.currency, line.posted_at, line.order_ref, line.shipment_ref,
    line.quantity, line.is_reversal, found.order_line_id, found.layer"""
_TOLD = f"""
CREATE TEMPORARY TABLE told ON COMMIT DROP AS
SELECT {_COLUMNS} FROM {_NAMING_ORDER.format(touched="odd")}
UNION ALL SELECT {_COLUMNS} FROM {_CHAINED.format(touched="odd")}
"""  # noqa: S608 - constant text
_ANALYZE = "ANALYZE touched (order_line_id, currency)"
"""Without it, the planner takes joins with `touched` for one row and loops."""
_ACCOUNTS = """
SELECT account_id FROM finance_settlement WHERE id = ANY(%(ids)s)
UNION SELECT account_id FROM inventory_orderline WHERE id = ANY(%(lines)s) ORDER BY 1
"""
_COMPLETE = """
SELECT DISTINCT account_id FROM finance_feerule WHERE line_class = '' AND NOT is_end AND withdrawn_at IS NULL
"""


def begin(cursor: Any, *, settlement_ids: Sequence[int] = (), order_line_ids: Sequence[int] = ()) -> list[int]:
    """Make `touched` for the order lines of these statements, or for these order lines, when it is their accounts' turn.

    Gives these accounts.
    """
    end(cursor)
    cursor.execute("SET LOCAL work_mem = '128MB'")
    given = {"ids": list(settlement_ids), "lines": list(order_line_ids)}
    accounts = _told(cursor, _ACCOUNTS, given)
    for account_id in accounts:
        tenancy.take_turn("order_money", account_id)
    given["complete"] = _told(cursor, _COMPLETE)
    cursor.execute(_CREATE, given)
    if order_line_ids:
        cursor.execute(_ADD_LINES, given)
    cursor.execute(_ANALYZE)
    if not order_line_ids:
        cursor.execute(_HAS_OTHERS, given)
        if not cursor.fetchone()[0]:
            return accounts
    cursor.execute(_ADD_OTHERS, given)
    if cursor.rowcount:
        cursor.execute(_JOIN)
        cursor.execute(_ANALYZE)
    return accounts


def _told(cursor: Any, query: str, given: dict[str, list[int]] | None = None) -> list[int]:
    cursor.execute(query, given)
    return [pk for (pk,) in cursor.fetchall()]


def tell(cursor: Any) -> None:
    """Make `odd` and `told`, once the money of the touched lines stands."""
    cursor.execute(_ODD)
    cursor.execute("ANALYZE odd")
    cursor.execute(_TOLD)
    cursor.execute("ANALYZE told")


def end(cursor: Any) -> None:
    """Drop the tables before the transaction ends."""
    cursor.execute("DROP TABLE IF EXISTS touched, odd, told")
