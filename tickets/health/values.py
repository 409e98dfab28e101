"""A measured value as a person says it."""

from __future__ import annotations

from decimal import Decimal

from config.core.templatetags.ui import duration
from tickets.health.base import Metric


def said(metric: Metric, value: Decimal | None) -> str:
    """A value in its unit; unknown is a dash."""
    if value is None:
        return "–"
    if metric.unit == "share":
        shown = value * 100
        return f"{shown:.2f}%" if shown and (abs(shown) < 10 or shown > 99) else f"{shown:.1f}%"
    if metric.unit == "seconds":
        return duration(float(value))
    return f"{value.normalize():f}" + ("×" if metric.unit == "times" else "")
