"""A file of costs as people save it: what each cell means, and what every wrong row is told."""

import io
import random
from datetime import date, datetime
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from openpyxl import Workbook

from config.core.sheets import cells, reading
from finance.cost_sheets import judging
from finance.cost_sheets.columns import LAYOUT
from finance.cost_sheets.judging import Known

KNOWN = Known(
    skus={"MUG": 1, "CUP": 2, "0042": 3}, alike={"mug": "MUG", "42": "0042"}, warehouses={"own": 7, "pool": 8},
    currencies=frozenset({"EUR", "USD"}), closed_until=date(2026, 7, 31), today=date(2026, 10, 2),
)  # fmt: skip
HEADER = "sku;warehouse;vendor;currency;valid_from;purchase;inbound;vat_rate;is_end"
GOOD = "MUG;own;Kiln;EUR;2026-09-01;11,20;0,80;19;"


def judge(*lines, header=HEADER):
    return judging.judge(reading.read("\n".join([header, *lines]).encode(), LAYOUT), KNOWN)


def problems(*lines, header=HEADER):
    return {row.given.row_no: [str(problem) for problem in row.problems] for row in judge(*lines, header=header)}


def test_it_reads_what_a_row_says():
    (row,) = judge(GOOD)
    assert row.said == judging.Said(
        sku_id=1, warehouse_id=7, vendor="Kiln", currency="EUR", valid_from=date(2026, 9, 1), is_end=False,
        amounts=(Decimal("11.20"), Decimal("0.80"), Decimal(0), Decimal(0), Decimal(0)), vat_rate=Decimal("0.19"),
    )  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        f"{HEADER}\n{GOOD}".encode(),
        f"\ufeff{HEADER}\r\n{GOOD}\r\n\r\n".encode(),
        f"sep=;\r\n{HEADER}\r\n{GOOD}".encode(),
        f"{HEADER}\n{GOOD}\n;;;;;;;;\n".encode(),
        f"{HEADER}\n{GOOD}".replace(",", ".").replace(";", ",").encode("cp1252"),
        f"{HEADER}\n{GOOD}".replace(";", "\t").encode("utf-16"),
        f"{HEADER.upper().replace('_', ' ')}\n{GOOD.replace('Kiln', chr(34) + 'Kiln' + chr(34))}".encode(),
    ],
    ids=[
        "plain",
        "mark and CRLF",
        "separator told",
        "empty at the end",
        "commas",
        "UTF-16 tabs",
        "quotes and capitals",
    ],
)
def test_it_reads_every_way_in_which_a_spreadsheet_saves(content):
    (row,) = judging.judge(reading.read(content, LAYOUT), KNOWN)
    assert (row.said.vendor, row.said.amounts[:2], row.problems) == ("Kiln", (Decimal("11.2"), Decimal("0.8")), ())


def test_it_reads_the_code_page_of_western_spreadsheets():
    (row,) = judging.judge(
        reading.read(f"{HEADER}\n{GOOD}".replace("Kiln", "Töpfer & Söhne").encode("cp1252"), LAYOUT), KNOWN
    )
    assert row.said.vendor == "Töpfer & Söhne"


def workbook(*rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return book, file


def test_it_reads_a_workbook_with_its_numbers_dates_and_percents():
    book, file = workbook(
        ["sku", "currency", "valid_from", "purchase", "inbound", "vat_rate", "is_end"],
        ["MUG", "EUR", datetime(2026, 9, 1), 11.2, 1234.5, 0.19, None],  # noqa: DTZ001 - cells know no zone
        [42, "EUR", date(2026, 9, 1), "=1+1", 0, None, False],
    )
    book.active["F2"].number_format = "0%"
    file.seek(0)
    book.save(file)
    good, bad = judging.judge(reading.read(file.getvalue(), LAYOUT), KNOWN)
    assert good.said.amounts[:2] == (Decimal("11.2"), Decimal("1234.5"))
    assert (good.said.vat_rate, good.said.valid_from) == (Decimal("0.19"), date(2026, 9, 1))
    assert [str(problem) for problem in bad.problems] == [
        "purchase: holds the formula '=1+1'; formulas are never run; paste the value instead",
        "sku: no SKU is called '42'; did you mean '0042'?",
    ]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\x89PNG\x00\xff\x81", "the file is neither text in UTF-8 nor XLSX; save it as CSV UTF-8 or as XLSX"),
        (b"PK\x03\x04broken", "this workbook cannot be read; save it again as XLSX or CSV"),
        (b"", "the column 'sku' is missing; "),
        (b"sku;currency;valid_from;purchase\n", "the file has no row below its header in row 1; fill one in"),
        (b"sku;currency;valid_from;purchase;custms\nMUG;EUR;2026-09-01;1;2", "no column is called 'custms'; "),
        (b"sku;sku;currency;valid_from;purchase\nMUG", "the column 'sku' stands there twice; delete one"),
        (b"sku;currency;valid_from\nMUG", "the column 'purchase' is missing; "),
        (b'sku;currency;valid_from;purchase\n"MUG', "this is not a CSV file: unexpected end of data; save it again"),
    ],
)
def test_it_refuses_a_file_that_is_no_cost_sheet_and_says_what_to_do(content, told):
    with pytest.raises(ValidationError) as refused:
        reading.read(content, LAYOUT)
    assert refused.value.messages[0].startswith(told)


