"""The evidence of a claim as one file, for whoever reads it at the marketplace."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

from config.core.exports import csv_lines

COLUMNS = ("statement", "row", "class", "amount", "currency", "posted_at", "raw_page", "hash")


def packed(evidence: Mapping[str, Any]) -> bytes:
    """A zip: `evidence.json`, and the settled rows as CSV with their raw pages."""
    rows = ([row[name] for name in COLUMNS] for row in evidence["rows"])
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("evidence.json", json.dumps(evidence, indent=2, default=str))
        pack.writestr("rows.csv", "".join(csv_lines(COLUMNS, rows)))
    return target.getvalue()
