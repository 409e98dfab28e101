"""What happened in the pipeline, told after the commit with ids only."""

from django.dispatch import Signal

run_finished = Signal()
"""A run ended well and its rows are stored. `run_id`, `account_id`, `resource`, `changed` (rows written)."""

run_failed = Signal()
"""A run ended without moving its cursor. `run_id`, `account_id`, `resource`, `code`."""

run_poisoned = Signal()
"""A run stopped because more than a fifth of a page could not be read; nothing of its window is stored. `run_id`."""

rows_rejected = Signal()
"""Pieces could not become rows and wait for a fix and a replay. `account_id`, `resource`, `ids` of RejectedRow."""

flow_failed = Signal()
"""A flow failed and will not heal by itself, or failed often. `account_id`, `resource`, `code`, `message`."""

flow_recovered = Signal()
"""A flow that had failed ran well again. `account_id`, `resource`."""

account_paused = Signal()
"""An account stopped, by a person or because its credentials are refused. `account_id`."""

account_resumed = Signal()
"""An account works again. `account_id`."""

credentials_expiring = Signal()
"""The credentials of an account expire within 30 days. `account_id`."""

command_failed = Signal()
"""A write was refused, or nobody could find out what became of it. `command_id`."""

gap_found = Signal()
"""Time that was not read, or records that another source spoke of, are missing. `ids` of Gap."""
