"""Every sample gives exactly the rows that stand beside it, and what is no answer of OTTO's is refused with a reason."""

import gzip
import json
from decimal import Decimal
from pathlib import Path

import pytest

from marketplaces import plain
from marketplaces.adapters.otto.mapping import MAPPERS
from marketplaces.adapters.otto.rows import bookings, columns
from marketplaces.canonical import LineClass, Rejected, Settlement
from marketplaces.contract import Page
from marketplaces.pieces import Unreadable

FOLDER = Path(__file__).parents[4] / "marketplaces/adapters/otto/samples"
SAMPLES = sorted(path for path in FOLDER.iterdir() if not path.name.endswith(".expected.json"))


def mapped(resource: str, body: bytes) -> list:
    return list(MAPPERS[resource](Page(resource=resource, body=body)))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_it_gives_the_rows_beside_the_sample(path):
    found = mapped(path.name.split(".")[0], path.read_bytes())
    told = {
        "rows": [plain.row(row) for row in found if not isinstance(row, Rejected)],
        "rejected": [plain.rejected(row) for row in found if isinstance(row, Rejected)],
    }
    assert told == json.loads(path.with_name(f"{path.name.rsplit('.', 1)[0]}.expected.json").read_text())


@pytest.mark.parametrize("resource", sorted(MAPPERS))
@pytest.mark.parametrize(
    "body", [b"", b"<html>busy</html>", b"[[[", b'"text"', b"[1]", b'{"orderNumber": [}', b"\x1f\x8bno", b"\xff\xfe"]
)
def test_it_rejects_with_a_reason_what_is_no_answer(resource, body):
    found = mapped(resource, body)
    assert [bool(piece.reason) for piece in found if isinstance(piece, Rejected)] == [True]
    assert len(found) == 1


def order_of(*units: tuple[str, str]) -> dict:
    price = {"amount": 29.9, "currency": "EUR"}
    items = [{"positionItemId": key, "fulfillmentStatus": state, "itemValueGrossPrice": price,
              "product": {"sku": "LAMP", "vatRate": 19}} for key, state in units]  # fmt: skip
    return {
        "salesOrderId": "s1",
        "orderNumber": "k7demo42xq",
        "orderDate": "2026-03-02T09:15:00Z",
        "positionItems": items,
    }


@pytest.mark.parametrize(
    ("states", "status"),
    [
        (("CANCELLED_BY_PARTNER", "CANCELLED_BY_MARKETPLACE"), "cancelled"),
        (("ANNOUNCED", "PROCESSABLE"), "pending"),
        (("PROCESSABLE", "CANCELLED_BY_PARTNER"), "to_ship"),
        (("PROCESSABLE", "SENT"), "partially_shipped"),
        (("PROCESSABLE", "RETURNED"), "partially_shipped"),
        (("SENT", "CANCELLED_BY_MARKETPLACE"), "shipped"),
        (("RETURNED", "SENT"), "shipped"),
        (("RETURNED", "RETURNED"), "shipped"),
        (("SENT", "ON_THE_MOON"), "unknown"),
    ],
)
def test_it_tells_an_orders_state_from_those_of_its_pieces(states, status):
    units = tuple((f"u{n}", state) for n, state in enumerate(states))
    row = mapped("orders", json.dumps(order_of(*units)).encode())[0]
    assert (row.status, row.lines[0].quantity) == (status, len(states))


def test_it_gives_a_line_the_same_id_in_whatever_order_its_pieces_come():
    units = (("u3", "SENT"), ("u1", "PROCESSABLE"), ("u2", "SENT"))
    for told in (units, units[::-1]):
        line = mapped("orders", json.dumps(order_of(*told)).encode())[0].lines[0]
        assert (line.external_id, line.quantity, line.quantity_shipped) == ("u1", 3, 2)
        assert line.extra["position_items"] == dict(sorted(units))


def test_it_spreads_one_delivery_fee_over_the_pieces_and_never_multiplies_it():
    order = order_of(("u1", "SENT"), ("u2", "SENT"), ("u3", "SENT"))
    order["positionItems"][2]["product"] = {"sku": "MUG", "vatRate": 7}
    order["initialDeliveryFees"] = [
        {"deliveryFeeAmount": {"amount": 4.95, "currency": "EUR"}, "positionItemIds": ["u1", "u2", "u3"], "vatRate": 19}
    ]
    lines = mapped("orders", json.dumps(order).encode())[0].lines
    assert [line.shipping.amount for line in lines] == [Decimal("3.30"), Decimal("1.65")]


