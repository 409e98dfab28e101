"""Lists: pages, filters, money, files; and the one shape of refusals."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest

from config.core.api import exact
from config.core.money import Money
from finance.models import IdentityCheck, Match, Settlement, SettlementLine
from inventory.models import Order
from tests import factories, lookalikes
from tests.factories import NOON

pytestmark = pytest.mark.django_db


def orders(account, count):
    return Order.objects.bulk_create(
        Order(
            account=account, external_id=f"O-{n}", status="to_ship", ordered_at=NOON, business_on=NOON.date(),
            changed_at=NOON, fulfilment="merchant", currency="EUR", total=Decimal("12.5"),
        )
        for n in range(count)
    )  # fmt: skip


def table(answer):
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("12.3400", "EUR", "12.34"),
        ("12.3456", "EUR", "12.3456"),
        ("-7", "JPY", "-7"),
        ("1.5", "KWD", "1.500"),
        ("0", "", "0.00"),
    ],
)
def test_it_says_amounts_exactly(amount, currency, text):
    assert exact(Decimal(amount), currency) == text


def test_it_says_an_order_with_its_lines_money_and_moments(program):
    lookalikes.fill("mark")
    order = program("read").get("/api/v1/orders/").json()["results"][0]
    assert order["account"] == "shop"
    assert order["total"] == {"amount": "1.00", "currency": "EUR"}
    assert order["ordered_at"] == "2026-10-02T12:00:00Z"
    (line,) = order["lines"]
    assert (line["quantity"], line["quantity_shipped"], line["quantity_cancelled"], line["quantity_open"]) == (
        3,
        1,
        1,
        1,
    )
    assert line["sku"] == "L-1"


def test_it_says_null_for_what_is_unknown(program):
    order = orders(factories.account("shop"), 1)[0]
    Order.objects.update(total=None)
    assert program("read").get(f"/api/v1/orders/{order.pk}/").json()["total"] is None


def test_it_walks_every_row_once_while_new_rows_arrive(program):
    account = factories.account("shop")
    orders(account, 5)
    robot = program("read")
    page = robot.get("/api/v1/orders/?limit=2").json()
    seen = [row["external_id"] for row in page["results"]]
    Order.objects.create(
        account=account, external_id="NEW", status="to_ship", ordered_at=NOON, business_on=NOON.date(),
        changed_at=NOON, fulfilment="merchant",
    )  # fmt: skip
    while page["next"]:
        page = robot.get(page["next"]).json()
        seen += [row["external_id"] for row in page["results"]]
    assert sorted(set(seen) - {"NEW"}) == [f"O-{n}" for n in range(5)]


def test_it_walks_matches_whose_key_has_two_parts(program):
    rows = lookalikes.fill("mark")
    Match.objects.create(
        settlement_line=rows["finance.SettlementLine"], part=2, layer=6, reason="ledger", amount=Decimal("2.00")
    )
    robot = program("read")
    page = robot.get("/api/v1/matches/?limit=1").json()
    rest = robot.get(page["next"]).json()
    assert [m["part"] for m in page["results"] + rest["results"]] == [1, 2]
    assert [row[1] for row in table(robot.get("/api/v1/matches/?format=csv"))] == ["part", "2", "1"]


def test_it_narrows_a_list_and_refuses_what_it_cannot_filter_by(program):
    orders(factories.account("shop"), 1)
    robot = program("read")
    assert [o["external_id"] for o in robot.get("/api/v1/orders/?account=shop&status=to_ship").json()["results"]] == [
        "O-0"
    ]
    assert robot.get("/api/v1/orders/?sku=NONE").json()["results"] == []
    refused = robot.get("/api/v1/orders/?status=nonsense")
    assert refused.status_code == 400
    assert list(refused.json()["error"]["details"]) == ["status"]


def test_it_needs_few_queries_for_a_page(program, django_assert_max_num_queries):
    orders(factories.account("shop"), 30)
    robot = program("read")
    with django_assert_max_num_queries(10):
        assert len(robot.get("/api/v1/orders/").json()["results"]) == 30


def test_it_gives_a_list_as_a_file_that_runs_no_formula(program):
    account = factories.account("shop", label="=cmd()")
    orders(account, 2)
    Order.objects.update(total=Decimal("-12.5"), status_raw="=1+1")
    robot = program("read")
    header, newest, _ = table(robot.get("/api/v1/orders/?format=csv"))
    row = dict(zip(header, newest, strict=True))
    assert (row["total"], row["total_currency"], row["status_raw"], row["account"]) == (
        "-12.50",
        "EUR",
        "'=1+1",
        "shop",
    )
    assert dict(zip(*table(robot.get("/api/v1/accounts/?format=csv")), strict=True))["label"] == "'=cmd()"


def test_it_gives_all_rows_of_a_long_list_as_one_file(program, monkeypatch):
    orders(factories.account("shop"), 7)
    monkeypatch.setattr("config.core.downloads.SLICE", 3)
    rows = table(program("read").get("/api/v1/orders/?format=csv"))
    assert sorted(row[2] for row in rows[1:]) == [f"O-{n}" for n in range(7)]


def test_it_shows_a_statement_with_its_checks_and_flags(program):
    lookalikes.fill("mark")
    found = program("read").get("/api/v1/settlements/").json()["results"][0]
    assert found["flags"] == ["missing_payment"]
    assert found["total"] == {"amount": "1.00", "currency": "EUR"}
    assert [check["number"] for check in found["checks"]] == list(
        IdentityCheck.objects.values_list("number", flat=True)
    )
    assert Settlement.objects.count() == SettlementLine.objects.count() == 1


def test_it_sums_sales_per_currency_and_never_over_currencies(program):
    lookalikes.fill("mark")
    robot = program("read")
    (group,) = robot.get("/api/v1/sales/?by=account&since=2026-10-01&until=2026-10-02").json()
    money = {"amount": str(Money(Decimal(1), "EUR").rounded().amount), "currency": "EUR"}
    assert group["cells"] == [{"orders": 1, "units": 1, "revenue": money, "unpriced": 1}]
    assert group["days"] == [{"day": "2026-10-02", **money}]
    assert robot.get("/api/v1/sales/?since=2026-10-02&until=2026-10-01").status_code == 400


def test_it_lists_every_job_with_its_last_run(program):
    lookalikes.fill("mark")
    jobs = {job["key"]: job for job in program("read").get("/api/v1/jobs/").json()}
    assert jobs["finance.judge_all"]["every_s"] == 86400
    assert jobs["finance.judge_all"]["last"]["outcome"] == "ok"
    assert jobs["finance.reconcile_open"]["last"] is None


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ("/api/v1/orders/999999/", 404, "not_found"),
        ("/api/v1/orders/99999999999999999999999999/", 404, "not_found"),
        ("/api/v1/orders/?cursor=cD1hYmM%3D", 404, "not_found"),
        ("/api/v1/nothing/", 404, "not_found"),
        ("/api/v1/orders", 404, "not_found"),
        ("/api/v1/orders/?day_after=never", 400, "invalid"),
        ("/api/v1/job-runs/?started_at__lt=1749-08-23T05:51:34-17:39", 400, "parse_error"),
        ("/api/v1/job-runs/?started_at__lt=1749-08-23T05:51:34-17:39&format=csv", 400, "parse_error"),
    ],
)
def test_it_refuses_in_one_shape_and_names_the_request(program, address, status, code):
    answer = program("read").get(address, headers={"x-request-id": "mine-1"})
    assert answer.status_code == status
    error = answer.json()["error"]
    assert (set(error), error["code"]) == ({"code", "message", "details", "request_id"}, code)
    assert error["request_id"] == answer["X-Request-ID"] == "mine-1"
