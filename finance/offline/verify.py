#!/usr/bin/env python3
"""Checks a month certificate and everything that lies beside it, without network and with the standard library only.

    python3 verify.py                     the folder that this script lies in
    python3 verify.py certificate.zip     the archive as it was downloaded
    python3 verify.py --key HEX ...       the signature must be of this public key

It recomputes the hash of every file, the signature of the certificate (Ed25519), the sum of every statement from its
lines, the balance of every entry, and what each statement left on the clearing account. Without --key it proves that
nothing was changed after someone signed it, but not who that was: compare the public key that it prints with the one
that Ninefold shows on the screen of the month. It cannot tell whether the marketplace's own files are true.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import sys
import zipfile
import zlib
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

CERTIFICATE, SIGNATURE = "certificate.json", "signature.json"
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]


class Broken(Exception):
    """Something does not hold; the message names the file."""


class Bundle:
    """The files of a certificate, in a folder or in a zip."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.archive = zipfile.ZipFile(place) if place.is_file() else None

    def names(self) -> set[str]:
        if self.archive:
            return {name for name in self.archive.namelist() if not name.endswith("/")}
        return {file.relative_to(self.place).as_posix() for file in self.place.rglob("*") if file.is_file()}

    def read(self, name: str) -> bytes:
        try:
            return self.archive.read(name) if self.archive else (self.place / name).read_bytes()
        except (KeyError, FileNotFoundError):
            raise Broken(f"{name}: the file is missing") from None
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise Broken(f"{name}: the file is damaged ({error})") from None


def check(place: Path, wanted_key: str = "") -> list[str]:
    """What was proven, a sentence each; raises Broken at the first thing that does not hold."""
    bundle = Bundle(place)
    body = bundle.read(CERTIFICATE)
    told = [_signature(bundle, body, wanted_key)]
    certificate = json.loads(body)
    told.append(_hashes(bundle, certificate))
    told += _statements(bundle, certificate)
    told += _entries(bundle, certificate)
    return told


def _signature(bundle: Bundle, body: bytes, wanted_key: str) -> str:
    try:
        given = json.loads(bundle.read(SIGNATURE))
        digest, key, signature = given["sha256"], bytes.fromhex(given["public_key"]), bytes.fromhex(given["signature"])
    except (ValueError, KeyError, TypeError) as error:
        raise Broken(f"{SIGNATURE}: cannot be read ({error})") from None
    if hashlib.sha256(body).hexdigest() != digest:
        raise Broken(f"{CERTIFICATE}: its SHA-256 is not the one that was signed")
    if json.loads(body).get("public_key") != key.hex():
        raise Broken(f"{SIGNATURE}: the public key is not the one printed in the certificate")
    if wanted_key and wanted_key.lower() != key.hex():
        raise Broken(f"{SIGNATURE}: signed by {key.hex()}, not by the key that you gave")
    if not is_signed(key, body, signature):
        raise Broken(f"{SIGNATURE}: the signature does not fit the certificate")
    return f"the certificate is signed by {'the key that you gave' if wanted_key else key.hex()}"


def _hashes(bundle: Bundle, certificate: dict) -> str:
    listed = {row["name"]: row for row in certificate["files"]}
    for name, row in listed.items():
        body = bundle.read(name)
        if len(body) != row["size"] or hashlib.sha256(body).hexdigest() != row["sha256"]:
            raise Broken(f"{name}: its SHA-256 is not the one in the certificate")
    strays = bundle.names() - set(listed) - {CERTIFICATE, SIGNATURE}
    if strays:
        raise Broken(f"{sorted(strays)[0]}: the certificate does not know this file")
    return f"{len(listed)} files are as they were when the month was locked"


def _rows(bundle: Bundle, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(bundle.read(name).decode("utf-8-sig"))))


