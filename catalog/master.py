"""The master fields of a SKU as data: how each is called and read from text, and what is wrong with it. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from catalog.gtin import is_gtin, padded
from config.core.sheets.cells import Problem

LARGEST = 10_000_000
LONGEST = 120
LONGEST_TITLE = 300
VAT_CLASSES = ("standard", "reduced", "zero", "exempt")
Reader = Callable[[str, str], Any]


def _whole(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 0 < int(text) <= LARGEST:
        raise Problem(name, f"{text!r} is not a whole number above zero", "write digits alone, such as 250")
    return int(text)


def _country(name: str, text: str) -> str:
    if not re.fullmatch(r"[A-Z]{2}", text.upper(), re.ASCII):
        raise Problem(name, f"{text!r} is not a country code", "write two letters, such as DE or CN")
    return text.upper()


def _customs_code(name: str, text: str) -> str:
    digits = re.sub(r"[ .]", "", text)
    if not re.fullmatch(r"\d{6}|\d{8}|\d{10}|\d{11}", digits, re.ASCII):
        raise Problem(name, f"{text!r} is not a tariff number", "write its 6, 8, 10 or 11 digits")
    return digits


def _vat_class(name: str, text: str) -> str:
    if text.lower() not in VAT_CLASSES:
        raise Problem(name, f"{text!r} is no VAT class", f"write one of {', '.join(VAT_CLASSES)}")
    return text.lower()


def _name(name: str, text: str) -> str:
    if len(text) > LONGEST or not text.isprintable():
        raise Problem(name, f"longer than {LONGEST} characters, or not readable", "write it shorter")
    return text


def _title(name: str, text: str) -> str:
    if not text or len(text) > LONGEST_TITLE or not text.isprintable():
        raise Problem(name, f"empty, longer than {LONGEST_TITLE} characters, or not readable", "write a title")
    return text


def _gtin(name: str, text: str) -> str:
    if is_gtin(text):
        return text
    if meant := padded(text):
        todo = f"if the zeros before it were cut off, write {meant!r} and format the column as text"
        raise Problem(name, f"{text!r} is not a GTIN, but {meant!r} is", todo)
    raise Problem(name, f"{text!r} is not a GTIN: its check digit or length is wrong", "copy it from the package")


@dataclass(frozen=True, slots=True)
class Field:
    """One master field. `blocks` says which process cannot run without it, empty where none stops."""

    name: str
    label: str
    read: Reader
    unit: str = ""
    blocks: str = ""

    @property
    def is_number(self) -> bool:
        return self.read is _whole


FIELDS: Mapping[str, Field] = {
    field.name: field
    for field in (
        Field("title", "title", _title),
        Field("gtin", "GTIN", _gtin),
        Field("brand", "brand", _name),
        Field("vat_class", "VAT class", _vat_class, blocks="no margin without it"),
        Field("weight_g", "weight", _whole, "g", blocks="no label without it"),
        Field("length_mm", "length", _whole, "mm"),
        Field("width_mm", "width", _whole, "mm"),
        Field("height_mm", "height", _whole, "mm"),
        Field("origin_country", "country of origin", _country, blocks="no customs paper without it"),
        Field("customs_code", "customs tariff number", _customs_code, blocks="no customs paper without it"),
        Field("supplier", "supplier", _name),
        Field("lead_time_days", "lead time", _whole, "days"),
        Field("pack_quantity", "pieces per carton", _whole),
        Field("moq", "smallest order", _whole, "pieces"),
    )
}
OWN = tuple(name for name in FIELDS if name not in ("gtin", "brand"))
"""The fields that stand on the SKU itself; a GTIN is one of its names, and the brand is the product's."""


def read(name: str, text: str) -> Any:
    """The value that a text means; raises Problem with what is wrong and what to do."""
    return FIELDS[name].read(name, text.strip())
