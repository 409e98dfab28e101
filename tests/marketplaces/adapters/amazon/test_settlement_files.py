"""Settlement files in the styles of different regions, damaged ones, and very long ones."""

from __future__ import annotations

import gzip
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from config.core.money import Money
from marketplaces.adapters.amazon.mapping.settlements import settlements
from marketplaces.canonical import LineClass, Rejected, Settlement, SettlementLine
from marketplaces.contract import Page

HEADER = (
    "settlement-id", "settlement-start-date", "settlement-end-date", "deposit-date", "total-amount", "currency",
    "transaction-type", "order-id", "marketplace-name", "amount-type", "amount-description", "amount",
    "posted-date-time", "sku", "quantity-purchased",
)  # fmt: skip


def summary(total: str, currency: str = "EUR", start: str = "01.09.2026 05:00:00 UTC", number: str = "9001") -> str:
    return "\t".join([number, start, start, start, total, currency])


def line(amount: str, description: str = "Principal", posted: str = "", sku: str = "", number: str = "9001") -> str:
    cells = [
        number,
        "",
        "",
        "",
        "",
        "",
        "Order",
        "305-1",
        "Amazon.de",
        "ItemPrice",
        description,
        amount,
        posted,
        sku,
        "1",
    ]
    return "\t".join(cells)


def file(*rows: str, end: str = "\r\n", charset: str = "utf-8") -> bytes:
    return end.join(["\t".join(HEADER), *rows, ""]).encode(charset)


def read(body: bytes, **context: str) -> list:
    return list(settlements(Page(resource="settlements", body=body, context=context)))


def amounts(rows: list) -> list[Decimal]:
    return [row.amount.amount for row in rows if isinstance(row, SettlementLine)]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["1.234,56", "-7,5", "1.000"], ["1234.56", "-7.5", "1000"]),
        (["1,234.56", "-7.50", "1,000"], ["1234.56", "-7.50", "1000"]),
        (["+3,10", "3,10-", "(3,10)", "\u22123,10"], ["3.10", "-3.10", "-3.10", "-3.10"]),
        (["1\u00a0234,50", "1\u202f234,50", "12,00"], ["1234.50", "1234.50", "12.00"]),
        (["5", "-7"], ["5", "-7"]),
    ],
)
def test_it_reads_amounts_in_the_style_of_the_whole_file(texts, expected):
    rows = read(file(summary("0"), *(line(text) for text in texts)))
    assert amounts(rows) == [Decimal(text) for text in expected]


@pytest.mark.parametrize("text", ["12.34", "1,2,3", "abc", "", "1.23.4", "NaN", "1e5", "٣,00", "9" * 400])
def test_it_rejects_an_amount_that_cannot_be_meant_and_keeps_the_other_rows(text):
    rows = read(file(summary("9,90"), line("9,90"), line(text), line("1,00")))
    assert amounts(rows) == [Decimal("9.90"), Decimal("1.00")]
    assert [row.external_id for row in rows if isinstance(row, SettlementLine)] == ["9001:1", "9001:3"]
    assert [row.external_id for row in rows if isinstance(row, Rejected)] == ["9001:2"]


@pytest.mark.parametrize(
    ("text", "currency", "expected"),
    [
        ("14.03.2026 07:49:55 UTC", "EUR", datetime(2026, 3, 14, 7, 49, 55, tzinfo=UTC)),
        ("2026-03-06 08:52:26 UTC", "USD", datetime(2026, 3, 6, 8, 52, 26, tzinfo=UTC)),
        ("2026/09/07 00:20:09 UTC", "JPY", datetime(2026, 9, 7, 0, 20, 9, tzinfo=UTC)),
        ("2025-08-14T22:07:18+02:00", "GBP", datetime(2025, 8, 14, 20, 7, 18, tzinfo=UTC)),
        ("03/04/26 10:00:00", "USD", datetime(2026, 3, 4, 10, tzinfo=UTC)),
        ("25/04/2026", "AED", datetime(2026, 4, 25, tzinfo=UTC)),
    ],
)
def test_it_reads_the_dates_of_every_region(text, currency, expected):
    header, only = read(file(summary("1.00", currency, text), line("1.00", posted=text)))
    assert header.period_start == header.period_end == only.posted_at == expected


