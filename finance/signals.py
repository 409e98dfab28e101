"""What finance tells others. Each carries `ids`; sent after the commit, in the client's schema."""

from django.dispatch import Signal

statements_applied = Signal()
"""After lines or headers of statements landed: `ids` of Settlement."""

statements_reconciled = Signal()
"""After statements were matched and checked: `ids` of Settlement."""

discrepancies_changed = Signal()
"""After discrepancies were opened, closed or got another amount: `ids` of Discrepancy."""

statement_gap_found = Signal()
"""After a statement turned out to be missing or late: `ids` of Discrepancy (kind statement gap)."""

costs_recorded = Signal()
"""After costs were entered, corrected or ended: `ids` of Sku."""
