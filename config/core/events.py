"""Tell others after the commit that ids changed, in the same client."""

from __future__ import annotations

import logging
from typing import Any

from django.db import transaction
from django.dispatch import Signal

from config.core import tenancy

log = logging.getLogger(__name__)


def announce(signal: Signal, **facts: Any) -> None:
    """Send a past-tense signal once the surrounding transaction has committed.

    A receiver that fails is logged and does not undo what happened; the nightly sweeps are the net.
    """
    schema = tenancy.current()

    def send() -> None:
        if tenancy.current() != schema:
            raise tenancy.MissingTenant(f"a signal of {schema!r} would have run in {tenancy.current()!r}")
        for receiver, answer in signal.send_robust(sender=None, **facts):
            if isinstance(answer, Exception):
                log.error("receiver_failed receiver=%s error=%s", receiver, type(answer).__name__, exc_info=answer)

    transaction.on_commit(send)
