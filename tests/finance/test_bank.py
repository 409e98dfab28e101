"""Bank files of any version and layout: read once, matched to statements, and never believed blindly."""

from __future__ import annotations

import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from finance import camt, sinks
from finance.camt import BadEntry, BankEntry, NotCamt
from finance.models import (
    BankAccount,
    BankBooking,
    BankLayout,
    BankRejected,
    BankRule,
    Deposit,
    IdentityCheck,
    JournalLine,
    Settlement,
)
from finance.services import journals as booking
from finance.services import reconcile
from finance.services.bank import files
from marketplaces.canonical import LineClass as C
from tests import factories
from tests.finance.conftest import START, header, line

IBAN = "DE02120300000000202051"
RETURN = "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>"


def document(*entries: str, version: str = "08", opening: str = "1000.00", closing: str = "") -> bytes:
    """A statement of one account in some version."""
    end = (
        f'<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{closing}</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>'
        if closing
        else ""
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}">'
        f"<BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId></GrpHdr><Stmt><Id>1</Id><Acct><Id><IBAN>{IBAN}</IBAN></Id></Acct>"
        f'<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{opening}</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>'
        f"{end}{''.join(entries)}</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def entry(
    amount: str = "100.00", side: str = "CRDT", day: str = "2026-09-18", text: str = "payout S-1", *, more: str = "",
    status: str = "<Sts><Cd>BOOK</Cd></Sts>", details: str = "",
) -> str:  # fmt: skip
    return (
        f'<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>{status}<BookgDt><Dt>{day}</Dt></BookgDt>{more}'
        f"<NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs><RmtInf><Ustrd>{text}</Ustrd></RmtInf>{details}"
        "</TxDtls></NtryDtls></Ntry>"
    )


def read(body: bytes) -> list[BankEntry | BadEntry]:
    return list(camt.read(io.BytesIO(body), {}))


@pytest.mark.parametrize("version", ["02", "03", "04", "05", "06", "07", "08"])
def test_it_reads_every_version(version):
    status = "<Sts>BOOK</Sts>" if version < "08" else "<Sts><Cd>BOOK</Cd></Sts>"
    (found,) = read(document(entry(status=status, more="<AcctSvcrRef>R-7</AcctSvcrRef>"), version=version))
    assert found == BankEntry(
        row_no=1, iban=IBAN, booked_on=date(2026, 9, 18), amount=Decimal("100.00"), currency="EUR", reference="payout S-1",
        bank_ref="R-7",
    )  # fmt: skip


def test_it_reads_debits_charges_returns_and_leaves_out_what_is_not_booked():
    charges = '<Chrgs><Rcrd><Amt Ccy="EUR">2.50</Amt><ChrgInclInd>true</ChrgInclInd></Rcrd></Chrgs>'
    found = read(
        document(
            entry("97.50", more=charges), entry("100.00", "DBIT", details=RETURN), entry("1", status="<Sts>PDNG</Sts>"),
        )
    )  # fmt: skip
    assert [(e.amount, e.fee, e.is_return) for e in found if isinstance(e, BankEntry)] == [
        (Decimal("97.50"), Decimal("2.50"), False), (Decimal("-100.00"), Decimal(0), True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaa">]><d>&a;</d>', "document type; such files are refused"),
        (b'<?xml version="1.0"?><!DOCTYPE d SYSTEM "file:///etc/passwd"><d/>', "document type; such files are refused"),
        (b"<Document/>", "is not CAMT.053"),
        (document(entry(), version="09"), "is not CAMT.053"),
        (document(entry())[:-20], "no complete XML document"),
        (b"account,booked_on", "no complete XML document"),
        (document("<Ntry>" * 60 + "</Ntry>" * 60), "nests deeper"),
    ],
    ids=["entities", "external", "no-version", "newer", "cut", "csv", "deep"],
)
def test_it_refuses_what_is_no_statement(body, why):
    with pytest.raises(NotCamt, match=why):
        read(body)


def test_it_names_entries_that_cannot_be_read_and_reads_the_others():
    found = read(document(entry("x"), entry(day="soon"), entry(side="BOTH"), entry("5.00")))
    assert [type(e) for e in found] == [BadEntry, BadEntry, BadEntry, BankEntry]
    assert [e.reason for e in found if isinstance(e, BadEntry)] == [
        "'x' is not a number", "Invalid isoformat string: 'soon'", "'BOTH' is neither credit nor debit",
    ]  # fmt: skip


