"""The screens of books and bank in one browser, each within its budget."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import pytest

from config.core.permissions import Role
from finance import sinks
from finance.models import (
    AccountRule,
    BankAccount,
    BankBooking,
    BankLayout,
    BankRejected,
    BankRule,
    Books,
    Deposit,
    Journal,
    RoundingEntry,
    Settlement,
)
from finance.services import reconcile
from finance.services.bank import bookings, files
from marketplaces.canonical import LineClass
from tests import factories
from tests.finance.conftest import header, line
from tests.screens.desk.conftest import said

pytestmark = pytest.mark.django_db
IBAN = "DE02120300000000202051"
CSV = "Tag;Betrag;Zweck\n18.09.2026;1.234,50;payout S-1\n31.09.2026;80,00;payout S-2\n17.09.2026;-9,90;paper\n"


@pytest.fixture
def account(noon, north):
    return factories.account("shop")


@pytest.fixture
def read(account):
    """A bank file with a payout of the account, a day that does not exist, and a booking of somebody else."""
    columns = {"booked_on": "Tag", "amount": "Betrag", "reference": "Zweck", "currency": '"EUR"', "iban": f'"{IBAN}"'}
    layout = BankLayout.objects.create(name="House bank", columns=columns)
    files.import_file(io.BytesIO(CSV.encode()), name="september.csv", by="ann", layout=layout)
    booking = BankBooking.objects.get(amount=Decimal("1234.50"))
    booking.deposit = Deposit.objects.create(
        account=account, currency="EUR", amount=booking.amount, booked_on=booking.booked_on, reference=booking.reference,
        imported_at=booking.file.imported_at,
    )  # fmt: skip
    booking.save()
    bookings.book_waiting()


@pytest.fixture
def told(read, owner, budget):
    """The rows of a list screen, asked for within its budget."""

    def rows(name: str, address: str) -> list[list[str]]:
        owner.get(address)
        with budget(name):
            answer = owner.get(address)
        return [[str(cell["value"]) for cell in row["cells"]] for row in answer.context["rows"]]

    return rows


def test_it_lists_bank_bookings_with_what_they_became(told):
    found = told("bank_bookings", "/money/bank/")
    assert {row[1] for row in found} == {"DE02 1203 0000 0000 2020 51"}
    assert [(row[2], row[4], row[5], row[7]) for row in found] == [
        ("1234.50 EUR", "payout S-1", "payout", "none found yet"),
        ("-9.90 EUR", "paper", "other", "no marketplace found yet"),
    ]
    assert [row[4] for row in told("bank_bookings", "/money/bank/?is_known=false")] == ["paper"]
    assert [row[4] for row in told("bank_bookings", "/money/bank/?account=shop&amount_min=1000")] == ["payout S-1"]


def test_it_shows_a_returned_payout(told):
    Deposit.objects.update(returned_on=date(2026, 9, 20))
    assert told("bank_bookings", "/money/bank/")[0][5] == "returned"


def test_it_reads_a_parked_row_again_as_a_person_corrected_it(told, owner):
    (row,) = told("bank_rows", "/money/bank/parked/")
    assert row[:2] == ["september.csv", "2"]
    address = f"/money/bank/parked/{BankRejected.objects.get().pk}/"
    page = owner.get(address).content.decode()
    assert "31.09.2026" in page
    values = {"iban": IBAN, "booked_on": "2026-09-30", "amount": "80.00", "currency": "eur", "reference": "payout S-2"}
    wrong = owner.post(address, {**values, "action": "replay", "amount": "much"}, follow=True)
    assert "cannot be read" in said(wrong)[0]
    assert said(owner.post(address, {**values, "action": "replay"}, follow=True)) == ["Read: 80.0000 EUR on 2026-09-30"]
    assert told("bank_rows", "/money/bank/parked/") == []
    assert told("bank_rows", "/money/bank/parked/?state=replayed")[0][4] == "owner"
    assert "already" in said(owner.post(address, {"action": "dismiss"}, follow=True))[0]


def test_it_dismisses_a_parked_row_but_not_for_a_viewer(read, owner, sign_in):
    address = f"/money/bank/parked/{BankRejected.objects.get().pk}/"
    assert "Dismissed" in said(owner.post(address, {"action": "dismiss"}, follow=True))[0]
    assert BankRejected.objects.get().state == "dismissed"
    assert sign_in(Role.VIEWER).post(address, {"action": "replay"}).status_code == 403


@pytest.mark.parametrize(
    ("name", "address"),
    [("months", "/money/months/"), ("month", "/money/months/shop/2026/9/"), ("ledger", "/money/ledger/")],
)
def test_it_shows_the_books_within_the_budget(read, owner, budget, name, address):
    owner.get(address)
    with budget(name):
        assert owner.get(address).status_code == 200


def test_it_gives_the_board_of_months_as_a_table(read, owner):
    told = b"".join(owner.get("/money/months/?format=csv")).decode()
    assert "shop,2026-09-01,open," in told


def test_it_gives_one_month_and_the_account_map_as_tables(read, owner):
    AccountRule.objects.filter(purpose="bank").update(name="=bank")
    told = b"".join(owner.get("/money/months/shop/2026/9/?format=csv")).decode()
    assert "checklist,The month is over,,,True,the month is over,,\r\n" in told
    assert "From the books to the bank,not explained,0.0000,EUR,,,," in told
    rules = b"".join(owner.get("/money/ledger/?format=csv")).decode()
    assert "bank,,,,,,1200,'=bank,,Tax Exempt\r\n" in rules


def test_it_gives_the_sums_of_a_statement_as_a_table_in_the_currency_of_each(read, owner, account):
    source = factories.source(account, "settlements")
    sinks.settlements([header(total="-12.40")], source)
    sinks.settlement_lines([line(1, LineClass.STORAGE, "-12.40")], source)
    found = Settlement.objects.get(external_id="S-1")
    Settlement.objects.update(payout_currency="USD", payout_rate=Decimal("1.1"))
    Deposit.objects.create(
        account=account, settlement=found, currency="USD", amount=Decimal("-13.60"), booked_on=date(2026, 9, 16),
        reference="=pay", imported_at=factories.NOON,
    )  # fmt: skip
    reconcile.reconcile_open()
    told = b"".join(owner.get(f"/money/statements/{found.pk}/?format=csv")).decode()
    assert "account,storage,1,,-12.4000,EUR,,\r\n" in told
    assert "-13.6400,-13.6000,USD,False," in told
    assert "deposit,'=pay,,,-13.6000,USD,,2026-09-16" in told
    (check,) = (row for row in owner.get(f"/api/v1/settlements/{found.pk}/").json()["checks"] if row["number"] == 2)
    assert check["expected"] == {"amount": "-13.64", "currency": "USD"}


def test_it_shows_journals_and_an_entry_within_the_budget(told, owner, budget):
    ((number, *_),) = told("journals", "/money/journals/")
    entry = Journal.objects.get(number=number)
    with budget("journal"):
        answer = owner.get(f"/money/journals/{entry.pk}/")
    assert {(line.code, line.amount) for line in answer.context["lines"]} == {
        ("1200", Decimal("1234.50")), ("1360", Decimal("-1234.50")),
    }  # fmt: skip


def test_it_keeps_the_numbers_of_datev(read, owner):
    given = {"action": "books", "datev_consultant": "1001", "datev_client": "55003", "home_country": "de"}
    assert "Saved" in said(owner.post("/money/ledger/", given, follow=True))[0]
    assert Books.objects.values_list("datev_consultant", "datev_client", "home_country").get() == (1001, 55003, "DE")


def test_it_opens_what_was_rounded_in_a_month(told, account):
    statement = Settlement.objects.create(
        account=account, external_id="S-1", currency="EUR", imported_at=factories.NOON
    )
    RoundingEntry.objects.create(
        account=account, month=date(2026, 9, 1), kind="exchange", currency="GBP", settlement=statement,
        expected=Decimal("30.89"), actual=Decimal("30.88"), noted_at=statement.imported_at,
    )  # fmt: skip
    (row,) = told("rounding", "/money/rounding/?account=shop&month=2026-09-01")
    assert row == ["2026-09", "Shop", "exchange", "S-1", "", "30.89 GBP", "30.88 GBP", "-0.01 GBP"]
    assert told("rounding", "/money/rounding/?month=2026-10-01") == []


LAYOUT = {
    "action": "layout", "name": "Savings bank", "delimiter": ",", "encoding": "utf-8", "day_format": "%Y-%m-%d",
    "skip_lines": "0", "column_booked_on": "Day", "column_amount": "Sum", "column_reference": "Text",
    "column_currency": '"EUR"', "column_iban": f'"{IBAN}"',
}  # fmt: skip


def test_it_reads_a_bank_by_a_layout_that_people_made_on_the_screen(owner, account, budget):
    owner.get("/money/bank/setup/")
    with budget("bank_setup"):
        owner.get("/money/bank/setup/")
    assert "Files of Savings bank can be read" in said(owner.post("/money/bank/setup/", LAYOUT, follow=True))[0]
    layout = BankLayout.objects.get()
    files.import_file(
        io.BytesIO(b"Day,Sum,Text\n2026-09-18,12.50,MARKET PAYOUT\n"), name="s.csv", by="ann", layout=layout
    )
    assert BankBooking.objects.get().deposit is None
    rule = {"action": "rule", "text": "market payout", "account": "shop"}
    assert "belong to Shop" in said(owner.post("/money/bank/setup/", rule, follow=True))[0]
    assert BankBooking.objects.get().deposit.account == account
    name = {"action": "name", "pk": BankAccount.objects.get().pk, "label": "House account"}
    assert said(owner.post("/money/bank/setup/", name, follow=True)) == ["Called House account"]
    assert "House account" in owner.get("/money/bank/").content.decode()
    for action, model in (("forget_rule", BankRule), ("forget_layout", BankLayout)):
        owner.post("/money/bank/setup/", {"action": action, "pk": model.objects.get().pk})
        assert not model.objects.exists()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"column_iban": ""}, "say where to find iban"),
        ({"column_amount": ""}, "say where to find amount or credit"),
        ({"day_format": "%d.%m."}, "day, month and year"),
        ({"encoding": "klingon"}, "no encoding is called"),
        ({"name": ""}, "cannot be blank"),
    ],
)
def test_it_keeps_no_layout_that_could_read_no_file(owner, change, why):
    assert why in said(owner.post("/money/bank/setup/", {**LAYOUT, **change}, follow=True))[0]
    assert not BankLayout.objects.exists()


def test_it_lets_a_viewer_change_nothing_about_banks(sign_in):
    viewer = sign_in(Role.VIEWER)
    assert viewer.post("/money/bank/setup/", LAYOUT).status_code == 403
    assert "Save" not in viewer.get("/money/bank/setup/").content.decode()
