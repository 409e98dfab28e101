"""Statements, their lines and fee quotes into tables, as sets."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import F

from catalog.services.remote import ids_as_json, remote_id
from config.core.bulk import Landed, Table, land
from config.core.events import announce
from config.core.work import later
from finance import reissues
from finance.classes import Scope, scope_of
from finance.models import PayoutState, SettlementSource, SettlementState
from finance.models import Settlement as SettlementRow
from finance.models import SettlementLine as LineRow
from finance.services import profit
from finance.signals import statements_applied
from marketplaces.canonical import Fee, Order, Settlement, SettlementLine
from marketplaces.services import gaps
from marketplaces.sinks import Applied, Source

PARSER_VERSION = 1
_HEADERS = (
    "account_id", "external_id", "channel", "kind", "currency", "period_start", "period_end", "deposit_on", "total",
    "changed_at",
)  # fmt: skip
_LINES = Table(
    name="finance_settlementline",
    columns=(
        "settlement_id", "row_no", "account_id", "line_class", "home", "scope", "label_type", "label_group",
        "label_text", "amount", "currency", "posted_at", "order_ref", "line_ref", "shipment_ref", "reference",
        "remote_id", "product_ids", "quantity", "channel", "is_reversal", "source_hash", "parser_version",
    ),
    key=("settlement_id", "row_no"),
    update=(
        "line_class", "home", "label_type", "label_group", "label_text", "amount", "currency", "posted_at",
        "order_ref", "line_ref", "shipment_ref", "reference", "remote_id", "product_ids", "quantity", "channel",
        "is_reversal", "source_hash", "parser_version",
    ),
    newer=None,
)  # fmt: skip
_WAITING = Table(
    name="finance_revisionline",
    columns=(
        "revision_id", "row_no", "line_class", "label_type", "label_group", "label_text", "amount", "currency",
        "order_ref", "line_ref", "source_hash",
    ),
    key=("revision_id", "row_no"),
    newer=None,
)  # fmt: skip
_FEES = Table(
    name="finance_feequote",
    columns=(
        "account_id", "channel", "external_id", "remote_id", "price", "total", "currency", "parts", "includes_vat",
        "quoted_at",
    ),
    key=("account_id", "channel", "external_id"),
    newer="quoted_at",
)  # fmt: skip
_FORGET_LINES = (
    "DELETE FROM finance_match USING finance_settlementline line"
    " WHERE line.id = finance_match.settlement_line_id AND line.settlement_id = ANY(%s)",
    "UPDATE finance_discrepancy SET settlement_line_id = NULL"
    " WHERE settlement_id = ANY(%s) AND settlement_line_id IS NOT NULL",
    "DELETE FROM finance_settlementline WHERE settlement_id = ANY(%s)",
)
_UNKNOWN_ORDERS = """
SELECT ref FROM unnest(%s::text[]) AS ref
WHERE NOT EXISTS (SELECT FROM inventory_order o WHERE o.account_id = %s AND o.external_id = ref)
"""


def settlements(rows: Sequence[Settlement], source: Source) -> Applied:
    """Upsert headers; one that changed is matched and checked again. One whose month is locked stays as it is."""
    table = Table(
        name="finance_settlement", columns=_HEADERS, key=("account_id", "external_id"),
        on_insert={
            "state": SettlementState.ANNOUNCED, "chain": "", "residual_reason": "", "source": _way(source), "line_count": 0,
            "imported_at": source.at, "page_id": None, "payout_state": PayoutState.ANNOUNCED, "payout_reason": "",
            "payout_currency": "", "approved_by": "", "approval_note": "",
        },
        on_update={"state": SettlementState.IMPORTED, "approved_by": "", "approved_at": None},
    )  # fmt: skip
    shut = reissues.locked(source.account.pk, (row.external_id for row in rows))
    landed = land(table, (_header(row, source) for row in rows if row.external_id not in shut))
    _tell(landed.changed_ids)
    return _applied(landed)


def _header(row: Settlement, source: Source) -> tuple[Any, ...]:
    return (
        source.account.pk, row.external_id, row.channel, row.kind, row.currency, row.period_start, row.period_end,
        row.deposit_on, row.total.amount, row.changed_at,
    )  # fmt: skip


def _way(source: Source) -> str:
    if source.run_id is None:
        return SettlementSource.API
    is_file = source.account.runs.filter(pk=source.run_id, reason=SettlementSource.FILE).exists()
    return SettlementSource.FILE if is_file else SettlementSource.API


def settlement_lines(rows: Sequence[SettlementLine], source: Source) -> Applied:
    """Upsert lines by statement and row number, each in the scope of its class; unknown orders are reported.

    Lines that come from another page than those stored replace them: the statement was issued again. Those of a locked
    statement wait beside it.
    """
    shut = reissues.locked(source.account.pk, (row.settlement_id for row in rows))
    _let_wait([row for row in rows if row.settlement_id in shut], shut, source)
    rows = [row for row in rows if row.settlement_id not in shut] if shut else rows
    parents = _parents(rows, source)
    _replace_reissued(parents.values(), source)
    landed = land(_LINES, _line_values(rows, parents, source.account.pk))
    if landed.updated_ids:
        LineRow.objects.filter(pk__in=landed.updated_ids).exclude(home=Scope.ORDER).update(scope=F("home"))
    if landed.changed_ids:
        ids = [parent.id for parent in parents.values()]
        SettlementRow.objects.filter(pk__in=ids).update(
            state=SettlementState.IMPORTED, imported_at=source.at, approved_by="", approved_at=None
        )
        _tell(ids)
    _report_unknown_orders(rows, source)
    return _applied(landed)


@dataclass(frozen=True, slots=True)
class _Parent:
    id: int
    currency: str
    page_id: int | None


def _parents(rows: Iterable[SettlementLine], source: Source) -> dict[str, _Parent]:
    """Statements of the lines by external id; one that has no header yet is made without a total."""
    currencies = {row.settlement_id: row.amount.currency for row in rows}
    mine = SettlementRow.objects.filter(account=source.account, external_id__in=currencies)
    known = set(mine.values_list("external_id", flat=True))
    SettlementRow.objects.bulk_create(
        [
            SettlementRow(
                account=source.account, external_id=name, currency=currency, source=_way(source), imported_at=source.at
            )
            for name, currency in currencies.items()
            if name not in known
        ]
    )
    found = mine.values_list("external_id", "id", "currency", "page_id")
    return {name: _Parent(pk, currency, page_id) for name, pk, currency, page_id in found}


def _replace_reissued(parents: Iterable[_Parent], source: Source) -> None:
    if source.page_id is None:
        return
    moved = [parent for parent in parents if parent.page_id != source.page_id]
    reissued = [parent.id for parent in moved if parent.page_id is not None]
    for pk in reissued:
        reissues.begin(pk, page_id=source.page_id, at=source.at)
    if reissued:
        profit.touched_by_statements(reissued)
        with connection.cursor() as cursor:
            for statement in _FORGET_LINES:
                cursor.execute(statement, [reissued])
    SettlementRow.objects.filter(pk__in=[parent.id for parent in moved]).update(page_id=source.page_id)


def _let_wait(rows: Sequence[SettlementLine], shut: dict[str, int], source: Source) -> None:
    """Keep the lines of a newer issue beside a locked statement; its own stay as they are."""
    if source.page_id is None or not rows:
        return
    pages = dict(SettlementRow.objects.filter(pk__in=shut.values()).values_list("external_id", "page_id"))
    values = []
    for name in {row.settlement_id for row in rows if pages[row.settlement_id] != source.page_id}:
        revision = reissues.begin(shut[name], page_id=source.page_id, at=source.at, is_waiting=True)
        parent = _Parent(shut[name], revision.settlement.currency, None)
        mine = [row for row in rows if row.settlement_id == name]
        values += [(revision.pk, *_shown(line)) for line in _line_values(mine, {name: parent}, source.account.pk)]
    if values:
        land(_WAITING, values)
        later("finance.reconcile_open", dedupe="finance.reconcile_open:applied")


def _shown(line: tuple[Any, ...]) -> tuple[Any, ...]:
    told = dict(zip(_LINES.columns, line, strict=True))
    return tuple(told[name] for name in _WAITING.columns[1:])


def _line_values(
    rows: Iterable[SettlementLine], parents: dict[str, _Parent], account_id: int
) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        parent = parents[row.settlement_id]
        scope = _scope(row, parent)
        kind, group, text = row.labels
        values = (
            row.line_class, scope, scope, kind[:120], group[:200], text[:300], row.amount.amount, row.amount.currency,
            row.posted_at, row.order_id[:120], row.line_id[:120], row.shipment_id[:120], row.reference[:160],
            remote_id(row.sku, row.product_ids)[:160], ids_as_json(row.product_ids), row.quantity, row.channel[:20],
            row.is_reversal,
        )  # fmt: skip
        told = hashlib.blake2b(repr(values).encode("utf-8", "replace"), digest_size=16).hexdigest()
        yield (parent.id, row.row_no, account_id, *values, told, PARSER_VERSION)


def _scope(row: SettlementLine, parent: _Parent) -> Scope:
    return scope_of(
        row.line_class,
        has_order=bool(row.order_id),
        has_shipment=bool(row.shipment_id),
        is_same_currency=row.amount.currency == parent.currency,
    )


def _report_unknown_orders(rows: Iterable[SettlementLine], source: Source) -> None:
    refs = sorted({row.order_id for row in rows if row.order_id and _is_about_order(row)})
    if not refs:
        return
    with connection.cursor() as cursor:
        cursor.execute(_UNKNOWN_ORDERS, [refs, source.account.pk])
        unknown = [ref for (ref,) in cursor.fetchall()]
    if unknown:
        gaps.report_missing(source.account, "orders", unknown, revealed_by=source.resource)


def _is_about_order(row: SettlementLine) -> bool:
    return scope_of(row.line_class, has_order=True, has_shipment=False) is Scope.ORDER


def orders(rows: Sequence[Order], source: Source) -> Applied:
    """Have the fees of these orders' lines reckoned; the lines themselves are landed elsewhere, before."""
    told = sorted({row.external_id for row in rows if row.lines})
    if told:
        later("finance.expect_fees_of_orders", account_id=source.account.pk, orders=told)
    return Applied(unchanged=len(rows))


def fees(rows: Sequence[Fee], source: Source) -> Applied:
    """Keep the latest quote per listing, and have the lines reckoned that it may be about."""
    landed = land(_FEES, (_fee(row, source) for row in rows))
    if landed.changed_ids:
        later("finance.expect_quoted_fees", account_id=source.account.pk, quotes=sorted(landed.changed_ids))
    return _applied(landed)


def _fee(row: Fee, source: Source) -> tuple[Any, ...]:
    parts = [
        {"line_class": str(part.line_class), "label": part.label, "amount": str(part.amount.amount)}
        for part in row.parts
    ]
    total = sum((part.amount.amount for part in row.parts), Decimal(0))
    return (
        source.account.pk, row.channel, row.external_id, remote_id(row.sku, row.product_ids), row.price.amount, total,
        row.price.currency, parts, row.includes_vat, row.quoted_at or source.at,
    )  # fmt: skip


def _tell(ids: Sequence[int]) -> None:
    if ids:
        announce(statements_applied, ids=list(ids))
        later("finance.reconcile_open", dedupe="finance.reconcile_open:applied")


def _applied(landed: Landed) -> Applied:
    return Applied(tuple(landed.changed_ids), len(landed.inserted_ids), len(landed.updated_ids), landed.unchanged)
