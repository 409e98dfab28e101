"""How money, moments, states and small charts look, everywhere the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from config.core import clock
from config.core.money import Money, minor_unit

register = template.Library()

_TONES = {
    "good": (
        "ok", "active", "shipped", "delivered", "confirmed", "matched", "tied", "linked", "resolved", "filled", "done",
        "locked", "exported", "approved", "passed", "good", "received", "stable",
    ),
    "watch": (
        "waiting", "paused", "partially_shipped", "pending", "ambiguous", "accepted", "retry", "snoozed", "s3", "hidden",
        "closing", "watch", "low", "high",
    ),
    "bad": (
        "failed", "lost", "broken", "rejected", "inconsistent", "suppressed", "dead", "stopped", "s1", "s2", "cancelled", "late",
        "parked", "unfillable", "ticket", "stop", "short", "long", "risk",
    ),
}  # fmt: skip
_TONE_OF = {word: tone for tone, words in _TONES.items() for word in words}


@register.filter
def badge(value: Any) -> SafeString:
    """A state as a coloured word; the word carries the meaning, the colour repeats it."""
    if value in (None, ""):
        return mark_safe("–")
    word = str(value)
    return format_html(
        '<span class="nf-badge nf-{}">{}</span>', _TONE_OF.get(word.lower(), "plain"), word.replace("_", " ")
    )


@register.filter
def band(name: str, said: str) -> SafeString:
    """A measured value in the colour of its band, with the band's name; plain where there is no band."""
    tone = {"stable": "good", "watch": "watch", "risk": "bad"}.get(name, "plain")
    return format_html('<span class="nf-badge nf-{}">{} {}</span>', tone, said, name)


@register.filter
def money(value: Any) -> SafeString:
    """An amount with its currency, thousands apart, minus in front; unknown is a dash and never zero."""
    if isinstance(value, tuple) and len(value) == 2 and value[0] is not None and value[1]:
        value = Money(value[0], value[1])
    if not isinstance(value, Money):
        return mark_safe('<span class="nf-unknown" title="not known">–</span>')
    digits = -int(minor_unit(value.currency).as_tuple().exponent)
    number = f"{value.rounded().amount:,.{digits}f}".replace(",", "\u202f")
    sign = "nf-minus" if value.amount < 0 else "nf-plus"
    return format_html('<span class="nf-amount {}">{}&nbsp;<small>{}</small></span>', sign, number, value.currency)


@register.simple_tag
def amount(value: Decimal | None, currency: str) -> SafeString:
    return money((value, currency))


@register.filter
def number(value: Decimal | int | None, places: int = 0) -> str:
    """A figure with thousands apart; unknown is a dash."""
    return "–" if value is None else f"{value:,.{places}f}".replace(",", "\u202f")


@register.filter
def words(value: Any) -> str:
    """A name of ours as a person reads it."""
    return str(value).replace("_", " ")


@register.filter
def told(value: Any) -> str:
    """A value that a marketplace told, as a person says it: yes and no, lists with commas."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(told(each) for each in value) if isinstance(value, list) else str(value)


@register.filter
def moment(value: datetime | date | None) -> SafeString:
    """A moment in UTC, said so."""
    if not value:
        return mark_safe("–")
    if not isinstance(value, datetime):
        return format_html("<time>{}</time>", f"{value:%d %b %Y}")
    return format_html('<time datetime="{}" title="{} UTC">{}</time>', value.isoformat(), value, f"{value:%d %b %H:%M}")


@register.filter
def since(value: datetime | None) -> SafeString:
    """How long ago, or until when, with the exact moment on hover."""
    if not value:
        return mark_safe("never")
    seconds = (clock.now() - value).total_seconds()
    text = f"{duration(abs(seconds))} ago" if seconds >= 0 else f"in {duration(-seconds)}"
    return format_html(
        '<time datetime="{}" title="{} UTC">{}</time>', value.isoformat(), f"{value:%Y-%m-%d %H:%M}", text
    )


@register.filter
def duration(seconds: float | str | None) -> str:
    """Seconds as a person says it: 45 s, 12 min, 3 h, 5 d."""
    if seconds is None or isinstance(seconds, str):
        return "–"
    for limit, size, unit in ((90, 1, "s"), (5400, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{round(seconds / size)} {unit}"
    return f"{round(seconds / 86_400)} d"


@register.simple_tag
def sparkline(values: Sequence[Decimal | float | int], width: int = 120, height: int = 28) -> SafeString:
    """A line of values as inline SVG, lowest at the bottom; nothing where there is nothing to draw."""
    numbers = [float(v) for v in values]
    if len(numbers) < 2:
        return mark_safe("")
    low, high = min(0.0, *numbers), max(numbers) or 1.0
    step = width / (len(numbers) - 1)
    points = " ".join(
        f"{i * step:.1f},{height - 2 - (v - low) / (high - low or 1) * (height - 4):.1f}" for i, v in enumerate(numbers)
    )
    return format_html(
        '<svg class="nf-spark" viewBox="0 0 {} {}" width="{}" height="{}" role="img" aria-label="trend">'
        '<polyline points="{}" fill="none" stroke="currentColor" stroke-width="1.6"/></svg>',
        width, height, width, height, points,
    )  # fmt: skip


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """The value under a key, for tables whose columns are data."""
    return mapping.get(key) if mapping else None


@register.filter
def thousands(value: Any) -> str:
    """A count with its thousands apart; unknown is a dash."""
    return "–" if value is None else f"{int(value):,}".replace(",", "\u202f")


@register.filter
def status(value: Any) -> SafeString:
    """An HTTP status as a coloured number; none means that no answer came."""
    if not isinstance(value, int):
        return mark_safe('<span class="nf-badge nf-bad">no answer</span>')
    tone = "good" if value < 300 else "watch" if value < 400 or value == 429 else "bad"
    return format_html('<span class="nf-badge nf-{}">{}</span>', tone, value)


@register.filter
def plain(value: Decimal | None) -> str:
    """A number without the zeros behind it; unknown is a dash."""
    return "–" if value is None else f"{value.normalize():f}"