def test_it_tells_each_wrong_row_the_column_the_fault_and_the_remedy():
    assert problems(
        GOOD,
        "MUK;own;;EUR;2026-09-01;1,00;;;",
        "mug;own;;EUR;2026-09-01;1,00;;;",
        "MUG;berlin;;EUR;2026-09-01;1,00;;;",
        "MUG;own;;EURO;2026-09-01;-1,20;;;",
        "MUG;own;;EUR;09/01/2026;eleven;;;",
        "MUG;own;;EUR;31.2.2026;;;;",
        ";;;;;;;;",
        "CUP;own;;EUR;15.7.2026;=A1*2;;;",
        GOOD,
        "CUP;own;;USD;2026-09-02;5,00;;;",
        "CUP;own;;USD;2.9.2026;6,00;;;",
        "CUP;;;EUR;1.9.1999;1,23456;;0,19;perhaps",
        "CUP;;;EUR;2026-09-03;1,00;;;yes;lost",
        "CUP;;;EUR;2026-09-04;1,00;;;yes",
        "CUP;;;EUR;2026-09-05;0;;;",
    ) == {
        2: [],
        3: ["sku: no SKU is called 'MUK'; write the code as it stands in the list of products"],
        4: ["sku: no SKU is called 'mug'; did you mean 'MUG'?"],
        5: ["warehouse: no warehouse has the code 'berlin'; write one of own, pool, or leave it empty for all"],
        6: [
            "currency: 'EURO' is not a currency that is known here; write a code such as EUR",
            "purchase: '-1,20' is negative; write what one piece costs, without a sign",
        ],
        7: [
            "valid_from: '09/01/2026' is not a date that can be read; write it as 2026-09-01 or 1.9.2026",
            "purchase: 'eleven' is not a number; write the number alone, like 11.20 or 11,20",
        ],
        8: [
            "valid_from: '31.2.2026' is no day of the calendar; write it as 2026-09-01 or 1.9.2026",
            "purchase: the purchase price is missing; write what one piece costs; 0 only where it costs nothing",
        ],
        9: ["row: the row is empty; delete it"],
        10: [
            "purchase: holds the formula '=A1*2'; formulas are never run; paste the value instead",
            "valid_from: 2026-07 is closed; give a day from 2026-08-01 on",
        ],
        11: ["row: repeats row 2; delete one of the two"],
        12: [
            "purchase: 5.00 here, 6.00 in row 13, for one SKU, warehouse, vendor and day; "
            "keep the right one and delete the other"
        ],
        13: [
            "purchase: 6.00 here, 5.00 in row 12, for one SKU, warehouse, vendor and day; "
            "keep the right one and delete the other"
        ],
        14: [
            "valid_from: '1.9.1999' is too far away; give a day from 2000-01-01 to 2028-10-01",
            "purchase: '1,23456' has more than four decimals; round it to four",
            "vat_rate: '0,19' may be 0.19% or 19%; write percent, such as 19%",
            "is_end: 'perhaps' is neither yes nor no; write yes, or leave it empty",
        ],
        15: [
            "row: 'lost' stands beyond the last column; put quotes around a value that holds the separator, such as a comma",
            "is_end: an end has no amounts; empty the amounts, or empty this cell",
        ],
        16: ["is_end: an end has no amounts; empty the amounts, or empty this cell"],
        17: [],
    }


def test_it_never_takes_a_suggestion_for_a_cost():
    header = f"{HEADER};suggestion"
    assert problems(f"{GOOD};last cost", f"{GOOD.replace('MUG', 'CUP')};", header=header) == {
        2: ["suggestion: the amounts are still only a suggestion; check them, then empty this cell"],
        3: [],
    }


@pytest.mark.parametrize(
    ("text", "mark", "number"),
    [
        ("11.20", "", "11.20"), ("11,20", "", "11.20"), ("1.234,56", "", "1234.56"), ("1,234.56", "", "1234.56"),
        ("1 234,50", "", "1234.50"), ("1'234.50", "", "1234.50"), ("1.234.567", "", "1234567"), ("0.125", "", "0.125"),
        ("0,125", ".", "0.125"), ("1.234", ".", "1.234"), ("1.234", ",", "1234"), ("1,234", ".", "1234"),
        ("1,2345", "", "1.2345"), ("+5", "", "5"), ("0", "", "0"), ("12,345,678.9", "", "12345678.9"),
    ],
)  # fmt: skip
def test_it_reads_amounts_of_every_habit(text, mark, number):
    assert cells.amount("purchase", text, mark=mark) == Decimal(number)


@pytest.mark.parametrize(
    "text", ["€ 5", "5 €", "1e3", "nan", "1,23,4", "12.34.56", "1.2.3", "٣", "5-", "0x1", "1.234,567.8"]
)
def test_it_refuses_what_is_no_number(text):
    with pytest.raises(cells.Problem, match="is not a number"):
        cells.amount("purchase", text, mark="")


def test_it_asks_when_a_separator_could_be_either_and_no_other_amount_decides():
    line = "{};;;EUR;2026-09-01;{};;;"
    assert problems(line.format("MUG", "1.234"))[2] == [
        "purchase: '1.234' may mean 1234 or 1.234; write 1234 or four decimals"
    ]
    point, comma = ("MUG", "1.234"), ("CUP", "1,50")
    (row, _) = judge(line.format(*point), line.format(*comma))
    assert row.said.amounts[0] == Decimal(1234)


def test_it_reads_back_every_amount_that_any_habit_writes():
    dice = random.Random(7)  # noqa: S311 - a fixed choice of examples
    for _ in range(2000):
        number = Decimal(dice.randrange(10 ** dice.randrange(1, 11))).scaleb(-dice.choice([0, 2, 4]))
        plain = f"{number:,f}"
        for text, mark in ((plain, "."), (plain.translate(str.maketrans(",.", ".,")), ",")):
            assert cells.amount("purchase", text, mark=mark) == number
