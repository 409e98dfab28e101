"""The sandbox as it runs beside the product: one file for what was written, one kept first day, one application."""

from __future__ import annotations

import os
import threading
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import django
from django.apps import apps
from django.conf import settings

from marketplaces.sandbox import pusher, worlds
from marketplaces.sandbox.overlay import Overlay
from marketplaces.sandbox.server import Sandbox
from marketplaces.sandbox.wsgi import wsgi

ERROR_RATE = 0.0005
ERROR_RATE_VARIABLE = "SANDBOX_ERROR_RATE"
ABOUT = ("", "about", "origin")


def open_overlay() -> Overlay:
    return Overlay(settings.DATA_DIR / "sandbox.sqlite3")


def keep_origin(overlay: Overlay, wanted: date | None = None) -> date:
    """The worlds' first day: chosen once, as long before that day as the history lasts unless told, the same ever after."""
    kept = overlay.get(*ABOUT)
    if kept is None:
        chosen = wanted or datetime.now(UTC).date() - timedelta(days=settings.DEMO_DAYS)
        overlay.put(*ABOUT, {"day": chosen.isoformat()})
        return chosen
    return date.fromisoformat(kept["day"])


@lru_cache(maxsize=1)
def sandbox() -> Sandbox:
    """The one sandbox of this process, made at the first request; from then on it pushes events too."""
    if not apps.ready:
        django.setup()
    overlay = open_overlay()
    error_rate = float(os.environ.get(ERROR_RATE_VARIABLE, ERROR_RATE))
    made = Sandbox(worlds.build(keep_origin(overlay)), overlay, error_rate=error_rate)
    threading.Thread(target=pusher.push_for_ever, args=(made,), daemon=True, name="pusher").start()
    return made


application = wsgi(sandbox)
