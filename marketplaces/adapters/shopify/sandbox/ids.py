"""Global ids from the serials of the world, and back. An order has one parcel and one return per position."""

from __future__ import annotations

import re

from config.core.money import Money

LOCATION = 41
ITEMS = 5_000_000
PRODUCTS = 7_000_000


def gid(kind: str, number: int | str) -> str:
    return f"gid://shopify/{kind}/{number}"


def serial(text: object, kind: str = "") -> int | None:
    """The number of a global id (of this kind), or None."""
    found = re.fullmatch(r"gid://shopify/(\w+)/(\d+)", str(text))
    return int(found[2]) if found and kind in ("", found[1]) else None


def capture(line: int) -> str:
    return gid("OrderTransaction", line * 10 + 1)


def repayment(line: int) -> str:
    return gid("OrderTransaction", line * 10 + 2)


def bag(money: Money) -> dict[str, dict[str, str]]:
    return {"shopMoney": amount(money), "presentmentMoney": amount(money)}


def amount(money: Money) -> dict[str, str]:
    return {"amount": format(money.amount, "f"), "currencyCode": money.currency}
