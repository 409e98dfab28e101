"""Fee schedules over the API: agree, end, withdraw; expected fees and who says so."""

from datetime import date
from decimal import Decimal

import pytest

from finance.models import FeeRule
from finance.services import fees
from inventory import sinks
from inventory.models import OrderLine
from tests import factories
from tests.api.test_writes import post

pytestmark = pytest.mark.django_db
BODY = {
    "account": "shop", "line_class": "commission", "valid_from": "2026-09-01", "basis": "item", "rate": "0.15",
    "minimum": "0.30", "currency": "EUR", "source": "contract",
}  # fmt: skip


@pytest.fixture
def account(north, noon):
    FeeRule.objects.all().delete()
    return factories.account()


def test_it_agrees_ends_and_withdraws_a_row(program, account):
    robot = program("finance", "read")
    made = post(robot, "fee-rules/agree", BODY).json()
    assert (made["says"], made["standing"], made["entered_by"]) == (
        "everywhere; 15% of goods less discounts, at least 0.30", "holds", "token robot",
    )  # fmt: skip
    assert made["minimum"] == {"amount": "0.30", "currency": "EUR"}
    assert post(robot, "fee-rules/agree", BODY).status_code == 422
    early = post(robot, f"fee-rules/{made['id']}/end", {"on": "2026-09-01"})
    assert early.status_code == 422
    ended = post(robot, f"fee-rules/{made['id']}/end", {"on": "2026-10-01"}).json()
    assert (ended["is_end"], ended["valid_from"], ended["standing"]) == (True, "2026-10-01", "ended")
    gone = post(robot, f"fee-rules/{ended['id']}/withdraw").json()
    assert (gone["standing"], gone["withdrawn_by"]) == ("withdrawn", "token robot")
    standing = {row["id"]: row["standing"] for row in robot.get("/api/v1/fee-rules/").json()["results"]}
    assert standing == {made["id"]: "holds", ended["id"]: "withdrawn"}
    (held,) = robot.get("/api/v1/fee-rules/?standing=holds&account=shop").json()["results"]
    assert held["id"] == made["id"]


def test_it_leaves_what_a_marketplace_publishes_alone(program, account):
    published = FeeRule.objects.create(
        marketplace=account.marketplace, line_class="commission", valid_from=date(2026, 9, 1), source="page"
    )
    refused = post(program("finance"), f"fee-rules/{published.pk}/withdraw")
    assert refused.status_code == 422
    assert "publishes" in str(refused.json())
    published.refresh_from_db()
    assert published.withdrawn_at is None


def test_it_needs_the_right_to_change_a_schedule(program, account):
    assert post(program("read"), "fee-rules/agree", BODY).status_code == 403
    assert not FeeRule.objects.exists()


def test_it_lists_expected_fees_and_who_says_so(program, account):
    robot = program("finance", "read")
    post(robot, "fee-rules/agree", BODY)
    sinks.orders([factories.order("O-1")], factories.source(account))
    fees.expect(account.pk, list(OrderLine.objects.values_list("pk", flat=True)))
    (row,) = robot.get("/api/v1/expected-fees/?q=O-1&source=agreed").json()["results"]
    assert (row["amount"], row["source"], row["order_ref"]) == ({"amount": "-5.99", "currency": "EUR"}, "agreed", "O-1")
    assert row["tolerance"]["amount"] == str(Decimal("0.1198"))
    assert robot.get("/api/v1/expected-fees/?is_known=false").json()["results"] == []


def test_it_takes_sizes_amounts_per_order_and_the_vat_on_fees(program, account):
    robot = program("finance", "read")
    sized = {
        **BODY, "line_class": "fulfilment", "rate": "0", "per_unit": "3.94", "per_order": "0.35", "vat": "on_top",
        "longest_mm": 450, "middle_mm": 340, "shortest_mm": 260, "weight_below_g": 251, "volume_divisor": 5000,
    }  # fmt: skip
    assert post(robot, "fee-rules/agree", sized).json()["says"] == (
        "everywhere; up to 45 × 34 × 26 cm, below 251 g or 5000 cm³ per kg; "
        "3.94 per piece + 0.35 per order, at least 0.30, VAT on top"
    )
    crossed = post(robot, "fee-rules/agree", {**sized, "middle_mm": 451})
    assert "its end lies below its beginning" in str(crossed.json())
    said = {"account": "shop", "valid_from": "2026-09-01", "rate": "0.19", "source": "invoice"}
    assert post(robot, "fee-vats/enter", said).json()["rate"] == "0.1900"
    assert post(robot, "fee-vats/enter", {**said, "rate": "19"}).status_code == 400
    of_class = post(robot, "fee-vats/enter", {**said, "line_class": "fulfilment", "rate": "0"}).json()
    assert (of_class["line_class"], of_class["rate"]) == ("fulfilment", "0.0000")
    (row,) = robot.get("/api/v1/fee-vats/?account=shop&line_class=fulfilment").json()["results"]
    assert row == of_class
    assert robot.get("/api/v1/fees-monthly/?month=2026-09-15").json() == []
    assert robot.get("/api/v1/fees-monthly/?month=soon").status_code == 400
    assert robot.get("/api/v1/fees-stored/?month=2026-09-15").json() == []


def test_it_tells_habits_and_adopts_one(program, account):
    robot = program("finance", "read")
    post(robot, "fee-rules/agree", BODY)
    assert robot.get("/api/v1/fee-habits/?account=shop").json() == []
    assert robot.get("/api/v1/fee-habits/?account=nobody").status_code == 400
    adopted = {"account": "shop", "line_class": "commission", "rounding": "half_even"}
    assert post(robot, "fee-rules/adopt", adopted).json() == {"rows": 1}
    assert FeeRule.objects.get(withdrawn_at=None).rounding == "half_even"
    assert post(robot, "fee-rules/adopt", {**adopted, "line_class": "closing"}).status_code == 422
