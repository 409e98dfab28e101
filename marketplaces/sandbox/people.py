"""Where the simulated buyers live: one invented person, and a street that exists nowhere in a town of each country."""

from __future__ import annotations

from dataclasses import dataclass

NAME = "Erika Beispiel"


@dataclass(frozen=True, slots=True)
class Place:
    street: str
    house: str
    postal_code: str
    city: str


_PLACES = {
    "AT": Place("Mustergasse", "4", "1010", "Wien"), "BE": Place("Voorbeeldstraat", "5", "1000", "Brussel"),
    "CH": Place("Musterstrasse", "6", "8001", "Zürich"), "DE": Place("Musterweg", "7b", "20095", "Hamburg"),
    "ES": Place("Calle Ejemplo", "8", "28001", "Madrid"), "FR": Place("Rue Exemple", "9", "75001", "Paris"),
    "GB": Place("Example Street", "10", "SW1A 1AA", "London"), "IT": Place("Via Esempio", "11", "00118", "Roma"),
    "NL": Place("Teststraat", "7", "1011AB", "Amsterdam"), "PL": Place("Przykladowa", "12", "00-001", "Warszawa"),
    "SE": Place("Exempelgatan", "13", "11120", "Stockholm"), "US": Place("Example Avenue", "14", "10001", "New York"),
}  # fmt: skip


def place(country: str) -> Place:
    """Somewhere in this country; a country without a town here gets one that a person must correct."""
    return _PLACES.get(country, Place("Example Road", "1", "", "Example"))