def test_it_streams_a_large_file():
    """More entries than a block holds come out while the file is still read."""
    stream = io.BytesIO(document(*[entry(str(n)) for n in range(1, 3001)]))
    found = camt.read(stream, {})
    first = next(found)
    assert (first.row_no, stream.tell() < len(stream.getvalue())) == (1, True)
    assert sum(1 for _ in found) == 2999


@pytest.fixture
def statements(account, noon):
    """S-1 and S-2 of 100.00 and 55.00 with everything booked."""
    source = factories.source(account, "settlements")
    for number, total in ((1, "100"), (2, "55")):
        start = START + timedelta(days=14 * (number - 1))
        due = (start + timedelta(days=16)).date()
        sinks.settlements(
            [header(f"S-{number}00", total, period_start=start, period_end=start + timedelta(days=14), deposit_on=due)],
            source,
        )
        sinks.settlement_lines([line(1, C.PRINCIPAL, total, f"S-{number}00")], source)
    reconcile.reconcile_open()
    booking.book_open()


def take(*entries: str, **options) -> files.BankImported:
    return files.import_file(io.BytesIO(document(*entries, **options)), name="bank.xml", by="ann")


def identity(name: str, number: int) -> bool | None:
    return IdentityCheck.objects.get(number=number, settlement__external_id=name).passed


@pytest.mark.django_db
def test_it_pays_the_statement_that_the_booking_names_and_books_it(statements):
    done = take(entry(text="payout S-100"), entry("12.00", text="rent"), closing="1112.00")
    assert (done.new, done.known, done.deposits, len(done.settlement_ids), done.file.is_balanced) == (2, 0, 1, 1, True)
    assert (identity("S-100", 2), identity("S-100", 7), identity("S-200", 7)) == (True, True, None)
    assert BankAccount.objects.get().iban == IBAN
    assert BankBooking.objects.get(amount=12).deposit is None
    assert sum(JournalLine.objects.filter(code="1200").values_list("amount", flat=True)) == 100


@pytest.mark.django_db
def test_it_keeps_each_booking_once_whichever_file_brings_it(statements):
    take(entry(), entry())
    again = take(entry(), entry(), entry("55.00", day="2026-10-01"), closing="1.00")
    assert (again.new, again.known, again.file.is_balanced) == (1, 2, False)
    assert take(entry(), entry()).new == 0
    assert BankBooking.objects.count() == 3


@pytest.mark.django_db
def test_it_knows_the_account_by_rule_or_by_the_amount_that_is_due(statements, account):
    assert take(entry("55.00", day="2026-10-01", text="collective")).deposits == 1
    assert Deposit.objects.get().settlement.external_id == "S-200"
    BankRule.objects.create(text="SHOP EUROPE", account=account)
    assert take(entry("7.77", text="Shop Europe S.A. 0815")).deposits == 1
    assert Deposit.objects.get(amount=Decimal("7.77")).settlement is None


@pytest.mark.django_db
def test_it_reopens_a_statement_when_the_bank_takes_its_payout_back(statements):
    take(entry(text="payout S-100"))
    done = take(entry("100.00", "DBIT", "2026-09-20", "return", details=RETURN))
    assert done.returned == 1
    paid = Deposit.objects.get()
    assert (paid.returned_on, identity("S-100", 7)) == (date(2026, 9, 20), False)
    assert sum(JournalLine.objects.filter(code="1200").values_list("amount", flat=True)) == 0


@pytest.mark.django_db
def test_it_pays_a_statement_again_whose_payout_came_back(statements):
    take(entry(text="payout S-100"))
    take(entry("100.00", "DBIT", "2026-09-20", "return", details=RETURN))
    take(entry(day="2026-09-25", text="payout S-100, once more"))
    assert set(Deposit.objects.values_list("returned_on", "settlement__external_id")) == {
        (date(2026, 9, 20), "S-100"), (None, "S-100"),
    }  # fmt: skip
    assert (identity("S-100", 2), identity("S-100", 7)) == (True, True)
    paid = Settlement.objects.get(external_id="S-100")
    assert (paid.payout_state, paid.discrepancies.filter(state="open").count()) == ("received", 0)
    assert sum(JournalLine.objects.filter(code="1200").values_list("amount", flat=True)) == 100


