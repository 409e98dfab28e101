"""What a statement leaves in the tables when it lands, lands again, or lands in pieces."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from config.core.models import WorkItem
from finance import sinks
from finance.filters.statements import DiscrepancyFilter, SettlementFilter, SettlementLineFilter
from finance.models import Discrepancy, FeeQuote, Settlement, SettlementLine
from finance.selectors import statements as selectors
from finance.services import reconcile
from marketplaces.canonical import Fee, FeePart, LineClass
from tests import factories
from tests.finance.conftest import euro, header, line

pytestmark = pytest.mark.django_db


@pytest.fixture
def source(account, noon):
    return factories.source(account, "settlements")


def test_it_keeps_the_marketplaces_own_three_labels(source):
    sinks.settlements([header()], source)
    sinks.settlement_lines([replace(line(1, LineClass.UNKNOWN, "-1"), labels=("One", "Two", "Three"))], source)
    stored = SettlementLine.objects.get()
    assert (stored.label_type, stored.label_group, stored.label_text) == ("One", "Two", "Three")
    assert (stored.home, stored.scope) == ("quarantine", "quarantine")


def test_it_writes_nothing_when_the_same_statement_lands_again(source):
    rows = [line(n, LineClass.STORAGE, f"-{n}") for n in range(1, 4)]
    first = (sinks.settlements([header()], source), sinks.settlement_lines(rows, source))
    again = (sinks.settlements([header()], source), sinks.settlement_lines(rows, source))
    assert [applied.inserted for applied in first] == [1, 3]
    assert [(a.inserted, a.updated, a.unchanged) for a in again] == [(0, 0, 1), (0, 0, 3)]


@pytest.mark.parametrize(("reason", "way"), [("file", "file"), ("schedule", "api")])
def test_it_remembers_whether_a_statement_came_as_a_file(source, account, noon, reason, way):
    run = account.runs.create(resource="settlements", reason=reason, started_at=noon)
    sinks.settlements([header()], replace(source, run_id=run.pk))
    assert Settlement.objects.get().source == way


def test_it_asks_for_one_reconciliation_however_many_batches_land(source):
    sinks.settlements([header()], source)
    for number in range(1, 6):
        sinks.settlement_lines([line(number, LineClass.STORAGE, "-1")], source)
    assert WorkItem.objects.filter(job="finance.reconcile_open", state="ready").count() == 1


def test_it_keeps_lines_whose_header_is_not_known_yet(source):
    sinks.settlement_lines([line(1, LineClass.STORAGE, "-1")], source)
    reconcile.reconcile_open()
    stub = Settlement.objects.get()
    assert (stub.total, stub.residual, stub.state) == (None, None, "imported")
    assert stub.residual_reason == "the statement's header has not been seen; import it"
    sinks.settlements([header(total="-1")], source)
    reconcile.reconcile_open()
    stub.refresh_from_db()
    assert (stub.total, stub.residual, stub.state) == (Decimal("-1"), Decimal("0"), "matched")


def test_it_moves_a_line_to_another_scope_when_its_class_is_learned(source):
    sinks.settlements([header(total="-5")], source)
    sinks.settlement_lines([line(1, LineClass.UNKNOWN, "-5")], source)
    reconcile.reconcile_open()
    assert Discrepancy.objects.get().state == "open"
    sinks.settlement_lines([line(1, LineClass.STORAGE, "-5")], source)
    reconcile.reconcile_open()
    assert SettlementLine.objects.get().scope == "account"
    assert (Settlement.objects.get().state, Discrepancy.objects.get().state) == ("matched", "resolved")


def test_it_quarantines_a_line_in_another_currency(source):
    sinks.settlements([header(currency="USD")], source)
    sinks.settlement_lines([line(1, LineClass.STORAGE, "-5")], source)
    assert SettlementLine.objects.get().scope == "quarantine"


def fee(at, total: str) -> Fee:
    parts = (
        FeePart(line_class=LineClass.COMMISSION, label="Commission", amount=euro(total)),
        FeePart(line_class=LineClass.CLOSING, label="Fixed", amount=euro("-1")),
    )
    return Fee(external_id="MUG", sku="MUG", channel="AA", price=euro("20"), parts=parts, quoted_at=at)


def test_it_keeps_the_newest_fee_quote(source, noon, account):
    sinks.fees([fee(noon, "-3.00")], source)
    sinks.fees([fee(noon - timedelta(days=1), "-9.00")], source)
    quote = selectors.fee_quotes(account=account.pk, remote_ids=["MUG"]).get()
    assert (quote.total, FeeQuote.objects.count()) == (Decimal("-4.00"), 1)
    assert [part["amount"] for part in quote.parts] == ["-3.00", "-1"]


def test_it_filters_statements_lines_and_discrepancies(source):
    sinks.settlements([header("S-1", "-5"), header("S-2", "7", channel="AA")], source)
    sinks.settlement_lines([line(1, LineClass.UNKNOWN, "-5"), line(1, LineClass.RESERVE_OUT, "7", "S-2")], source)
    reconcile.reconcile_open()

    def names(**asked: Any) -> list[str]:
        return [s.external_id for s in SettlementFilter(asked, selectors.statements()).qs.order_by("external_id")]

    assert names() == ["S-1", "S-2"]
    assert names(flag="unknown_label") == ["S-1"]
    assert names(state=["matched"], account="shop") == ["S-2"]
    assert names(total_min="0", total_max="7") == ["S-2"]
    assert names(q="S-1") == ["S-1"]
    assert [s.flags for s in selectors.statements_not_tied()] == [["unknown_label"]]
    lines = SettlementLineFilter({"scope": ["reserve"]}, SettlementLine.objects.all()).qs
    assert [row.amount for row in lines] == [Decimal("7")]
    assert DiscrepancyFilter({"severity": ["S1"], "account": "shop"}, selectors.open_discrepancies()).qs.count() == 1


def test_it_reports_statements_in_plain_text(source):
    sinks.settlements([header("S-1", "-5.1234"), header("S-2", "7")], source)
    sinks.settlement_lines([line(1, LineClass.RESERVE_OUT, "7", "S-2")], source)
    reconcile.reconcile_open()
    told = {row["id"]: row for row in selectors.statement_status()}
    assert told["S-2"] == {
        "account": "shop", "id": "S-2", "currency": "EUR", "state": "matched", "total": "7.00", "residual": "0.00",
        "flags": [],
    }  # fmt: skip
    assert (told["S-1"]["total"], told["S-1"]["residual"]) == ("-5.1234", None)
