"""The worlds that all declared accounts make together: large enough, and with each trouble in each client."""

from datetime import UTC, datetime, timedelta

from marketplaces.sandbox import misbookings, shelf_troubles, truth
from tests.contract.conftest import ORIGIN

END = datetime(ORIGIN.year, ORIGIN.month, ORIGIN.day, tzinfo=UTC) + timedelta(days=90)
KINDS = {
    "hidden_order", "missing_line", "duplicate_fee", "short_payment", "renamed_label", "unregistered_product",
    "late_shipment", "token_revoked", "statement_gap", "missing_payment", "plan_overcharge",
    *misbookings.KINDS, *shelf_troubles.KINDS,
}  # fmt: skip


def test_they_bring_ten_thousand_orders_in_ninety_days(all_worlds):
    told = [truth.summary(world, END) for world in all_worlds.values()]
    assert sum(account["orders"] for summary in told for account in summary["accounts"].values()) >= 10_000


def test_they_are_paid_in_at_least_five_currencies(all_worlds):
    accounts = [a for world in all_worlds.values() for a in truth.summary(world, END)["accounts"].values()]
    assert len({statement["currency"] for account in accounts for statement in account["statements"]}) >= 5


def test_they_have_every_trouble_in_every_client(all_worlds):
    for client, world in all_worlds.items():
        assert {fault.kind for fault in truth.faults(world, END)} == KINDS, client


def test_they_give_every_account_a_number_of_its_own_within_its_client(all_worlds):
    for world in all_worlds.values():
        numbers = [stage.number for stage in world.stages.values()]
        assert len(set(numbers)) == len(numbers)
