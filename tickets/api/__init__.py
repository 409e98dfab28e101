"""The tickets part of the API: one file per noun, each with its `VIEWS` (and `QUESTIONS`), joined here."""

from __future__ import annotations

from typing import Any

from tickets.api import health, incidents, reviews, tickets

PARTS = (tickets, health, incidents, reviews)
VIEWS: dict[str, Any] = {name: view for part in PARTS for name, view in part.VIEWS.items()}
QUESTIONS: dict[str, Any] = {name: view for part in PARTS for name, view in getattr(part, "QUESTIONS", {}).items()}
