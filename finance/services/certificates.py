"""Makes the certificate of a locked month, with the archive that lets anyone verify it without us."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from config.core import clock, tenancy
from finance import certificate, signing
from finance.checklist import Row
from finance.exports import tables
from finance.exports.postings import Batch
from finance.models import AccountMonth, Certificate, Journal, JournalExport, Settlement
from finance.offline import verify
from finance.selectors.rounding import RoundingMonth
from finance.services import exports
from marketplaces.services import pages

BLOCK = 1 << 20
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


def make(
    month: AccountMonth, statements: Sequence[Settlement], checks: Sequence[Row], rounding: Sequence[RoundingMonth]
) -> Certificate:
    """Write and sign the certificate, and keep it with every file it speaks of in one archive."""
    with tempfile.TemporaryDirectory(prefix="ninefold-close-") as place:
        folder = Path(place)
        payload = _collect(folder, month, statements, checks, rounding)
        body = certificate.dump(payload)
        (folder / verify.CERTIFICATE).write_bytes(body)
        signature = {
            "sha256": hashlib.sha256(body).hexdigest(), "algorithm": "Ed25519", "public_key": payload["public_key"],
            "signature": signing.sign(body),
        }  # fmt: skip
        (folder / verify.SIGNATURE).write_text(json.dumps(signature, indent=1) + "\n")
        return _keep(folder, month, body, signature)


def content(made: Certificate) -> bytes:
    """certificate.json as it was signed."""
    return zlib.decompress(bytes(made.body))


def bundle(made: Certificate) -> Path:
    """Where the archive lies."""
    return _home() / made.path


def _home() -> Path:
    return Path(settings.DATA_DIR) / "closed"


def _collect(
    folder: Path,
    month: AccountMonth,
    statements: Sequence[Settlement],
    checks: Sequence[Row],
    rounding: Sequence[RoundingMonth],
) -> dict[str, Any]:
    for name in ("statements", "raw", "exports"):
        (folder / name).mkdir()
    names = {row.pk: f"statements/{certificate.file_name(row.external_id)}.csv" for row in statements}
    for row in statements:
        (folder / names[row.pk]).write_bytes(certificate.statement_lines(row))
    notes = _raw(folder, statements)
    for made in JournalExport.objects.filter(account=month.account, month=month.month, is_current=True):
        (folder / "exports" / made.name).write_bytes(exports.content(made))
    journal_files = _journals(folder, month, statements)
    shutil.copyfile(verify.__file__, folder / "verify.py")
    key = signing.public_key()
    payload = certificate.compose(month, statements, checks, rounding, names=names, key=key)
    payload |= {"journal_files": journal_files, "raw": notes}
    page = render_to_string("finance/certificate_page.html", {"told": payload})
    (folder / "certificate.html").write_text(page, encoding="utf-8")
    return {**payload, "files": [_hashed(folder, file) for file in sorted(folder.rglob("*")) if file.is_file()]}


def _raw(folder: Path, statements: Sequence[Settlement]) -> list[dict[str, Any]]:
    """The documents as the marketplace sent them; one past retention is named as missing."""
    notes: list[dict[str, Any]] = []
    for row in statements:
        name = f"raw/{certificate.file_name(row.external_id)}"
        page = pages.copy(row.page_id, folder / name) if row.page_id else None
        fetched = certificate.moment(page.fetched_at) if page else None
        notes.append({"statement": row.external_id, "file": name if page else None, "fetched_at": fetched})
    return notes


def _journals(folder: Path, month: AccountMonth, statements: Sequence[Settlement]) -> list[str]:
    """The entries of the month, and beside them the parts that its statements have in other months."""
    account, names = month.account, ["journals.csv"]
    (folder / names[0]).write_bytes(_table(month, month.month, None))
    parts = Journal.objects.filter(settlement__in=statements).exclude(month=month.month)
    for other in sorted(set(parts.values_list("month", flat=True))):
        names.append(f"journals_part_of_{other:%Y-%m}.csv")
        mine = set(parts.filter(account=account, month=other).values_list("number", flat=True))
        (folder / names[-1]).write_bytes(_table(month, other, mine))
    return names


def _table(month: AccountMonth, wanted: date, numbers: set[str] | None) -> bytes:
    found = exports.postings_of(month.account_id, wanted)
    chosen = [posting for posting in found if numbers is None or posting.number in numbers]
    batch = Batch(
        account=month.account.key, month=wanted, last_day=wanted, base_currency="", postings=chosen, rates={}
    )  # fmt: skip
    return tables.generic(batch)


def _hashed(folder: Path, file: Path) -> dict[str, Any]:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(BLOCK):
            digest.update(block)
    return {
        "name": file.relative_to(folder).as_posix(), "sha256": digest.hexdigest(), "size": file.stat().st_size
    }  # fmt: skip


def _keep(folder: Path, month: AccountMonth, body: bytes, signature: dict[str, str]) -> Certificate:
    """Pack the files, the same content to the same bytes, beside where the archive belongs, and move it there."""
    path = tenancy.file_path(month.account.key, f"{month.month:%Y-%m}-{signature['sha256'][:12]}.zip")
    target = _home() / path
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(".draft")
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(file for file in folder.rglob("*") if file.is_file()):
            entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), _LONG_AGO)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            with file.open("rb") as source, archive.open(entry, "w") as kept:
                shutil.copyfileobj(source, kept, BLOCK)
    facts = _hashed(target.parent, draft)
    draft.replace(target)
    return Certificate.objects.create(
        month=month, body=zlib.compress(body, 9), sha256=signature["sha256"], public_key=signature["public_key"],
        signature=signature["signature"], path=str(path), bundle_sha256=facts["sha256"], bundle_size=facts["size"],
        made_at=clock.now(),
    )  # fmt: skip
