from datetime import date
from decimal import Decimal

import pytest

from config.core.money import Money
from finance.fx import sources
from finance.fx.convert import MissingRate, Rates
from finance.fx.sources import UnreadableRates

FRIDAY, MONDAY = date(2026, 10, 2), date(2026, 10, 5)
RATES = Rates(
    [
        (FRIDAY, "USD", Decimal("1.25"), "ECB"),
        (FRIDAY, "TRY", Decimal("50"), "ECB"),
        (MONDAY, "USD", Decimal("1.20"), "ECB"),
    ]
)
BANK_XML = b"""<?xml version="1.0"?><gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01"
 xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref"><Cube><Cube time="2026-10-02">
 <Cube currency="USD" rate="1.2500"/></Cube></Cube></gesmes:Envelope>"""


def test_it_converts_with_one_hop_over_the_euro():
    result = RATES.convert(Money(Decimal("100"), "USD"), "TRY", on=FRIDAY)
    assert (result.money, result.rate, result.day) == (Money(Decimal("4000"), "TRY"), Decimal("40"), FRIDAY)


def test_it_converts_by_the_inverse_rate():
    assert RATES.convert(Money(Decimal("50"), "TRY"), "EUR", on=FRIDAY).money == Money(Decimal("1"), "EUR")


def test_it_carries_a_rate_over_the_weekend_and_shows_its_day():
    result = RATES.convert(Money(Decimal("10"), "EUR"), "USD", on=date(2026, 10, 4))
    assert (result.money.amount, result.day) == (Decimal("12.50"), FRIDAY)


@pytest.mark.parametrize("on", [date(2026, 10, 1), date(2026, 10, 13)])
def test_it_raises_when_no_rate_lies_within_seven_days_before(on):
    with pytest.raises(MissingRate, match="no rate for USD"):
        RATES.convert(Money(Decimal("10"), "EUR"), "USD", on=on)


def test_it_reads_the_banks_file():
    assert list(sources.from_bank_xml(BANK_XML)) == [(FRIDAY, "USD", Decimal("1.2500"), "ECB")]


@pytest.mark.parametrize(
    "body",
    [
        b"<html>", b'<!DOCTYPE x [<!ENTITY a "b">]><x/>', b"", b"<html/>", BANK_XML.replace(b"1.2500", b"NaN"),
        BANK_XML.replace(b"1.2500", b"0"), BANK_XML.replace(b"USD", b"usd"), BANK_XML.replace(b"-10-", b"-13-"),
    ],
)  # fmt: skip
def test_it_refuses_what_is_not_the_banks_file(body):
    with pytest.raises(UnreadableRates):
        list(sources.from_bank_xml(body))


BANK_CSV = b"Date,USD,HRK,\n2026-10-02,1.25,N/A,\n2026-10-01,1.24,7.5,\n"


def test_it_reads_the_banks_history_as_csv_and_leaves_out_what_was_not_told():
    assert list(sources.from_bank_csv(BANK_CSV)) == [
        (FRIDAY, "USD", Decimal("1.25"), "ECB"),
        (date(2026, 10, 1), "USD", Decimal("1.24"), "ECB"),
        (date(2026, 10, 1), "HRK", Decimal("7.5"), "ECB"),
    ]
    assert len(list(sources.from_bank_csv(BANK_CSV, since=FRIDAY))) == 1


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "first line"), (b"Datum,USD\n", "first line"), (b"PK\x03\x04", "not CSV"), (b"\xff\xfe", "not CSV"),
        (BANK_CSV.replace(b"1.24", b"-1"), "more than zero"), (BANK_CSV.replace(b"1.24", b"x"), "no number"),
        (BANK_CSV.replace(b",7.5", b""), "3 values under 4 names"), (BANK_CSV.replace(b"2026-10-01", b"1 Oct"), "no day"),
    ],
)  # fmt: skip
def test_it_refuses_a_history_that_is_not_the_banks(body, why):
    with pytest.raises(UnreadableRates, match=why):
        list(sources.from_bank_csv(body))
