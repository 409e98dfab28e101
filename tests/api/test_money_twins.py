"""Every screen of money, and every button on one, has an address of the API that does the same."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

import finance.views
from config.core.buttons import Button
from finance.urls import urlpatterns

SCREENS = {
    "work": "reconciliation-work", "work_tab": "reconciliation-work",
    "statements": "settlements", "statement": "settlements/{id}", "lines": "settlement-lines", "line": "matches",
    "discrepancies": "discrepancies", "discrepancy": "discrepancies/{id}",
    "claims": "claims", "claim": "claims/{id}", "claim_pack": "claims/pack",
    "write_offs": "write-offs", "hand_matches": "human-matches",
    "order_money": "order-line-money", "variance": "reconciliation-variance", "reserves": "reserves",
    "deposits": "deposits", "bank_bookings": "bank-bookings", "bank_setup": "bank-rules",
    "bank_rows": "bank-rejected-rows", "bank_row": "bank-rejected-rows/{id}",
    "margins": "margins", "profit_lines": "profit-lines", "waterfall": "margins/waterfall", "rates": "rates",
    "costs": "costs", "known_then": "margins/known-then", "cost": "costs/{id}", "cost_gaps": "cost-gaps",
    "cost_sheets": "cost-sheets", "cost_sheet": "cost-sheet-rows",
    "fees": "fee-rules", "fee": "fee-rules/{id}", "expected_fees": "expected-fees", "fee_quotes": "fee-quotes",
    "fee_habits": "fee-habits", "fees_monthly": "fees-monthly", "fees_stored": "fees-stored",
    "months": "account-months", "month": "account-months/checklist", "certificate": "certificates/{id}",
    "bundle": "certificates/archive", "rounding": "rounding-entries",
    "journals": "journals", "journal": "journal-lines", "export": "journal-exports/file",
    "ledger": "account-rules", "import": "settlements/import",
}  # fmt: skip
BUTTONS = {
    "accounts": {"rule": "account-rules/put", "remove": "account-rules/{id}/remove", "books": "books/put",
                 "standard": "books/standard-chart"},
    "bank": {"replay": "bank-rejected-rows/{id}/replay", "dismiss": "bank-rejected-rows/{id}/dismiss"},
    "bank_setup": {"layout": "bank-layouts/put", "forget_layout": "bank-layouts/{id}/remove", "rule": "bank-rules/put",
                   "forget_rule": "bank-rules/{id}/remove", "name": "bank-accounts/{id}/rename"},
    "claims": {name: f"claims/{{id}}/{name}" for name in ("submit", "refuse", "withdraw", "recover")},
    "cost_sheets": {
        "upload": "cost-sheets/upload", "approve_all": "cost-sheets/{id}/approve",
        **{name: f"cost-sheets/{{id}}/{name}" for name in ("approve", "decline", "check", "drop", "apply")},
    },
    "costs": {"enter": "costs/enter", "correct": "costs/{id}/correct", "end": "costs/{id}/end"},
    "discrepancies": {"accept": "discrepancies/{id}/accept", "resolve": "discrepancies/{id}/resolve",
                      "claim": "claims/open", "write_off": "write-offs/propose", "agree": "write-offs/{id}/approve"},
    "fee_habits": {"adopt": "fee-rules/adopt", "tax": "fee-vats/enter"},
    "fees": {"add": "fee-rules/agree", "end": "fee-rules/{id}/end", "withdraw": "fee-rules/{id}/withdraw"},
    "imports": {"statement": "settlements/import", "deposits": "deposits/import"},
    "lines": {"propose": "human-matches/propose", "agree": "human-matches/{id}/approve",
              "reverse": "human-matches/{id}/reverse"},
    "months": {name: f"account-months/{name}" for name in ("book", "export", "accept", "prepare", "withdraw", "lock")},
    "statements": {
        "returned": "settlements/{id}/payout",
        **{name: f"settlements/{{id}}/{name}" for name in ("exchange", "reconcile", "approve", "withdraw")},
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def described() -> dict[str, set[str]]:
    """Address and methods, as the description that is handed out says."""
    told = json.loads((Path(settings.BASE_DIR) / "openapi.json").read_text())["paths"]
    return {path.removeprefix("/api/v1/").strip("/"): set(methods) for path, methods in told.items()}


def buttons() -> Iterator[tuple[str, str]]:
    for module in pkgutil.iter_modules(finance.views.__path__):
        for found in vars(importlib.import_module(f"finance.views.{module.name}")).values():
            if isinstance(found, dict) and found and all(isinstance(each, Button) for each in found.values()):
                yield from ((module.name, name) for name in found)


def test_it_reads_over_the_api_what_each_screen_shows(described):
    assert {pattern.name for pattern in urlpatterns} == SCREENS.keys()
    assert [address for address in SCREENS.values() if not described.get(address, set()) & {"get", "post"}] == []


def test_it_does_over_the_api_what_each_button_does(described):
    assert sorted(set(buttons())) == sorted((module, name) for module, known in BUTTONS.items() for name in known)
    addresses = (address for known in BUTTONS.values() for address in known.values())
    assert [address for address in addresses if "post" not in described.get(address, set())] == []
