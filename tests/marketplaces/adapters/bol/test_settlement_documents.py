"""Large invoices are read in bounded memory, and broken ones as far as they go."""

import tracemalloc
from decimal import Decimal

from marketplaces.adapters.bol.mapping import MAPPERS
from marketplaces.canonical import Rejected, Settlement, SettlementLine
from marketplaces.contract import Page

LINE = (
    '{"id":"C%010d#0000000000017#TURNOVER","invoicedQuantity":{"value":1},'
    '"lineExtensionAmount":{"value":-10.01,"currencyID":"EUR"},"taxTotal":[{"taxAmount":{"value":-2.10}}],'
    '"item":{"Name":{"value":"TURNOVER"},"Description":[{"value":"quote \\" and {\\"invoice\\": []}"}]}}'
)


def document(path, lines: int) -> Page:
    with path.open("w") as file:
        file.write('{"invoice":{"invoiceId":"900000009","invoicePeriod":{"startDate":1769900400000,')
        file.write(
            '"endDate":1772233200000},"legalMonetaryTotal":{"payableAmount":{"amount":-12.11}}},"specification":['
        )
        for start in range(0, lines, 25_000):
            found = ",".join(LINE % number for number in range(start, min(start + 25_000, lines)))
            file.write(f'{"," if start else ""}{{"invoiceSpecification":[{found}]}}')
        file.write("]}")
    return Page(resource="settlements", path=str(path), document_id="900000009")


def test_it_reads_a_document_in_bounded_memory(tmp_path):
    page = document(tmp_path / "invoice.json", 10_000)
    tracemalloc.start()
    count, paid = 0, Decimal(0)
    for row in MAPPERS["settlements"](page):
        if isinstance(row, SettlementLine):
            count, paid = count + 1, paid + row.amount.amount
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (count, paid) == (20_000, Decimal("121100.00"))
    assert peak < 4 * 1024 * 1024


def test_it_keeps_what_came_before_the_break_and_says_so_when_a_document_is_cut_off(tmp_path):
    page = document(tmp_path / "invoice.json", 3)
    whole = (tmp_path / "invoice.json").read_bytes()
    (tmp_path / "invoice.json").write_bytes(whole[:-200])
    rows = list(MAPPERS["settlements"](page))
    assert [type(row) for row in rows] == [Settlement, *[SettlementLine] * 4, Rejected]
    assert "fetch it again" in rows[-1].reason


def test_it_numbers_a_line_by_its_place_whatever_was_rejected_before_it():
    lines = b'{"invoiceSpecification":[{"id":"broken"},{"id":"C1##TURNOVER","lineExtensionAmount":{"value":-5}}]}'
    rows = list(MAPPERS["settlements"](Page(resource="settlements", body=lines, document_id="900000009")))
    assert isinstance(rows[0], Rejected)
    assert (rows[1].external_id, rows[1].row_no, rows[1].amount.amount) == ("900000009:3", 3, Decimal(5))