def test_it_keeps_the_buyer_out_of_what_it_rejects():
    order = {**order_of(), "deliveryAddress": {"lastName": "Beispiel", "countryCode": "DEU"}}
    raw = mapped("orders", json.dumps(order).encode())[0].raw
    assert raw["deliveryAddress"] == {"countryCode": "DEU"}


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1.234,56", "1234.56"), ("-12,3", "-12.3"), ("12,34-", "-12.34"), ("99,90 €", "99.90"), ("1,234.56", "1234.56"),
        ("12.34", "12.34"), ("1.234", "1234"), ("1,234", "1234"), ("0", "0"), ("+5,00", "5.00"),
    ],
)  # fmt: skip
def test_it_reads_amounts_of_both_styles(text, amount):
    assert columns.number(text, "x") == Decimal(amount)


@pytest.mark.parametrize("text", ["viel", "1.23.4", "12,345,6", "1e5", "--3"])
def test_it_guesses_no_amount(text):
    with pytest.raises(Unreadable, match="not an amount"):
        columns.number(text, "x")


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("03.03.2026", "2026-03-02T23:00:00+00:00"), ("03.07.2026 14:05:00", "2026-07-03T12:05:00+00:00"),
        ("2026-03-03", "2026-03-02T23:00:00+00:00"), ("2026-03-03T10:00:00Z", "2026-03-03T10:00:00+00:00"),
    ],
)  # fmt: skip
def test_it_reads_dates_in_german_time(text, at):
    assert columns.moment(text, "x").isoformat() == at


@pytest.mark.parametrize(
    ("word", "line_class", "sign"),
    [
        ("COMMISSION", "commission", "cost"), ("Provision", "commission", "cost"), ("PAYMENTFEE", "payment_fee", "cost"),
        ("COMMISSION_REVERSAL", "fee_reversal", "credit"), ("PROVISION_CORRECTION", "fee_reversal", "told"),
        ("PAYMENTFEE_REFUND", "payment_fee", "credit"), ("SERVICE", "subscription", "cost"),
        ("FINANCING_FEE_INVOICE", "payment_fee", "cost"), ("FINANCING_FEE_REFUND_INVOICE", "payment_fee", "credit"),
        ("VAT_REFUND", "tax", "told"), ("Ratenaufschlag", "payment_fee", "told"), ("Bestellgebühr", "closing", "cost"),
        ("PAY_IN", "principal", "told"), ("Pay-In", "principal", "told"), ("DIRECT_DEBIT", "transfer", "told"),
        ("PARTNER_PAYOUT", "transfer", "told"), ("Auszahlung", "transfer", "told"), ("Mondgebühr", "unknown", "told"),
    ],
)  # fmt: skip
def test_it_knows_the_kinds_of_bookings(word, line_class, sign):
    found = bookings.booking(word)
    assert (found.line_class, found.sign) == (LineClass(line_class), sign)


def test_it_reads_a_charge_as_a_cost_whatever_sign_the_file_writes():
    for amount in ("-12,50", "12,50"):
        body = f"Buchungsdatum;Buchungsart;Betrag\n03.03.2026;PROVISION;{amount}\n".encode()
        assert mapped("settlements", body)[1].amount.amount == Decimal("-12.50")


def test_it_finds_the_columns_in_whatever_order_they_stand():
    names = "Betrag;SKU;Buchungsart;Bestellnummer;Belegnummer;Buchungsdatum;Neu"
    body = f"{names}\n10,00;LAMP;PAY_IN;k7demo42xq;900;03.03.2026;x\n".encode("cp1252")
    line = mapped("settlements", body)[1]
    assert (line.amount.amount, line.sku, line.order_id, line.reference) == (Decimal(10), "LAMP", "k7demo42xq", "900")


def test_it_keeps_the_two_providers_files_of_one_period_apart():
    german = b"Buchungsdatum;Buchungsart;Betrag\n03.03.2026;PAY_IN;10,00\n"
    english = b"Booking Date;Transaction Type;Amount\n2026-03-03;PAY_IN;10.00\n"
    heads = [mapped("settlements", body)[0] for body in (german, english)]
    assert [head.external_id for head in heads] == ["ottopayments-20260303-20260303", "ratepay-20260303-20260303"]


def test_it_says_which_columns_it_saw_when_none_is_an_amount():
    found = mapped("settlements", b"Name;Ort\nErika;Hamburg\n")
    assert [type(row) for row in found] == [Rejected]
    assert "Name, Ort" in found[0].reason


def test_it_says_that_a_packed_statement_is_cut_off():

    body = gzip.compress((FOLDER / "settlements.csv").read_bytes())
    found = mapped("settlements", body[: len(body) // 2])
    assert [type(row) for row in found] == [Rejected]
    assert isinstance(mapped("settlements", body)[0], Settlement)
