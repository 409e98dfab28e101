"""Addresses as DHL takes them: streets with their house number, lockers and outlets in their own shape. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from config.core.errors import Rejected
from inventory.carriers.contract import Address
from inventory.carriers.dhl.countries import alpha3

NAME, STREET, HOUSE, ADDITION, CITY, EMAIL = 50, 50, 10, 60, 40, 80
_HOUSE = re.compile(
    r"(?P<street>.*?\D)[\s,]+(?P<house>(?:haus\s+)?\d+\s*[a-z]?(?:\s*[-/+]\s*\d*\s*[a-z]?)*)$", re.IGNORECASE
)
_GLUED = re.compile(r"(?P<street>.*[a-zäöüß.])(?P<house>\d+\s*[a-z]?)$", re.IGNORECASE)
_SQUARE = re.compile(r"(?P<street>[A-Z]\s?\d{1,2})\s*,\s*(?P<house>\d+\s*[a-z]?)$")
_LOCKER = re.compile(r"pack\s?station\s*(?:nr\.?\s*)?(\d{3})\b", re.IGNORECASE)
_OUTLET = re.compile(r"post\s?filiale\s*(?:nr\.?\s*)?(\d{3})\b", re.IGNORECASE)
_POST_WORDS = re.compile(r"post\s?-?(nummer|nr\b\.?)|kunden\s?-?(nummer|nr\b\.?)", re.IGNORECASE)
_POST_NUMBER = re.compile(r"\b(\d{6,10})\b")


def split_street(line: str) -> tuple[str, str]:
    """Street and house number; the number is blank where the line has none. `Q7, 24` is a street Q7 with the house 24."""
    line = " ".join(line.split())
    for pattern in (_SQUARE, _HOUSE, _GLUED):
        found = pattern.fullmatch(line)
        if found and len(found["house"]) <= HOUSE:
            return found["street"].rstrip(" ,"), found["house"].strip()
    return line, ""


def routed(address: Address) -> Address:
    """The address with its house apart, and with locker or outlet found where a marketplace wrote them as a street."""
    address = _at_a_machine(address)
    if address.locker_id or address.outlet_id or address.po_box or address.house:
        return address
    street, house = split_street(address.street)
    return replace(address, street=street, house=house)


def _at_a_machine(address: Address) -> Address:
    names = (address.name, address.name2, address.name3)
    lines = " ".join((address.street, address.house, address.addition, *names))
    if address.country != "DE" or address.locker_id or address.outlet_id:
        return address
    locker, outlet = _LOCKER.search(lines), _OUTLET.search(lines)
    number = _POST_NUMBER.search(lines)
    told = address.post_number or (number[1] if number else "")
    person = next((name for name in names if _is_person(name)), address.name)
    if locker:
        return replace(address, name=person, locker_id=locker[1], post_number=told)
    return replace(address, name=person, outlet_id=outlet[1], post_number=told) if outlet else address


def _is_person(name: str) -> bool:
    """Neither the machine nor a post number, which shops write where a company would stand."""
    for pattern in (_LOCKER, _OUTLET, _POST_WORDS, _POST_NUMBER):
        name = pattern.sub("", name)
    return any(sign.isalpha() for sign in name)


def consignee(address: Address, *, with_email: bool) -> dict[str, Any]:
    """The receiver in DHL's words; raises Rejected with the rule that the address breaks."""
    address = routed(address)
    _check_place(address)
    if address.locker_id:
        return _locker(address)
    if address.outlet_id:
        return _outlet(address)
    if address.po_box:
        return _box(address)
    contact = _contact(address)
    if with_email and address.email:
        contact["email"] = _short(address.email, EMAIL, "e-mail")
    if address.phone and address.country != "DE":
        contact["phone"] = _short(address.phone, 20, "phone")
    return contact


