"""Every sample gives exactly the rows that stand beside it."""

import gzip
import json
from pathlib import Path

import pytest

from marketplaces import plain
from marketplaces.adapters.bol.mapping import MAPPERS
from marketplaces.canonical import Rejected
from marketplaces.contract import Page

FOLDER = Path(__file__).parents[4] / "marketplaces/adapters/bol/samples"
SAMPLES = sorted(path for path in FOLDER.iterdir() if not path.name.endswith(".expected.json"))


def mapped(resource: str, body: bytes) -> dict:
    found = list(MAPPERS[resource](Page(resource=resource, body=body)))
    rows = [plain.row(row) for row in found if not isinstance(row, Rejected)]
    return {"rows": rows, "rejected": [plain.rejected(row) for row in found if isinstance(row, Rejected)]}


def expected(path: Path) -> dict:
    return json.loads(path.with_name(f"{path.name.rsplit('.', 1)[0]}.expected.json").read_text())


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_it_gives_the_rows_beside_the_sample(path):
    assert mapped(path.name.split(".")[0], path.read_bytes()) == expected(path)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_it_gives_the_same_rows_when_a_client_mails_the_sample_packed_and_with_a_mark(path):
    body = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    packed = gzip.compress(b"\xef\xbb\xbf" + body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    assert mapped(path.name.split(".")[0], packed) == expected(path)


def test_it_has_a_sample_of_every_resource():
    assert {path.name.split(".")[0] for path in SAMPLES} == set(MAPPERS)


@pytest.mark.parametrize("resource", sorted(MAPPERS))
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>busy</html>",
        b"[[[",
        b'"text"',
        b"[1]",
        b'{"orderId": [}',
        b"\x1f\x8bnot gzip",
        b'[{"a": NaN}]',
        b"\xff\xfe",
    ],
)
def test_it_rejects_with_a_reason_instead_of_failing_when_the_page_is_not_bols(resource, body):
    found = mapped(resource, body)
    assert found["rows"] == []
    assert [bool(piece["reason"]) for piece in found["rejected"]] == [True]


def test_it_keeps_the_buyer_out_of_what_it_rejects():
    body = b'{"orderId": "C1", "shipmentDetails": {"surname": "Voorbeeld", "countryCode": "NL"}, "orderItems": []}'
    found = mapped("orders", body)
    assert found["rejected"][0]["raw"] == {"orderId": "C1", "orderItems": [], "shipmentDetails": {"countryCode": "NL"}}
