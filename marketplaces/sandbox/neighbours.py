"""Simulated systems that are no marketplaces, such as carriers: each app registers its own when Django starts.

One under the name `carriers` answers `/_carriers/...`; it gets the rest of the path, the overlay and the moment.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from config.core.registry import Registry
from marketplaces.sandbox.facts import Answer, Request
from marketplaces.sandbox.overlay import Overlay

Neighbour = Callable[[Request, Overlay, datetime], Answer]

NEIGHBOURS: Registry[Neighbour] = Registry("simulated neighbour")
