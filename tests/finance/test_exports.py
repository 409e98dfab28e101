"""Files of the books: exact bytes for each program, the same ones again, and never other ones once a month is locked."""

from __future__ import annotations

import csv
import hashlib
import io
from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from config.core import tenancy
from finance.exports import datev, tables
from finance.exports.postings import Batch, CannotExport, Posted
from finance.fx.models import Rate
from finance.models import AccountMonth, AccountRule, Books, Journal, JournalExport, MonthState, Settlement
from finance.services import approvals, exports
from finance.services import journals as booking
from tests.finance.test_worked_examples import story, tell  # noqa: F401 - the fixture of the worked statement

SEPTEMBER = date(2026, 9, 1)
HEADER = (
    b'"EXTF";700;21;"Buchungsstapel";13;20261001000000000;;"NF";"Ninefold";"";29098;55003;20260101;4;20260901;20260930;'
    b'"shop 2026-09";"";1;0;0;"EUR";;"";;;"03";;;"";""'
)


def posted(**changes: object) -> Posted:
    values = {
        "number": "S-1-202609", "row_no": 1, "kind": "statement", "booked_on": date(2026, 9, 15), "currency": "EUR",
        "text": "Shop statement S-1", "purpose": "commission", "line_class": "commission", "code": "4760",
        "name": "Commissions", "tax_key": "", "tax_rate": "Tax Exempt", "amount": Decimal("8.08"), "order_ref": "O-A",
        "tax_class": "", "country": "", "late_for": None, "is_contra": False,
    }  # fmt: skip
    return Posted(**{**values, **changes})


def batch(*postings: Posted, **changes: object) -> Batch:
    values = {
        "account": "shop", "month": SEPTEMBER, "last_day": date(2026, 9, 30), "base_currency": "EUR", "rates": {},
        "postings": postings, "consultant": 29098, "client": 55003, "chart": "03",
        "year_begins": date(2026, 1, 1),
    }  # fmt: skip
    return Batch(**{**values, **changes})


CLEARING = posted(
    row_no=2, purpose="clearing", line_class="", code="1361", name="Clearing", amount=Decimal("-8.08"), order_ref="",
    is_contra=True,
)  # fmt: skip


def test_it_writes_a_datev_batch_as_published():
    lines = datev.write(batch(posted(), CLEARING)).split(b"\r\n")
    assert lines[0] == HEADER
    assert len(HEADER.split(b";")) == 31
    names = lines[1].decode("cp1252").split(";")
    assert (len(names), names[0], names[6], names[124]) == (
        125, "Umsatz (ohne Soll/Haben-Kz)", "Konto", "Abw. Skontokonto",
    )  # fmt: skip
    assert (names[94], names[113], names[119]) == ("Auftragsnummer", "Festschreibung", "Land")
    expected = (
        '8,08;"S";"EUR";;;"";4760;1361;"";1509;"S-1-202609";"";;"Commissions O-A";;"";;;;"";"Bestellung";"O-A";"Beleg";'
        '"S-1-202609"' + ';""' * 12 + ';"";"";;"";;"";;;;;' + ';""' * 40 + ';;;;"";;;;"O-A";"";;"";;;;"";"";;"";;"";;"";"";;"";'
        ';;;;;"";;"";"";;"";;'
    )  # fmt: skip
    assert lines[2].decode("cp1252") == expected
    assert lines[3:] == [b""]


@pytest.mark.parametrize("sign", "=+-@")
def test_it_runs_no_formula_of_an_order_in_a_datev_batch(sign):
    row = datev.write(batch(posted(order_ref=f"{sign}1+cmd"), CLEARING)).split(b"\r\n")[2]
    assert row.count(f'"\'{sign}1+cmd"'.encode()) == 2


def test_it_writes_umlauts_in_windows_1252_and_breaks_no_line_and_runs_no_formula():
    name = '=Müller "Söhne"\r\n;x'
    row = datev.write(batch(posted(name=name, order_ref=""), CLEARING)).split(b"\r\n")[2]
    assert b'"\'=M\xfcller ""S\xf6hne"" ;x"' in row


def test_it_gives_the_amount_in_the_books_currency_beside_a_foreign_one():
    rates = {("GBP", date(2026, 9, 15)): Decimal("0.8612341")}
    pair = [posted(currency="GBP"), posted(**{**_fields(CLEARING), "currency": "GBP"})]
    cells = datev.write(batch(*pair, rates=rates)).split(b"\r\n")[2].split(b";")
    assert cells[:6] == [b"8,08", b'"S"', b'"GBP"', b"0,861234", b"9,38", b'"EUR"']


