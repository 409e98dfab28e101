"""Country codes: we speak alpha-2, shipping speaks alpha-3. The table beside this file holds where parcels go."""

from __future__ import annotations

import csv
from pathlib import Path

from config.core.errors import Rejected

with Path(__file__).with_suffix(".csv").open(newline="") as _table:
    ALPHA3 = {row["alpha2"]: row["alpha3"] for row in csv.DictReader(_table)}


def alpha3(country: str) -> str:
    """Raises Rejected for what is no country that parcels go to."""
    try:
        return ALPHA3[country.upper()]
    except KeyError as error:
        raise Rejected(f"{country!r} is no country code that parcels go to; give two letters, such as DE") from error
