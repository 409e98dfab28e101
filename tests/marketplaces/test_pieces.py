"""Files as people mail them: packed, in any character set, one answer or many."""

from __future__ import annotations

import gzip
import io
import json
import zipfile

import pytest

from marketplaces import pieces
from marketplaces.canonical import Rejected, TaxonomyNode
from marketplaces.contract import Page
from marketplaces.pieces import read_json, record, whole_page

ONE = {"key": "K-1", "name": "Töpfe\u2028und Pfannen"}
TWO = {"key": "K-2", "name": "b"}


@whole_page
def mapper(page):
    body = read_json(page)
    for raw in body if isinstance(body, list) else [body]:
        yield TaxonomyNode(external_id=record(raw, "it")["key"], name=raw["name"])


def names(body):
    return [row.name if isinstance(row, TaxonomyNode) else row.reason for row in mapper(Page(resource="x", body=body))]


def zipped(*bodies, beside=()):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, body in enumerate(bodies):
            archive.writestr(f"folder/{number}.json", body)
        for name in beside:
            archive.writestr(name, b"")
    return packed.getvalue()


def locked(body):
    """The same zip, its first file marked as encrypted."""
    changed = bytearray(body)
    changed[changed.index(b"PK\x01\x02") + 8] |= 1
    return bytes(changed)


def text(*values):
    return "\n".join(json.dumps(value, ensure_ascii=False) for value in values)


@pytest.mark.parametrize(
    "body",
    [
        text(ONE).encode(),
        b"\xef\xbb\xbf" + text(ONE).encode(),
        text(ONE).encode("utf-16"),
        gzip.compress(text(ONE).encode("utf-16")),
        zipped(text(ONE)),
        json.dumps({"payload": ONE}).encode(),
    ],
    ids=["plain", "marked", "utf-16", "gzip", "zip", "envelope"],
)
def test_it_reads_the_same_whatever_the_body_is_packed_in(body):
    assert names(body) == [ONE["name"]]


def test_it_reads_windows_text_that_is_no_utf_8():
    assert names('{"key": "K-1", "name": "Töpfe"}'.encode("cp1252")) == ["Töpfe"]


def test_it_reads_one_value_per_line_and_breaks_lines_nowhere_else():
    assert names((text(ONE, TWO) + "\n\n").encode()) == [ONE["name"], "b"]


def test_it_reads_every_file_of_a_zip_but_those_of_the_system_that_packed_it():
    packed = zipped(text(ONE), text(TWO), beside=("folder/", "__MACOSX/folder/._0.json"))
    assert names(packed) == [ONE["name"], "b"]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "the body is empty"),
        (b'{"key": 1}\n{', "the body is not JSON"),
        (gzip.compress(text(ONE).encode())[:-9], "the file is damaged or cut off"),
        (zipped(text(ONE))[:-30], "the zip file is damaged"),
        (zipped(beside=("folder/",)), "the zip file is empty"),
        (locked(zipped(text(ONE))), "locked with a password"),
        (b"[" * 200_000, "the body is not JSON"),
    ],
    ids=["empty", "broken line", "cut gzip", "cut zip", "nothing in it", "locked", "endless"],
)
def test_it_says_what_is_wrong_with_a_body_that_cannot_be_read(body, why):
    (refused,) = mapper(Page(resource="x", body=body, document_id="D-1"))
    assert isinstance(refused, Rejected)
    assert (why in refused.reason, refused.external_id) == (True, "D-1")


@pytest.mark.parametrize("pack", [gzip.compress, lambda body: zipped(body, body)], ids=["gzip", "zip"])
def test_it_unpacks_no_bomb(monkeypatch, pack):
    monkeypatch.setattr(pieces, "LARGEST", 10_000)
    (why,) = names(pack(b"[" + b" " * 9_998 * 2 + b"]"))
    assert "10000 bytes" in why