def _fields(posting: Posted) -> dict[str, object]:
    return {name: getattr(posting, name) for name in Posted.__slots__}


@pytest.mark.parametrize(
    ("number", "expected"),
    [("S-1-202609", "S-1-202609"), ("=cmd|x", "cmd-x"), ("Ä 12/3", "12/3"), ("x" * 40, "")],
)
def test_it_makes_a_document_number_that_datev_takes(number, expected):
    if len(number) > 36:
        expected = "x" * 27 + "-" + hashlib.sha256(number.encode()).hexdigest()[:8]
    found = datev.document(number)
    assert (found, len(found) <= 36) == (expected, True)


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"consultant": None}, "consultant and client"), ({"postings": [posted(code="REV"), CLEARING]}, "no account 'REV'"),
     ({"postings": [posted(code="476000"), CLEARING]}, "no account '476000'")],
)  # fmt: skip
def test_it_refuses_what_datev_would_refuse(changes, message):
    with pytest.raises(CannotExport, match=message):
        datev.write(batch(**{"postings": (posted(), CLEARING), **changes}))


def test_it_writes_manual_journals_for_xero():
    other = posted(row_no=3, order_ref="O-B", amount=Decimal("2.99"))
    clearing = posted(**{**_fields(CLEARING), "amount": Decimal("-11.07")})
    assert tables.xero(batch(posted(), other, clearing)).decode() == (
        "*Narration,*Date,Description,*AccountCode,*TaxRate,*Amount,TrackingName1,TrackingOption1,TrackingName2,"
        "TrackingOption2\r\n"
        "S-1-202609 Shop statement S-1,15/09/2026,Commissions,4760,Tax Exempt,11.07,,,,\r\n"
        "S-1-202609 Shop statement S-1,15/09/2026,Clearing,1361,Tax Exempt,-11.07,,,,\r\n"
    )
    with pytest.raises(CannotExport, match="GBP is another one"):
        tables.xero(batch(posted(currency="GBP")))


def test_it_writes_journal_entries_for_quickbooks():
    assert tables.quickbooks(batch(posted(), CLEARING)).decode() == (
        "Journal No,Journal Date,Currency,Account Name,Debits,Credits,Description,Name\r\n"
        "202609-shop-1,09/15/2026,EUR,Commissions,8.08,,S-1-202609 Shop statement S-1,\r\n"
        "202609-shop-1,09/15/2026,EUR,Clearing,,8.08,S-1-202609 Shop statement S-1,\r\n"
    )
    with pytest.raises(CannotExport, match="name 4760 in the account map"):
        tables.quickbooks(batch(posted(name=""), CLEARING))


def test_it_tells_accounts_apart_that_begin_alike_in_quickbooks():
    made = [tables.quickbooks(batch(posted(), account=f"marketplace-{name}")).decode() for name in ("eu", "us")]
    first, second = (text.splitlines()[1].partition(",")[0] for text in made)
    assert (first[:11], second[:11], len(first), len(second)) == ("202609-mark", "202609-mark", 18, 18)
    assert first != second


def test_it_writes_every_posting_with_its_order_and_no_formula():
    text = tables.generic(batch(posted(order_ref="=1+1", name="+x"), CLEARING)).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert (rows[0]["order"], rows[0]["ledger_name"], rows[0]["debit"], rows[0]["credit"]) == (
        "'=1+1",
        "'+x",
        "8.08",
        "",
    )
    assert (rows[1]["debit"], rows[1]["credit"], rows[1]["document"]) == ("", "8.08", "S-1-202609")


@pytest.fixture
def booked(tell):  # noqa: F811
    Books.objects.update(datev_consultant=29098, datev_client=55003)
    settlement = tell(story())
    booking.book([settlement.pk])
    return settlement


