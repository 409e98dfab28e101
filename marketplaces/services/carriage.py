"""Who carries a parcel, in the marketplace's own table: free text is refused here, before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Protocol

from django.core.exceptions import ValidationError

from config.core import clock
from marketplaces import registry
from marketplaces.carrier_codes import Carriers
from marketplaces.models import Account


class Carried(Protocol):
    """What a parcel says of its way."""

    @property
    def carrier(self) -> str: ...

    @property
    def tracking_number(self) -> str: ...

    @property
    def return_tracking_number(self) -> str: ...

    @property
    def return_carrier(self) -> str: ...


def _today() -> date:
    return clock.now().date()


def codes(account: Account) -> list[str]:
    """Our words for the carriers that the account's marketplace takes."""
    table = registry.get(account.marketplace).carriers
    return sorted(table.on(_today())) if table else []


def takes(account: Account, carrier: str) -> bool:
    """Whether parcels of a carrier (our word) can be told to the account's marketplace; all can where it has no table."""
    known = codes(account)
    return not known or carrier in known


def needs_return(account: Account) -> bool:
    """Whether a parcel can be told only with the number of its own return label."""
    table = registry.get(account.marketplace).carriers
    return bool(table and table.needs_return and not account.settings.get(table.return_setting))


def takes_several(account: Account) -> bool:
    """Whether one piece may be told in several parcels, each with its number."""
    table = registry.get(account.marketplace).carriers
    return bool(table and table.takes_several)


def word(text: str) -> str:
    """A carrier as our tables write it: `DHL Express` is DHL_EXPRESS."""
    return re.sub(r"[\s-]+", "_", text.strip()).upper()


def further(account: Account, given: Iterable[str]) -> dict[str, list[str]]:
    """The payload's words for other parcels of the same units; raises ValidationError where none may be told."""
    numbers = list(dict.fromkeys(filter(None, map(str.strip, given))))
    if numbers and not takes_several(account):
        raise ValidationError(f"{account.label} takes one number for each unit; tell parcels of other units apart")
    return {"further_numbers": numbers} if numbers else {}


def told(account: Account, parcel: Carried) -> dict[str, str]:
    """The payload's words; raises ValidationError with the rule that the parcel breaks."""
    carrier, number = word(parcel.carrier), parcel.tracking_number.strip()
    if not carrier:
        raise ValidationError("name the carrier of the parcel")
    table = registry.get(account.marketplace).carriers
    if table is None:
        return {"carrier": parcel.carrier.strip(), "tracking_number": number}
    rows = table.on(_today())
    if carrier not in rows:
        allowed = ", ".join(sorted(rows))
        raise ValidationError(
            f"{account.label} does not know the carrier {parcel.carrier.strip()!r}; it takes {allowed}"
        )
    if table.needs_number and not number and not rows[carrier].is_untracked:
        raise ValidationError(f"{account.label} takes no parcel of {carrier} without a tracking number")
    said = {"carrier": carrier, "carrier_code": rows[carrier].code, "tracking_number": number}
    return said | _return(account, parcel, table, carrier)


def _return(account: Account, parcel: Carried, table: Carriers, carrier: str) -> dict[str, str]:
    number = parcel.return_tracking_number.strip()
    if not table.needs_return:
        return {"return_tracking_number": number, "return_carrier": word(parcel.return_carrier)} if number else {}
    if not number and not account.settings.get(table.return_setting):
        raise ValidationError(
            f"{account.label} takes a parcel only with the number of its return label, or fines it: buy a return label first"
        )
    back = word(parcel.return_carrier or account.settings.get("return_carrier", "") or carrier)
    taken = sorted(row.word for row in table.on(_today()).values() if row.takes_returns)
    if back not in taken:
        allowed = ", ".join(taken)
        raise ValidationError(f"{account.label} takes return labels of {allowed}, not of {back}")
    return {"return_tracking_number": number, "return_carrier": back} if number else {}