@pytest.mark.django_db
def test_it_takes_back_the_payout_that_a_return_names_though_a_later_one_is_as_large(statements, account):
    BankRule.objects.create(text="payout", account=account)
    take(entry("55.00", day="2026-09-18", text="payout A-1"), entry("55.00", day="2026-10-01", text="payout B-2"))
    take(entry("55.00", "DBIT", "2026-10-02", "return of payout A-1", details=RETURN))
    assert Deposit.objects.get(returned_on=None).reference == "payout B-2"


CHARGES = '<Chrgs><Rcrd><Amt Ccy="EUR">2.50</Amt><ChrgInclInd>true</ChrgInclInd></Rcrd></Chrgs>'


@pytest.mark.django_db
def test_it_knows_a_payout_by_what_was_due_before_the_bank_kept_its_fee(statements):
    take(entry("52.50", day="2026-10-01", text="collective", more=CHARGES))
    assert Deposit.objects.get().settlement.external_id == "S-200"
    assert (identity("S-200", 2), identity("S-200", 7)) == (True, True)


@pytest.mark.django_db
@pytest.mark.parametrize("place", ["more", "details"], ids=["of the entry", "of its transaction"])
def test_it_books_the_fee_that_the_bank_kept(statements, place):
    take(entry("97.50", text="payout S-100", **{place: CHARGES}))
    found = dict(JournalLine.objects.filter(journal__kind="deposit").values_list("purpose", "amount"))
    assert found == {"bank": Decimal("97.50"), "bank_fee": Decimal("2.50"), "clearing": Decimal("-100.00")}
    assert identity("S-100", 7) is True


LAYOUT = {
    "iban": f'"{IBAN}"', "booked_on": "Buchungstag", "amount": "Betrag", "currency": '"EUR"', "reference": "Name+Zweck",
}  # fmt: skip
CSV = "Account 1\nBuchungstag;Name;Zweck;Betrag\n18.09.2026;Shop AG;payout S-100;1.100,00\n19.09.2026;X;Y;12,00-\n32.1.;a;b;5\n"


@pytest.mark.django_db
def test_it_reads_the_csv_of_a_bank_by_a_layout_and_parks_what_it_cannot_read(statements):
    layout = BankLayout.objects.create(name="House bank", skip_lines=1, columns=LAYOUT)
    done = files.import_file(io.BytesIO(CSV.encode()), name="bank.csv", by="ann", layout=layout)
    assert done.new == 2
    assert list(BankBooking.objects.order_by("row_no").values_list("amount", "reference", "booked_on")) == [
        (Decimal("1100.0000"), "Shop AG payout S-100", date(2026, 9, 18)),
        (Decimal("-12.0000"), "X Y", date(2026, 9, 19)),
    ]
    parked = BankRejected.objects.get()
    assert (parked.row_no, "32.1." in parked.reason, parked.raw["Name"]) == (3, True, ["a"])
    with pytest.raises(ValidationError, match="cannot be read"):
        files.replay(parked, {"iban": IBAN, "booked_on": "32.1.", "amount": "5", "currency": "EUR"}, by="ann")
    made = files.replay(
        parked, {"iban": IBAN, "booked_on": "2026-09-21", "amount": "5.00", "currency": "eur", "reference": "a b"}, by="ann"
    )  # fmt: skip
    parked.refresh_from_db()
    assert (made.amount, parked.state, parked.closed_by) == (Decimal("5.0000"), "replayed", "ann")
    with pytest.raises(ValidationError, match="dealt with already"):
        files.dismiss(parked, by="bob")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"columns": {"iban": "x"}}, "does not say where to find booked_on, currency"),
        ({"encoding": "no-such"}, "as the layout"),
    ],
)
def test_it_refuses_a_layout_that_does_not_fit(db, changes, why):
    layout = BankLayout(name="x", **{"columns": LAYOUT, **changes})
    with pytest.raises(ValidationError, match=why):
        files.import_file(io.BytesIO(CSV.encode()), name="bank.csv", by="ann", layout=layout)


@pytest.mark.django_db
def test_it_says_why_a_file_is_refused_and_keeps_nothing_of_it(statements):
    with pytest.raises(ValidationError, match="document type"):
        files.import_file(io.BytesIO(b'<!DOCTYPE d [<!ENTITY a "a">]><d/>'), name="x", by="ann")
    assert Settlement.objects.filter(deposits__isnull=False).count() == 0