def shipper(settings: Mapping[str, str]) -> dict[str, Any]:
    """Who sends, as the account is set; the full name and a German address stand on the label."""
    wanted = ("name", "street", "house", "postal_code", "city")
    missing = [name for name in wanted if not settings.get(name)]
    if missing:
        raise Rejected(f"the sender has no {', '.join(missing)}; enter it with the carrier's account")
    told = {
        "name1": _short(settings["name"], NAME, "sender"), "addressStreet": settings["street"],
        "addressHouse": settings["house"], "postalCode": settings["postal_code"], "city": settings["city"],
        "country": "DEU",
    }  # fmt: skip
    return told | ({"email": settings["email"]} if settings.get("email") else {})


def customer(address: Address) -> dict[str, str]:
    """The sender of a return, who is the buyer."""
    address = routed(address)
    _check_place(address)
    if address.locker_id or address.outlet_id or address.po_box:
        raise Rejected("a return label needs the buyer's street; a locker cannot send")
    told = _contact(address)
    return {name: value for name, value in told.items() if name != "additionalAddressInformation1"}


def _contact(address: Address) -> dict[str, Any]:
    if not address.street:
        raise Rejected("the address has no street; correct it before a label is bought")
    if address.country == "DE" and not address.house:
        raise Rejected(f"the street {address.street!r} has no house number, which a German address needs; correct it")
    street, overflow = _cut(address.street)
    told = {
        "name1": _short(address.name, NAME, "name"), "name2": address.name2[:NAME], "name3": address.name3[:NAME],
        "addressStreet": street, "addressHouse": address.house,
        "additionalAddressInformation1": " ".join(filter(None, (overflow, address.addition)))[:ADDITION],
        "postalCode": address.postal_code.strip(), "city": _short(address.city, CITY, "city"),
        "state": address.state[:20] if address.country != "DE" else "", "country": alpha3(address.country),
    }  # fmt: skip
    return {name: value for name, value in told.items() if value}


def _locker(address: Address) -> dict[str, Any]:
    if not address.post_number:
        raise Rejected(f"locker {address.locker_id} needs the post number of the receiver; ask for it")
    return {
        "name": _short(address.name, NAME, "name"), "lockerID": int(address.locker_id),
        "postNumber": address.post_number, "city": address.city, "postalCode": address.postal_code.strip(),
        "country": alpha3(address.country),
    }  # fmt: skip


def _outlet(address: Address) -> dict[str, Any]:
    told = {
        "name": _short(address.name, NAME, "name"), "retailID": int(address.outlet_id), "city": address.city,
        "postalCode": address.postal_code.strip(), "country": alpha3(address.country),
    }  # fmt: skip
    if not address.post_number and not address.email:
        raise Rejected(f"outlet {address.outlet_id} needs the post number or the e-mail of the receiver; ask for it")
    return told | ({"postNumber": address.post_number} if address.post_number else {"email": address.email})


def _box(address: Address) -> dict[str, Any]:
    if not address.po_box.isdecimal():
        raise Rejected(f"the post office box {address.po_box!r} is not a number; correct it")
    return {
        "name1": _short(address.name, NAME, "name"), "poBoxID": int(address.po_box), "city": address.city,
        "postalCode": address.postal_code.strip(), "country": alpha3(address.country),
    }  # fmt: skip


def _check_place(address: Address) -> None:
    code = address.postal_code.strip()
    if not address.name.strip() or not address.city.strip():
        raise Rejected("the address has no name or no city; complete it before a label is bought")
    if address.country == "DE" and not re.fullmatch(r"\d{5}", code):
        raise Rejected(f"the postcode {code!r} has not five digits, as a German one has; correct it")
    if code and not re.fullmatch(r"[0-9A-Za-z]+([ -]?[0-9A-Za-z]+)*", code):
        raise Rejected(f"the postcode {code!r} holds signs that no postcode has; correct it")


def _cut(street: str) -> tuple[str, str]:
    """A street of at most fifty characters, and what stands over, cut between words."""
    if len(street) <= STREET:
        return street, ""
    head = street[:STREET].rsplit(" ", 1)[0]
    return head, street[len(head) :].strip()


def _short(text: str, most: int, what: str) -> str:
    if len(text) > most:
        raise Rejected(f"the {what} has {len(text)} characters, more than the {most} that fit; shorten it")
    return text
