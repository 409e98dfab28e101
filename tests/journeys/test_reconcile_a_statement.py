"""A statement without its deposit: a person imports the bank file, and it ties out from the bank to the rows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from finance import sinks
from finance.models import Settlement
from finance.services import reconcile
from marketplaces.canonical import LineClass
from tests import factories
from tests.finance.conftest import START, header, line

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def statement():
    """A reserve of 100.00 released, less 10.00 for storage."""
    source = factories.source(factories.account(), "settlements")
    sinks.settlements([header("S-1", "90.00")], source)
    rows = [line(1, LineClass.RESERVE_OUT, "100.00"), line(2, LineClass.STORAGE, "-10.00")]
    sinks.settlement_lines(rows, source)
    reconcile.reconcile_open()
    return Settlement.objects.get()


def test_it_ties_out_after_the_bank_file_was_imported(statement, desk, tmp_path):
    booked = (START + timedelta(days=16)).date().isoformat()
    bank = tmp_path / "bank.csv"
    bank.write_text(f"account,booked_on,amount,currency,reference\nshop,{booked},90.00,EUR,payout S-1\n")
    page = desk()
    page.goto("/money/statements/")
    page.get_by_role("link", name="S-1").click()
    expect(page.get_by_text("no deposit seen yet; import the bank file")).to_be_visible()
    page.goto("/money/import/")
    page.locator("input[type=file]").nth(1).set_input_files(bank)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("1 new bookings, 0 known already, 1 statements paid")).to_be_visible()
    page.goto(f"/money/statements/{statement.pk}/")
    page.get_by_role("button", name="Reconcile again").click()
    expect(page.get_by_text("Matched and checked again: the residual is 0.00 EUR")).to_be_visible()
    expect(page.locator(".nf-checks .nf-good")).to_have_count(5)
    page.locator("#main").get_by_role("link", name="Storage", exact=False).first.click()
    page.wait_for_url("**/lines/?scope=account&line_class=storage")
    expect(page.locator("tbody tr")).to_have_count(1)
    assert statement.deposits.get().reference == "payout S-1"
