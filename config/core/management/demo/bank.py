"""The bank of the demo: what each marketplace paid out, as the files that a client downloads from its banks.

The first account is paid to a house bank that gives CAMT.053, the others come as our own CSV.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from finance.services.bank import deposits, files, ways
from marketplaces.sandbox.world import World
from marketplaces.selectors import accounts

IBANS = {"EUR": "DE02120300000000202051", "USD": "DE02500105170137075030", "GBP": "DE02100500000054540402"}
OTHER_IBAN = "DE02200505501015871393"
_DOCUMENT = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">'
    "<BkToCstmrStmt><GrpHdr><MsgId>{name}</MsgId><CreDtTm>{at}</CreDtTm></GrpHdr>{statements}</BkToCstmrStmt></Document>\n"
)
_STATEMENT = (
    "<Stmt><Id>{currency}</Id><Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>{currency}</Ccy></Acct>"
    "{opening}{closing}{entries}</Stmt>"
)
_BALANCE = (
    '<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="{currency}">{amount}</Amt>'
    "<CdtDbtInd>{side}</CdtDbtInd></Bal>"
)
_ENTRY = (
    '<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
    "<BookgDt><Dt>{day}</Dt></BookgDt><AcctSvcrRef>{number}</AcctSvcrRef><NtryDtls><TxDtls>"
    "<RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
)


class Booking(NamedTuple):
    account: str
    booked_on: str
    amount: Decimal
    currency: str
    reference: str


def receive(world: World, until: datetime) -> int:
    """Import the bookings of one client up to a moment, as its finance lead would; returns how many are new."""
    told = list(_bookings(world, until))
    known = {account.key: account for account in accounts() if account.key in world.stages}
    house = next((key for key in world.stages if key in known), "")
    mine = [booking for booking in told if booking.account == house]
    others = [booking for booking in told if booking.account != house]
    if mine:
        ways.set_rule(house, known[house])
    new = (
        files.import_file(io.BytesIO(camt_file(mine, until)), name=f"camt053_{until:%Y%m%d}.xml", by="finance").new
        if mine
        else 0
    )
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(deposits.COLUMNS)
    writer.writerows(others)
    return new + deposits.import_deposits(io.BytesIO(text.getvalue().encode())).new


def _bookings(world: World, until: datetime) -> Iterator[Booking]:
    for account in world.stages:
        statements = (world.statement(account, period) for period in world.periods(account, until))
        for paid in (s for s in statements if s.deposit_on <= until.date()):
            reference = f"payout {paid.serial}"
            yield Booking(account, paid.deposit_on.isoformat(), paid.total.amount, paid.currency, reference)


def camt_file(bookings: Iterable[Booking], at: datetime) -> bytes:
    """CAMT.053 with one statement per currency, from a balance of nothing to the sum of its bookings."""
    by_currency: dict[str, list[Booking]] = defaultdict(list)
    for booking in bookings:
        by_currency[booking.currency].append(booking)
    statements = "".join(_statement(currency, rows) for currency, rows in sorted(by_currency.items()))
    return _DOCUMENT.format(name=f"demo-{at:%Y%m%d}", at=at.isoformat(), statements=statements).encode()


def _statement(currency: str, rows: list[Booking]) -> str:
    entries = "".join(
        _ENTRY.format(
            currency=currency, day=row.booked_on, number=f"{currency}{number:06d}", text=f"{row.account} {row.reference}",
            **_signed(row.amount),
        )
        for number, row in enumerate(sorted(rows, key=lambda row: row.booked_on), start=1)
    )  # fmt: skip
    total = sum((row.amount for row in rows), Decimal(0))
    opening = _BALANCE.format(code="OPBD", currency=currency, **_signed(Decimal("0.00")))
    closing = _BALANCE.format(code="CLBD", currency=currency, **_signed(total))
    iban = IBANS.get(currency, OTHER_IBAN)
    return _STATEMENT.format(currency=currency, iban=iban, opening=opening, closing=closing, entries=entries)


def _signed(amount: Decimal) -> dict[str, str]:
    return {"amount": str(abs(amount)), "side": "CRDT" if amount >= 0 else "DBIT"}
