"""The finance part of the API: one file per noun, each with its `VIEWS` (and `QUESTIONS`), joined here."""

from __future__ import annotations

from typing import Any

from finance.api import (
    bank,
    bank_setup,
    costs,
    decisions,
    fee_months,
    fees,
    files,
    journals,
    known_then,
    ledger,
    months,
    profit,
    rates,
    statements,
    worklist,
)

PARTS = (
    bank,
    bank_setup,
    costs,
    decisions,
    fee_months,
    fees,
    files,
    journals,
    known_then,
    ledger,
    months,
    profit,
    rates,
    statements,
    worklist,
)
VIEWS: dict[str, Any] = {name: view for part in PARTS for name, view in part.VIEWS.items()}
QUESTIONS: dict[str, Any] = {name: view for part in PARTS for name, view in getattr(part, "QUESTIONS", {}).items()}
