"""Reads bank statements in CAMT.053 (ISO 20022, versions 001.02 to 001.08) as a stream of bookings; pure.

Only booked entries count; the charges that the bank took out of an entry are its fee. A document with a DOCTYPE is refused,
so that no entity is ever expanded. Names of elements are compared without their namespace, which is the version.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import BinaryIO
from xml.parsers import expat

from config.core.money import LossyAmount, decimal

BLOCK = 1 << 16
VERSIONS = re.compile(r"urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.0[2-8]$")
DEEPEST = 40
LARGEST_FIELD = 4000
_TRANSACTION = "NtryDtls/TxDtls/Chrgs/Rcrd"


class NotCamt(ValueError):
    """The file is no CAMT.053 statement that we read; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BankEntry:
    """One booking of a bank account; plus is money in. `fee` is positive, what the bank kept of it."""

    row_no: int
    iban: str
    booked_on: date
    amount: Decimal
    currency: str
    reference: str
    bank_ref: str = ""
    fee: Decimal = Decimal(0)
    is_return: bool = False


@dataclass(frozen=True, slots=True)
class BadEntry:
    """A booking that cannot be read: why, and its fields as they came."""

    row_no: int
    reason: str
    raw: dict[str, list[str]]


@dataclass(slots=True)
class Balance:
    """Opening and closing balance of one bank account in the file, None where it does not tell."""

    opening: Decimal | None = None
    closing: Decimal | None = None


@dataclass(slots=True)
class _Reader:
    """Keeps the fields of the entry, balance or account that is open, and what was finished since it was asked last."""

    path: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    fields: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    iban: str = ""
    rows: int = 0
    done: list[BankEntry | BadEntry] = field(default_factory=list)
    balances: dict[str, Balance] = field(default_factory=dict)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        if not self.path and (local != "Document" or not VERSIONS.match(space)):
            raise NotCamt(f"{space or name} is not CAMT.053 in a version from 001.02 to 001.08")
        self.path.append(local)
        if len(self.path) > DEEPEST:
            raise NotCamt("the document nests deeper than any statement")
        self.text = []
        if self.path[-2:-1] == ["Stmt"] and local in ("Acct", "Bal", "Ntry"):
            self.fields = defaultdict(list)
        if "Ccy" in attributes:
            self.fields[self._key() + "@Ccy"].append(attributes["Ccy"])

    def characters(self, text: str) -> None:
        if sum(map(len, self.text)) < LARGEST_FIELD:
            self.text.append(text)

    def end(self, name: str) -> None:
        value = "".join(self.text).strip()
        if value:
            self.fields[self._key()].append(value)
        self.text = []
        local = self.path.pop()
        if self.path[-1:] == ["Stmt"]:
            self._close(local)

    def refuse(self, *_: object) -> None:
        raise NotCamt("the file declares a document type; such files are refused")

    def _key(self) -> str:
        return "/".join(self.path[4:])

    def _close(self, local: str) -> None:
        if local == "Acct":
            self.iban = _first(self.fields, "Id/IBAN", "Id/Othr/Id")
        elif local == "Bal":
            self._balance()
        elif local == "Ntry":
            self.rows += 1
            if _first(self.fields, "Sts", "Sts/Cd") in ("BOOK", ""):
                self.done.append(_entry(self.rows, self.iban, self.fields))

    def _balance(self) -> None:
        kind = _first(self.fields, "Tp/CdOrPrtry/Cd", "Tp/CdOrPrtry/Prtry")
        amount = _signed(self.fields)
        told = self.balances.setdefault(self.iban, Balance())
        if kind in ("OPBD", "PRCD") and told.opening is None:
            told.opening = amount
        elif kind == "CLBD":
            told.closing = amount


def read(stream: BinaryIO, balances: dict[str, Balance]) -> Iterator[BankEntry | BadEntry]:
    """Bookings in the order of the file, block by block; `balances` is filled by bank account. Raises NotCamt."""
    reader = _Reader(balances=balances)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.characters
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = reader.refuse
    try:
        while block := stream.read(BLOCK):
            parser.Parse(block, False)
            yield from reader.done
            reader.done = []
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise NotCamt(f"this is no complete XML document: {error}") from error
    yield from reader.done


def _first(fields: dict[str, list[str]], *names: str) -> str:
    return next((fields[name][0] for name in names if fields.get(name)), "")


def _signed(fields: dict[str, list[str]]) -> Decimal:
    amount = decimal(_first(fields, "Amt"))
    side = _first(fields, "CdtDbtInd")
    if side not in ("CRDT", "DBIT"):
        raise ValueError(f"{side!r} is neither credit nor debit")
    return amount if side == "CRDT" else -amount


def _entry(row_no: int, iban: str, fields: dict[str, list[str]]) -> BankEntry | BadEntry:
    try:
        day = _first(fields, "BookgDt/Dt", "BookgDt/DtTm")[:10]
        if not day:
            raise ValueError("the entry has no booking date")
        return BankEntry(
            row_no=row_no, iban=iban, booked_on=date.fromisoformat(day), amount=_signed(fields),
            currency=_first(fields, "Amt@Ccy"), reference=_reference(fields), fee=_fee(fields),
            bank_ref=_first(fields, "AcctSvcrRef", "NtryRef"),
            is_return=_first(fields, "RvslInd") == "true" or any("RtrInf/" in name for name in fields),
        )  # fmt: skip
    except (ValueError, LossyAmount) as error:
        return BadEntry(row_no, str(error), {name: values[:20] for name, values in fields.items()})


def _reference(fields: dict[str, list[str]]) -> str:
    """What tells the booking: remittance text, end-to-end id and the other party, without what says nothing."""
    names = ("RmtInf/Ustrd", "RmtInf/Strd/CdtrRefInf/Ref", "Refs/EndToEndId", "Dbtr/Nm", "Dbtr/Pty/Nm")
    found = [value for name in names for key, values in fields.items() if key.endswith(name) for value in values]
    found += fields.get("AddtlNtryInf", [])
    told = dict.fromkeys(value for value in found if value not in ("NOTPROVIDED", "NONREF"))
    return " ".join(told)


def _fee(fields: dict[str, list[str]]) -> Decimal:
    """Charges that are taken out of the amount already; those of its transaction only where it says so."""
    if _first(fields, "Chrgs/Rcrd/ChrgInclInd", "Chrgs/ChrgInclInd") == "false":
        return Decimal(0)
    told = fields.get("Chrgs/Rcrd/Amt") or fields.get("Chrgs/Amt") or fields.get("Chrgs/TtlChrgsAndTaxAmt") or []
    if not told and set(fields.get(f"{_TRANSACTION}/ChrgInclInd", [])) == {"true"}:
        told = fields.get(f"{_TRANSACTION}/Amt", [])
    return sum((decimal(value) for value in told), Decimal(0))
