"""The work list of finance, and the screens beside it: order lines, variance, reserves, write-offs, matches by hand."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from finance.models import Discrepancy, OrderLineMoney, Settlement, SettlementLine, WriteOff
from finance.services import claims, write_offs
from inventory.models import OrderLine
from tests.factories import NOON
from tests.screens.desk.conftest import said

pytestmark = pytest.mark.django_db


@pytest.fixture
def owed(shop):
    """Differences of three currencies, most of them small."""

    def made(amount: str | None, currency: str, key: str) -> Discrepancy:
        return Discrepancy.objects.create(
            account=shop, kind="short_paid", key=key, order_ref=key, amount=amount and Decimal(amount), currency=currency,
            severity="S2", first_seen_at=NOON, last_seen_at=NOON,
        )  # fmt: skip

    return made


@pytest.fixture
def statement(shop):
    def made(external_id: str, **changes) -> Settlement:
        number = int(external_id[-1])
        start = NOON - timedelta(days=60 - number * 14)
        values = {
            "currency": "EUR", "period_start": start, "period_end": start + timedelta(days=14), "total": Decimal(100),
            "residual": Decimal(0), "state": "matched", "imported_at": NOON, "line_count": 2,
        }  # fmt: skip
        return Settlement.objects.create(account=shop, external_id=external_id, **{**values, **changes})

    return made


def row_of(statement: Settlement, row_no: int, line_class: str, amount: str, scope: str) -> SettlementLine:
    return SettlementLine.objects.create(
        settlement=statement, account=statement.account, row_no=row_no, line_class=line_class, home=scope, scope=scope,
        amount=Decimal(amount), currency=statement.currency, label_text=line_class, source_hash=f"{row_no}", parser_version=1,
    )  # fmt: skip


def tiles(answer) -> dict[str, tuple[int, list[str], int]]:
    return {name: (w.count, [str(each) for each in w.sums], w.unknown) for name, _, w in answer.context["tabs"]}


def column(answer, number: int) -> list[str]:
    return [str(row["cells"][number]["value"]) for row in answer.context["rows"]]


def test_it_puts_the_most_money_first_whatever_its_currency(owner, owed, rate, budget):
    rate("TRY", "50"), rate("GBP", "0.80")
    for amount, currency in (("900", "TRY"), ("-40", "GBP"), ("30", "EUR"), (None, "EUR"), ("20", "XAU")):
        owed(amount, currency, f"O-{amount}-{currency}")
    owner.get("/money/")
    with budget("worklist"):
        answer = owner.get("/money/")
    assert column(answer, 1) == ["O--40-GBP", "O-30-EUR", "O-900-TRY", "O-None-EUR", "O-20-XAU"]
    assert tiles(answer)["discrepancies"] == (5, ["30.00 EUR", "40.00 GBP", "900.00 TRY", "20.00 XAU"], 1)


def test_it_counts_and_shows_what_waits_of_every_kind(owner, shop, owed, statement):
    whole = statement("S-1", deposit_on=NOON.date())
    statement("S-2", residual=Decimal("-3"), state="inconsistent", deposit_on=(NOON - timedelta(days=20)).date())
    statement("S-3", payout_state="returned", payout_reason="account closed")
    row_of(whole, 1, "unknown", "-4.50", "quarantine")
    row_of(whole, 2, "principal", "9.00", "order")
    claims.open_for(owed("7", "EUR", "O-1"), by="ann")
    WriteOff.objects.create(
        discrepancy=owed("300", "EUR", "O-2"), reason="not worth it", amount=300, currency="EUR", proposed_by="ann",
        proposed_at=NOON,
    )  # fmt: skip
    found = tiles(owner.get("/money/"))
    assert found == {
        "discrepancies": (2, ["307.00 EUR"], 0), "unmatched": (1, ["4.50 EUR"], 0),
        "statements": (1, ["3.00 EUR"], 0), "payouts": (2, ["200.00 EUR"], 0), "claims": (1, ["7.00 EUR"], 0),
        "write-offs": (1, ["300.00 EUR"], 0), "matches": (0, [], 0), "rates": (0, [], 0), "costs": (0, [], 0),
    }  # fmt: skip
    shown = {name: owner.get(f"/money/work/{name}/") for name in found}
    assert {name: len(answer.context["rows"]) for name, answer in shown.items()} == {n: f[0] for n, f in found.items()}
    assert column(shown["payouts"], 0) == ["S-2", "S-3"] or column(shown["payouts"], 0) == ["S-3", "S-2"]
    assert column(shown["unmatched"], 0) == ["S-1"]
    assert owner.get("/money/work/unmatched/?format=csv").status_code == 200
    assert owner.get("/money/work/nonsense/").status_code == 404


def test_it_lists_write_offs_by_state(owner, owed):
    mine = write_offs.propose(owed("300", "EUR", "O-1"), by="ann", reason="closed shop")
    write_offs.approve(mine, by="bob")
    write_offs.propose(owed("400", "EUR", "O-2"), by="ann", reason="too old")
    assert column(owner.get("/money/write-offs/?state=approved"), 7) == ["bob"]
    assert column(owner.get("/money/write-offs/?state=proposed"), 1) == ["O-2"]


def test_it_filters_order_lines_by_the_state_of_their_money_and_tells_the_variance(owner, shop, sell, budget):
    sell("O-1"), sell("O-2")
    for line, (settled, state) in zip(
        OrderLine.objects.order_by("order_ref"), (("20.00", "settled"), ("19.85", "settled_with_variance")), strict=True
    ):
        OrderLineMoney.objects.update_or_create(order_line=line, defaults={
            "account": shop, "ordered_on": NOON.date(), "currency": "EUR", "expected": Decimal("20.00"),
            "settled": Decimal(settled), "variance": Decimal(settled) - 20, "state": state, "basis": state,
            "line_changed_at": line.changed_at, "rebuilt_at": NOON,
        })  # fmt: skip
    address = "/money/orders/?state=settled_with_variance"
    owner.get(address)
    with budget("order_money"):
        answer = owner.get(address)
    assert [str(cell["value"]) for cell in answer.context["rows"][0]["cells"]][3:6] == [
        "20.00 EUR",
        "19.85 EUR",
        "-0.15 EUR",
    ]
    assert len(answer.context["rows"]) == 1
    owner.get("/money/variance/")
    with budget("variance"):
        page = owner.get("/money/variance/")
    ((row, link),) = page.context["rows"]
    assert (row.size, row.expected, row.percent, row.band) == (Decimal("0.15"), 40, Decimal("0.375"), "watch")
    assert link == "/money/orders/?account=shop&currency=EUR&state=settled_with_variance"
    assert "0.38%" in page.content.decode()


def test_it_rolls_the_reserve_forward_per_account(owner, shop, statement, budget):
    told = [("S-1", None, "-80"), ("S-2", "80", "-50"), ("S-3", "30", "-10")]
    for name, released, held in told:
        of = statement(name)
        if released:
            row_of(of, 1, "reserve_out", released, "reserve")
        row_of(of, 2, "reserve_in", held, "reserve")
    owner.get("/money/reserves/")
    with budget("reserves"):
        answer = owner.get("/money/reserves/?account=shop")
    ((latest, rows),) = answer.context["series"]
    assert [(r.statement, r.opening, r.released, r.held, r.closing, r.differs_by) for r in rows] == [
        ("S-3", 50, 30, 10, 30, 20), ("S-2", 80, 80, 50, 50, 0), ("S-1", 0, 0, 80, 80, 0),
    ]  # fmt: skip
    assert (latest.statement, latest.held) == ("S-3", 10)
    assert owner.get("/money/reserves/?account=nobody").status_code == 404
    assert b"".join(owner.get("/money/reserves/?format=csv").streaming_content).count(b"\n") == 4


def test_it_says_at_which_rate_a_payout_becomes_another_currency(owner, statement):
    held = statement("S-1", state="announced", line_count=0)
    address = f"/money/statements/{held.pk}/"
    given = {"action": "exchange", "currency": "gbp", "rate": "0.875", "fee": "1.20"}
    assert said(owner.post(address, given, follow=True)) == ["The bank receives GBP at 0.875; checked again"]
    held.refresh_from_db()
    assert (held.payout_currency, held.payout_rate, held.payout_fee) == ("GBP", Decimal("0.875"), Decimal("1.20"))
    assert "a rate is positive" in said(owner.post(address, {**given, "rate": "-1"}, follow=True))[0]
    assert said(owner.post(address, {"action": "exchange", "rate": ""}, follow=True)) == ["The bank receives EUR"]


def test_it_tells_programs_the_same(owner, shop, owed, statement):
    owed("7", "EUR", "O-1")
    row_of(statement("S-1"), 1, "reserve_in", "-80", "reserve")
    work = {row["key"]: row for row in owner.get("/api/v1/reconciliation-work/").json()}
    assert (work["discrepancies"]["count"], work["discrepancies"]["sums"]) == (
        1, [{"amount": {"amount": "7.00", "currency": "EUR"}}],
    )  # fmt: skip
    (reserve,) = owner.get("/api/v1/reserves/?account=shop").json()
    assert (reserve["statement"], reserve["held"]["amount"], reserve["differs_by"]["amount"]) == (
        "S-1",
        "80.00",
        "0.00",
    )
    held = Settlement.objects.get()
    answer = owner.post(
        f"/api/v1/settlements/{held.pk}/exchange/", {"currency": "GBP", "rate": "0.875"}, content_type="application/json",
        headers={"Idempotency-Key": "exchange-1"},
    )  # fmt: skip
    assert (answer.status_code, answer.json()["payout_rate"]) == (200, "0.875000000000")
