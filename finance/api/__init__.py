"""The finance part of the API: one file per noun, each with its `VIEWS` (and `QUESTIONS`), joined here."""

from __future__ import annotations

from typing import Any

from finance.api import bank, costs, decisions, fees, journals, ledger, months, profit, rates, statements

PARTS = (bank, costs, decisions, fees, journals, ledger, months, profit, rates, statements)
VIEWS: dict[str, Any] = {name: view for part in PARTS for name, view in part.VIEWS.items()}
QUESTIONS: dict[str, Any] = {name: view for part in PARTS for name, view in getattr(part, "QUESTIONS", {}).items()}
