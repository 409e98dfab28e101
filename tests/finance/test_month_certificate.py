"""The certificate of a locked month, proven by a script that needs nothing but Python."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from decimal import Decimal

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from finance import signing
from finance.models import Certificate, Deposit
from finance.offline import verify
from finance.services import certificates, closing, payouts, reconcile
from finance.services import journals as booking
from tests.finance.test_month_close import SEPTEMBER, locked, ready  # noqa: F401 - a month that is ready, and locked
from tests.finance.test_worked_examples import tell  # noqa: F401 - the fixture of the worked statement


@pytest.mark.django_db
def test_it_certifies_what_was_locked(locked):  # noqa: F811
    made = Certificate.objects.get()
    told = json.loads(certificates.content(made))
    assert (told["month"], told["prepared"]["by"], told["approved"]["by"]) == ("2026-09", "ann", "bob")
    (total,) = told["totals"]
    assert (total["currency"], total["statement_total"], total["booked"]["clearing"]) == ("EUR", "21.66", "21.66")
    (statement,) = told["statements"]
    assert (statement["total"], statement["documents"], statement["deposits"][0]["amount"]) == (
        "21.66", ["S-1-202609"], "21.66",
    )  # fmt: skip
    passed = {check["number"]: check["passed"] for check in statement["identities"]}
    assert (passed[1], passed[2], passed[7], passed[8]) == (True, True, True, True)
    assert [check["key"] for check in told["checks"] if not check["passed"]] == ["costs"]
    assert {row["name"] for row in told["files"]} == {
        "statements/S-1.csv", "exports/journal_shop_2026-09.csv", "journals.csv", "verify.py", "certificate.html",
    }  # fmt: skip


def run(place, *options: str) -> tuple[int, str]:
    """The script in a Python of its own, without our packages."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(place), *options], capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def unpacked(locked, tmp_path):  # noqa: F811
    bundle = certificates.bundle(Certificate.objects.get())
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(tmp_path / "out")
    return tmp_path / "out"


@pytest.mark.django_db
def test_it_is_verified_offline(unpacked):
    code, said = run(unpacked / "verify.py", "--key", signing.public_key())
    assert (code, said.splitlines()) == (
        0,
        [
            "ok the certificate is signed by the key that you gave",
            "ok 5 files are as they were when the month was locked",
            "ok statement S-1: lines = total = 21.66 EUR = 1 deposit(s)",
            "ok 1 entries balance, and each statement is on the clearing account as a whole",
        ],
    )
    assert run(unpacked / "verify.py")[1].endswith("or give it with --key\n")
    assert run(unpacked / "verify.py", str(certificates.bundle(Certificate.objects.get())))[0] == 0
    wrong = run(unpacked / "verify.py", "--key", "00" * 32)
    assert (wrong[0], "not by the key that you gave" in wrong[1]) == (1, True)


@pytest.mark.django_db
def test_it_verifies_a_payout_that_was_exchanged(ready):  # noqa: F811
    payouts.exchange(ready, currency="USD", rate=Decimal("1.1"), fee=Decimal("0.50"))
    Deposit.objects.update(currency="USD", amount=Decimal("23.33"))
    reconcile.reconcile([ready.pk])
    booking.book([ready.pk])
    closing.export(ready.account, SEPTEMBER, "generic", by="ann")
    closing.prepare(ready.account, SEPTEMBER, by="ann")
    closing.lock(ready.account, SEPTEMBER, by="bob")
    bundle = certificates.bundle(Certificate.objects.get())
    assert verify.check(bundle)[2] == "statement S-1: lines = total = 21.66 EUR = 1 deposit(s)"
    told = json.loads(certificates.content(Certificate.objects.get()))["statements"][0]
    assert told["payout"] == {"currency": "USD", "rate": "1.1", "kept": "0.50", "unit": "0.01"}
    assert verify._due(told, 1) == (Decimal("23.33"), Decimal("0.005"))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name",
    ["statements/S-1.csv", "journals.csv", "exports/journal_shop_2026-09.csv", "certificate.html", "certificate.json",
     "signature.json"],
)  # fmt: skip
def test_it_fails_and_names_the_file_when_one_byte_is_flipped(unpacked, name):
    file = unpacked / name
    body = bytearray(file.read_bytes())
    body[len(body) // 2] ^= 1
    file.write_bytes(body)
    code, said = run(unpacked / "verify.py")
    assert (code, said.startswith(f"FAILED {name}")) == (1, True), said


@pytest.mark.django_db
def test_it_fails_when_a_file_is_missing_or_added(unpacked):
    (unpacked / "note.txt").write_text("x")
    assert run(unpacked / "verify.py") == (1, "FAILED note.txt: the certificate does not know this file\n")
    (unpacked / "note.txt").unlink()
    (unpacked / "journals.csv").unlink()
    assert run(unpacked / "verify.py") == (1, "FAILED journals.csv: the file is missing\n")


@pytest.mark.django_db
def test_it_does_not_believe_a_certificate_that_someone_else_signed_again(unpacked):
    """Amounts changed in all places and signed anew: only the key tells."""
    forger = Ed25519PrivateKey.from_private_bytes(b"7" * 32)
    public = forger.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
    told = json.loads((unpacked / "certificate.json").read_text())
    told["public_key"] = public
    body = json.dumps(told).encode()
    (unpacked / "certificate.json").write_bytes(body)
    signed = {
        "sha256": verify.hashlib.sha256(body).hexdigest(),
        "public_key": public,
        "signature": forger.sign(body).hex(),
    }
    (unpacked / "signature.json").write_text(json.dumps(signed))
    assert run(unpacked / "verify.py")[0] == 0
    code, said = run(unpacked / "verify.py", "--key", signing.public_key())
    assert (code, f"signed by {public}" in said) == (1, True)


@pytest.mark.django_db
def test_it_finds_sums_that_do_not_hold_even_when_every_hash_does(unpacked):
    lines = unpacked / "statements" / "S-1.csv"
    lines.write_text(lines.read_text().replace("-31.05", "-31.06"))
    told = json.loads((unpacked / "certificate.json").read_text())
    for row in told["files"]:
        body = (unpacked / row["name"]).read_bytes()
        row |= {"sha256": verify.hashlib.sha256(body).hexdigest(), "size": len(body)}
    _sign(unpacked, told)
    assert run(unpacked / "verify.py") == (
        1, "FAILED statements/S-1.csv: its lines make 21.65, the statement says 21.66\n"
    )  # fmt: skip


def _sign(folder, told) -> None:
    body = json.dumps(told).encode()
    (folder / "certificate.json").write_bytes(body)
    given = {"sha256": verify.hashlib.sha256(body).hexdigest(), "public_key": signing.public_key()}
    (folder / "signature.json").write_text(json.dumps({**given, "signature": signing.sign(body)}))


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.integers(0, 511))
def test_it_checks_signatures_like_the_library(seed, body, bit):
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    signature = key.sign(body)
    flipped = bytearray(signature)
    flipped[bit // 8] ^= 1 << (bit % 8)
    assert verify.is_signed(public, body, signature)
    assert not verify.is_signed(public, body, bytes(flipped))
    assert not verify.is_signed(public, body + b"x", signature)