def _statements(bundle: Bundle, certificate: dict) -> list[str]:
    told = []
    for statement in certificate["statements"]:
        name, total = statement["file"], Decimal(statement["total"])
        rows = _rows(bundle, name)
        lines = sum((Decimal(row["amount"]) for row in rows), Decimal(0))
        if lines != total:
            raise Broken(f"{name}: its lines make {lines}, the statement says {total}")
        paid = sum((Decimal(row["amount"]) + Decimal(row["fee"]) for row in statement["deposits"]), Decimal(0))
        due, tolerated = _due(statement, len(rows))
        if statement["deposits"] and not statement["is_excused"] and abs(paid - due) > tolerated:
            raise Broken(f"{CERTIFICATE}: {statement['id']} says {due}, the bank received {paid}")
        seen = f" = {len(statement['deposits'])} deposit(s)" if statement["deposits"] else ", no deposit seen yet"
        told.append(f"statement {statement['id']}: lines = total = {total} {statement['currency']}{seen}")
    return told


def _due(statement: dict, lines: int) -> tuple[Decimal, Decimal]:
    """What the bank should receive, and by how much converting line by line may differ from it: one at most."""
    total, payout = Decimal(statement["total"]), statement.get("payout")
    if not payout:
        return total, Decimal(0)
    unit = Decimal(payout["unit"])
    due = (total * Decimal(payout["rate"])).quantize(unit, ROUND_HALF_UP) - Decimal(payout["kept"])
    return due, min(unit / 2 * lines, Decimal(1))


def _entries(bundle: Bundle, certificate: dict) -> list[str]:
    balance: dict[str, Decimal] = defaultdict(Decimal)
    cleared: dict[str, Decimal] = defaultdict(Decimal)
    for name in certificate["journal_files"]:
        for row in _rows(bundle, name):
            amount = Decimal(row["debit"] or 0) - Decimal(row["credit"] or 0)
            balance[row["document"]] += amount
            if row["purpose"] == "clearing" and not row["class"]:
                cleared[row["document"]] += amount
    for document, rest in balance.items():
        if rest:
            raise Broken(f"{certificate['journal_files'][0]}: debits and credits of {document} differ by {rest}")
    for statement in certificate["statements"]:
        found = sum((cleared[document] for document in statement["documents"]), Decimal(0))
        if statement["documents"] and found != Decimal(statement["booked_total"]):
            raise Broken(f"{certificate['journal_files'][0]}: {statement['id']} put {found} on the clearing account")
    return [f"{len(balance)} entries balance, and each statement is on the clearing account as a whole"]


def is_signed(key: bytes, body: bytes, signature: bytes) -> bool:
    """Whether this is the Ed25519 signature of the body (RFC 8032, section 5.1.7)."""
    if len(key) != 32 or len(signature) != 64:
        return False
    public, nonce = _point(key), _point(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if public is None or nonce is None or scalar >= ORDER:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + key + body).digest(), "little") % ORDER
    left, right = _times(scalar, _BASE), _plus(nonce, _times(challenge, public))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


def _x_of(y: int, sign: int) -> int | None:
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P or (not x and sign):
        return None
    return P - x if x & 1 != sign else x


def _point(packed: bytes) -> Point | None:
    number = int.from_bytes(packed, "little")
    sign, y = number >> 255, number & ((1 << 255) - 1)
    x = _x_of(y, sign) if y < P else None
    return None if x is None else (x, y, 1, x * y % P)


def _plus(one: Point, other: Point) -> Point:
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c = 2 * one[3] * other[3] * D % P
    d = 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def _times(factor: int, point: Point) -> Point:
    result: Point = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            result = _plus(result, point)
        point = _plus(point, point)
        factor >>= 1
    return result


_BASE_Y = 4 * pow(5, P - 2, P) % P
_BASE_X = _x_of(_BASE_Y, 0) or 0
_BASE: Point = (_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % P)


def main(arguments: list[str]) -> int:
    key = ""
    if arguments[:1] == ["--key"] and len(arguments) > 1:
        key, arguments = arguments[1], arguments[2:]
    place = Path(arguments[0]) if arguments else Path(__file__).resolve().parent
    try:
        told = check(place, key)
    except (Broken, OSError, zipfile.BadZipFile) as error:
        sys.stdout.write(f"FAILED {error}\n")
        return 1
    sys.stdout.write("".join(f"ok {line}\n" for line in told))
    if not key:
        sys.stdout.write("note: compare the public key above with the one that Ninefold shows, or give it with --key\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