def test_it_does_not_guess_between_day_and_month():
    (rejected,) = read(file(summary("1.00", "AED", "03/04/2026"), line("1.00")))
    assert "which is the day and which the month" in rejected.reason
    header, _ = read(file(summary("1.00", "AED", "03/04/2026"), line("1.00")), region="na")
    assert header.period_start == datetime(2026, 3, 4, tzinfo=UTC)


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_it_reads_umlauts_in_any_character_set(charset):
    _, only = read(file(summary("1,00"), line("1,00", sku="GRÜN/ß"), charset=charset))
    assert only.sku == "GRÜN/ß"


def test_it_reads_japanese_files_of_the_far_east():
    body = file(summary("100", "JPY", "2026/09/07 00:20:09 UTC"), line("100", sku="コップ"), charset="cp932")
    assert read(body, region="fe")[1].sku == "コップ"


def test_it_keeps_identical_rows_and_pads_short_ones():
    rows = read(file(summary("6,00"), line("2,00"), line("2,00"), line("2,00").rpartition("\t")[0], end="\n"))
    assert amounts(rows) == [Decimal("2.00")] * 3
    assert rows[3].quantity is None
    assert rows[1].quantity == 1


def test_it_finds_the_header_wherever_it_stands():
    rows = read(file(line("2,50"), summary("2,50"), "\t".join(HEADER), ""))
    assert rows[0].total == Money(Decimal("2.50"), "EUR")
    assert amounts(rows) == [Decimal("2.50")]


def test_it_reads_a_settlement_without_any_activity():
    (header,) = read(file(summary("0,00")))
    assert isinstance(header, Settlement)
    assert header.total == Money(Decimal("0.00"), "EUR")


def test_it_reads_two_settlements_of_one_file_apart():
    rows = read(file(summary("1,00"), line("1,00"), summary("2,00", number="9002"), line("2,00", number="9002")))
    assert [row.external_id for row in rows] == ["9001", "9001:1", "9002", "9002:1"]


def test_it_rejects_a_file_without_total_as_a_whole():
    (rejected,) = read(file(line("1,00")))
    assert "total-amount" in rejected.reason


def test_it_rejects_a_row_with_more_cells_than_columns():
    rows = read(file(summary("1,00"), line("1,00") + "\tsurplus", line("1,00") + "\t\t"))
    assert [type(row) for row in rows] == [Settlement, Rejected, SettlementLine]


def test_it_rejects_a_truncated_file_before_any_row():
    packed = gzip.compress(file(summary("1,00"), *(line(f"{n},00") for n in range(5000))))
    (rejected,) = read(packed[: len(packed) // 2])
    assert isinstance(rejected, Rejected)
    assert "cut short" in rejected.reason


@pytest.mark.parametrize("body", [b"<html><body>Service unavailable</body></html>", b"", b"\x1f\x8b", b"{}", b"a\tb\n"])
def test_it_rejects_what_is_no_settlement_with_a_sentence(body):
    (rejected,) = read(body)
    assert len(rejected.reason) > 20


def test_it_keeps_the_money_of_a_row_whose_label_nobody_knows():
    _, only = read(file(summary("1,00"), line("1,00", description="OrbitalDockingFee")))
    assert only.line_class is LineClass.UNKNOWN
    assert only.labels == ("Order", "ItemPrice", "OrbitalDockingFee")
    assert only.amount == Money(Decimal("1.00"), "EUR")


def test_it_reads_two_hundred_thousand_lines_within_bounded_memory(tmp_path: Path):
    """Measured in a process of its own, because memory is only ever given back to the process."""
    path = tmp_path / "long.tsv"
    with path.open("wb") as stream:
        stream.write(file(summary("0,00")))
        row = (line("1,00") + "\r\n").encode()
        for _ in range(200):
            stream.write(row * 1000)
    code = (
        "import resource, sys\n"
        "from marketplaces.adapters.amazon.mapping.settlements import settlements\n"
        "from marketplaces.contract import Page\n"
        "start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "count = sum(1 for _ in settlements(Page(resource='settlements', path=sys.argv[1])))\n"
        "print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start)\n"
    )
    run = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    count, grown_kb = map(int, run.stdout.split())
    assert count == 200_001
    assert grown_kb < 40_000