@pytest.mark.django_db
def test_it_exports_the_worked_statement_to_exact_bytes(booked):
    made = exports.export(booked.account, date(2026, 9, 20), "datev", by="ann")
    body = exports.content(made)
    lines = body.decode("cp1252").split("\r\n")
    assert lines[0].encode() == HEADER
    told = [tuple(line.split(";")[i] for i in (0, 1, 6, 7, 9, 10, 13)) for line in lines[2:-1]]
    end = ("1361", "1509", '"S-1-202609"')
    assert told == [
        ("31,05", '"S"', "1609", *end, '"Advertising owed"'),
        ("85,00", '"S"', "1363", *end, '"Marketplace reserves"'),
        ("120,00", '"H"', "1363", *end, '"Marketplace reserves"'),
        ("12,40", '"S"', "4280", *end, '"Storage fees"'),
        ("0,75", '"S"', "4760", *end, '"Marketplace commissions O-A"'),
        ("8,08", '"S"', "4760", *end, '"Marketplace commissions O-A"'),
        ("3,74", '"H"', "4760", *end, '"Marketplace commissions O-A"'),
        ("7,10", '"S"', "4730", *end, '"Fulfilment and shipping fees O-A"'),
        ("24,95", '"S"', "8700", *end, '"Refunds, country not known O-A"'),
        ("49,90", '"H"', "8200", *end, '"Marketplace sales, country not known O-A"'),
        ("3,99", '"H"', "8200", *end, '"Marketplace sales, country not known O-A"'),
        ("2,99", '"S"', "4760", *end, '"Marketplace commissions O-B"'),
        ("3,55", '"S"', "4730", *end, '"Fulfilment and shipping fees O-B"'),
        ("19,90", '"H"', "8200", *end, '"Marketplace sales, country not known O-B"'),
    ]
    sums = {"S": Decimal(0), "H": Decimal(0)}
    for amount, side, *_ in told:
        sums[side.strip('"')] += Decimal(amount.replace(",", "."))
    assert sums["H"] - sums["S"] == Decimal("21.66")
    assert (made.name, made.entries, made.sha256) == (
        "EXTF_Buchungsstapel_shop_2026-09.csv", 1, hashlib.sha256(body).hexdigest(),
    )  # fmt: skip


@pytest.mark.django_db
def test_it_exports_the_same_bytes_again_and_marks_the_statement_once_it_is_approved(booked):
    first = exports.export(booked.account, SEPTEMBER, "generic", by="ann")
    booking.book([booked.pk])
    again = exports.export(booked.account, SEPTEMBER, "generic", by="bob")
    assert (again.pk, again.made_by) == (first.pk, "ann")
    assert Settlement.objects.get().state == "matched"
    approvals.approve(booked, by="ann")
    exports.export(booked.account, SEPTEMBER, "generic", by="bob")
    assert Settlement.objects.get().state == "exported"


@pytest.mark.django_db
def test_it_says_what_changed_when_an_open_month_is_exported_again(booked):
    exports.export(booked.account, SEPTEMBER, "datev", by="ann")
    AccountRule.objects.filter(purpose="storage").update(code="4281")
    booking.book([booked.pk])
    second = exports.export(booked.account, SEPTEMBER, "datev", by="ann")
    assert second.change.startswith('1 lines gone, 1 new: - 12,40;"S";"EUR";;;"";4280;1361;')
    assert list(JournalExport.objects.order_by("pk").values_list("is_current", flat=True)) == [False, True]


@pytest.mark.django_db
def test_it_refuses_other_bytes_for_a_locked_month_and_gives_the_same_ones(booked, noon):
    first = exports.export(booked.account, SEPTEMBER, "datev", by="ann")
    AccountMonth.objects.create(
        account=booked.account, month=SEPTEMBER, state=MonthState.LOCKED, prepared_by="ann", prepared_at=noon,
        locked_by="bob", locked_at=noon,
    )  # fmt: skip
    Journal.objects.update(is_locked=True)
    assert exports.export(booked.account, SEPTEMBER, "datev", by="bob").pk == first.pk
    Books.objects.update(datev_client=55004)
    with pytest.raises(ValidationError, match=r"is locked and this file would differ.*55003.*55004"):
        exports.export(booked.account, SEPTEMBER, "datev", by="bob")


@pytest.mark.django_db
def test_it_says_that_a_rate_is_missing_and_uses_it_when_it_comes(booked):
    Journal.objects.update(currency="GBP")
    with pytest.raises(ValidationError, match="no rate for GBP on 2026-09-15"):
        exports.export(booked.account, SEPTEMBER, "datev", by="ann")
    with tenancy.in_public():
        Rate.objects.create(currency="GBP", day=date(2026, 9, 14), per_eur=Decimal("0.8"), source="ecb")
    body = exports.content(exports.export(booked.account, SEPTEMBER, "datev", by="ann"))
    assert b'31,05;"S";"GBP";0,800000;38,81;"EUR"' in body
