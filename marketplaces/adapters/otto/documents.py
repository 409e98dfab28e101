"""Money documents: mailed account statements from a mailbox folder, or the receipts of whole days.

OTTO offers no statement by API: files are mailed or downloaded. The mailbox is any address that lists what was received,
`{"files": [{"name", "received", "href"}]}` for `?since=&until=`, and hands a file out by its href; that form is ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

from config.core.errors import Rejected
from config.core.exact import exact_json
from marketplaces.adapters.otto import endpoints, paging
from marketplaces.adapters.otto.auth import Api
from marketplaces.contract import Page, Window

DAY = timedelta(days=1)
LATE_BY = 3 * DAY
PREFIX = "Kontoauszug"
TYPES = "PURCHASE,REFUND,PARTIAL_REFUND"
MOST_RECEIPTS = 128


def mailed(api: Api, mailbox: str, window: Window) -> Iterator[Page]:
    """Each statement that came in the window and is not stored yet, as it came."""
    root = mailbox if "://" in mailbox else f"{api.host}{mailbox}"
    span = f"since={_day(window.since)}&until={_day(window.until + DAY)}"
    listed = api.fetch(f"{root}?{span}").json()
    files = listed.get("files") if isinstance(listed, dict) else None
    if not isinstance(files, list):
        raise Rejected(f"{root} does not list files; check the address of the statement mailbox")
    for file in files:
        name = str(file.get("name", "")) if isinstance(file, dict) else ""
        if name.startswith(PREFIX) and name not in window.seen and _is_within(file, window):
            reply = api.fetch(_within(root, str(file.get("href") or name)), to_file=True)
            yield Page(
                resource="settlements", body=reply.body, path=reply.path, media_type="text/csv", document_id=name
            )


def daily(api: Api, window: Window) -> Iterator[Page]:
    """The receipts of each UTC day that ended three days ago, when nothing is added to it any more."""
    day = window.since.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - LATE_BY
    while day + DAY + LATE_BY <= window.until:
        name = f"receipts:{_day(day)}"
        if name not in window.seen:
            body = {"day": _day(day), "since": day.isoformat(), "until": (day + DAY).isoformat()}
            yield Page(
                resource="settlements", body=exact_json({**body, "receipts": _of_day(api, day)}), document_id=name
            )
        day += DAY


def _of_day(api: Api, day: datetime) -> list[Any]:
    params = {"receiptTypes": TYPES, "from": _day(day), "to": _day(day), "limit": MOST_RECEIPTS}
    return [
        receipt
        for reply in paging.linked(api, endpoints.RECEIPTS, params)
        for receipt in paging.pieces(reply, "resources", "receipts")
        if str(receipt.get("creationDate", ""))[:10] == _day(day)
    ]


def _within(root: str, href: str) -> str:
    """The file's address; one on another host is refused, for the token would go there."""
    address = urljoin(f"{root}/", href)
    if urlsplit(address)[:2] != urlsplit(root)[:2]:
        raise Rejected(
            f"the mailbox points to {urlsplit(address).netloc}, which is not its own host; check its address"
        )
    return address


def _is_within(file: dict[str, Any], window: Window) -> bool:
    """By the moment of receipt; a file that does not tell it is new."""
    try:
        received = datetime.fromisoformat(str(file.get("received")))
    except ValueError:
        return True
    return window.since <= (received if received.tzinfo else received.replace(tzinfo=UTC)) < window.until


def _day(at: datetime) -> str:
    return at.astimezone(UTC).date().isoformat()
