from datetime import UTC, datetime
from decimal import Decimal

import pytest

from config.core.exports import csv_lines, csv_response, safe


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\tx", "\rx", "\n=x", "\uff1d1+1", "\uff20SUM(A1)"]
)
def test_it_keeps_a_spreadsheet_from_running_a_cell(text):
    assert safe(text) == f"'{text}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (Decimal("-4.50"), "-4.50"),
        (-3, "-3"),
        ("MUG-1", "MUG-1"),
        (datetime(2026, 10, 2, 12, tzinfo=UTC), "2026-10-02T12:00:00+00:00"),
    ],
)
def test_it_leaves_numbers_and_plain_text_as_they_are(value, text):
    assert safe(value) == text


def test_it_quotes_what_csv_must_quote():
    assert list(csv_lines(["a", "b"], [["x,y", 'say "hi"']])) == ["a,b\r\n", '"x,y","say ""hi"""\r\n']


def test_it_names_the_file_after_the_screen_and_marks_its_encoding():
    answer = csv_response("Unlinked products", ["a"], [["é"]])
    assert b"".join(answer.streaming_content) == b"\xef\xbb\xbfa\r\n\xc3\xa9\r\n"
    assert answer["Content-Disposition"] == 'attachment; filename="unlinked-products.csv"'
