"""The pipeline's part of the API: one file per noun, each with its `VIEWS`, joined here."""

from __future__ import annotations

from typing import Any

from marketplaces.api import flows, kept, writes

VIEWS: dict[str, Any] = {name: view for part in (flows, kept, writes) for name, view in part.VIEWS.items()}
