"""How values look on pages: states, dates, money, links to documents. Load it with ``{% load atoll %}``."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from atoll_web.words import in_words
from atoll_web.words import missed as missed_in_words

register = template.Library()

ICONS = {
    "circle": "M8 3a5 5 0 1 0 0 10A5 5 0 0 0 8 3z",
    "check": "M3 8.5l3.2 3.2L13 5",
    "gear": "M8 2v2.5M8 11.5V14M2 8h2.5M11.5 8H14M3.8 3.8l1.7 1.7M10.5 10.5l1.7 1.7M3.8 12.2l1.7-1.7M10.5 5.5l1.7-1.7",
    "box": "M2.5 5L8 2.5 13.5 5v6L8 13.5 2.5 11zM2.5 5L8 7.5 13.5 5M8 7.5v6",
    "truck": "M1.5 4h8v7h-8zM9.5 6.5h3l2 2.5v2h-5M4 11v1.5M12 11v1.5",
    "cross": "M4 4l8 8M12 4l-8 8",
    "warning": "M8 2.5L14.5 13.5h-13zM8 6.5v3M8 11.5v.5",
    "clock": "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM8 5v3.2l2 1.3",
    "pencil": "M3 13l.7-3L11 2.8 13.2 5 6 12.3z",
    "cart": "M2 3h2l1.5 7h6l1.5-5H4.6M6 13v.1M11 13v.1",
}

STATES = {
    "draft": ("neutral", "pencil"),
    "sound": ("good", "check"),
    "can be released": ("good", "check"),
    "cannot be released": ("bad", "cross"),
    "cannot be read": ("bad", "cross"),
    "planned": ("neutral", "clock"),
    "proposed": ("info", "clock"),
    "queued": ("neutral", "clock"),
    "quoted": ("info", "clock"),
    "expired": ("neutral", "cross"),
    "confirmed": ("info", "check"),
    "released": ("info", "check"),
    "sent": ("info", "cart"),
    "purchase": ("info", "cart"),
    "running": ("busy", "gear"),
    "build": ("busy", "gear"),
    "in assembly": ("busy", "gear"),
    "kitted": ("busy", "box"),
    "assembled": ("busy", "box"),
    "on hand": ("good", "box"),
    "completed": ("good", "check"),
    "done": ("good", "check"),
    "received": ("good", "check"),
    "shipped": ("good", "truck"),
    "waiting": ("neutral", "clock"),
    "delivered": ("good", "check"),
    "dead": ("bad", "cross"),
    "from stock": ("good", "box"),
    "not all on hand yet": ("warn", "clock"),
    "cancelled": ("neutral", "cross"),
    "discarded": ("neutral", "cross"),
    "obsolete": ("neutral", "cross"),
    "failed": ("bad", "cross"),
    "late": ("bad", "warning"),
    "later": ("bad", "clock"),
    "earlier": ("good", "clock"),
    "no date": ("bad", "cross"),
    "computing": ("busy", "gear"),
    "applied": ("good", "check"),
    "kept": ("good", "check"),
    "overdue": ("bad", "warning"),
    "below base stock": ("warn", "warning"),
    "no supplier": ("bad", "warning"),
    "clear": ("good", "check"),
    "short by one item": ("warn", "warning"),
    "short": ("bad", "warning"),
    "latest": ("warn", "clock"),
    "issued": ("good", "check"),
    "on hold": ("bad", "warning"),
    "at risk": ("warn", "warning"),
    "expedite": ("warn", "warning"),
    "release": ("info", "check"),
    "option": ("info", "pencil"),
    "substitute": ("info", "box"),
    "split": ("info", "truck"),
    "overtime": ("warn", "clock"),
    "express": ("warn", "cart"),
    "defer": ("neutral", "clock"),
    "cancel": ("neutral", "cross"),
}
"""Tone and icon of each state and of what stands out like one. The word is always shown as well."""

DOCUMENTS = {"SO": "order", "PO": "purchase-order", "BO": "build-order", "FA": "assembly-order"}
"""Name of the page of a document by the prefix of its number."""

NOTHING = "–"


@register.simple_tag
def icon(name: str) -> SafeString:
    """A small drawing that says nothing to a screen reader."""
    return format_html(
        '<svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path d="{}"/></svg>', ICONS[name]
    )


@register.simple_tag
def state(word: Any) -> SafeString:
    """A state as word, icon and colour."""
    tone, drawing = STATES.get(str(word), ("neutral", "circle"))
    return format_html('<span class="state {}">{}{}</span>', tone, icon(drawing), word)


@register.filter
def day(value: date | datetime | str | None) -> str | SafeString:
    """A date such as 5 Jan 2026."""
    if not value:
        return NOTHING
    value = date.fromisoformat(value) if isinstance(value, str) else value
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), in_words(value))


@register.simple_tag
def missed(asked: date | None, ships: date) -> str | SafeString:
    """That a line ships later than asked for, before the reason; nothing where it does not."""
    words = missed_in_words(asked, ships)
    return format_html("<strong>{}</strong> ", words) if words else ""


@register.filter
def moment(value: datetime | None) -> str | SafeString:
    """A date with its time."""
    if not value:
        return NOTHING
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), f"{value.day} {value:%b %Y %H:%M}")


@register.filter
def money(value: Decimal | float | str | None, currency: str = "") -> str:
    """An amount with two decimals and its currency."""
    return NOTHING if value is None else f"{Decimal(value):,.2f} {currency}".strip()


@register.filter
def signed(value: Decimal) -> str:
    """A difference of price with its sign."""
    return f"{value:+,.2f}".replace("-", "−")


@register.filter
def units(value: float | None) -> str:
    """A number with separated thousands."""
    return NOTHING if value is None else f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


@register.filter
def thousands(digits: str) -> str:
    """A whole number that is kept as text, with separated thousands."""
    return f"{Decimal(digits):,f}" if digits.isdecimal() else digits


@register.filter
def percent(value: float | None) -> str:
    """A share as a percentage."""
    return NOTHING if value is None else f"{100 * value:.1f} %"


@register.filter
def at(values: Mapping[str, Any] | str, key: str) -> Any:
    """The value of a key; empty where there is none."""
    return values.get(key, "") if values else ""


@register.filter
def is_list(value: Any) -> bool:
    """Whether there are several values."""
    return isinstance(value, (list, tuple))


@register.filter
def may(user: Any, capability: str) -> bool:
    """Whether the user may do something, for buttons; the door checks again."""
    return user.is_authenticated and user.may(capability)


@register.simple_tag
def document(number: str | None) -> str | SafeString:
    """The number of a document, leading to its page."""
    if not number:
        return NOTHING
    name = DOCUMENTS.get(number.partition("-")[0])
    if name is None:
        return number
    return format_html('<a class="code" href="{}">{}</a>', reverse(name, args=[number.partition("/")[0]]), number)


@register.simple_tag
def item(code: str) -> SafeString:
    """The code of an item, leading to its page."""
    return format_html('<a class="code" href="{}">{}</a>', reverse("item", args=[code]), code)


@register.simple_tag
def cell(column: Any, value: Any, link: str) -> str | SafeString:
    """A value of a list, by the kind of its column."""
    shown = _shown(column, value)
    return format_html('<a href="{}">{}</a>', link, shown) if link and value not in (None, "") else shown


def _shown(column: Any, value: Any) -> str | SafeString:
    if column.kind == "flag":
        return state(column.title.lower()) if value else mark_safe("")
    if value is None or value == "":
        return NOTHING
    match column.kind:
        case "state":
            return state(value)
        case "date":
            return day(value)
        case "moment":
            return moment(value)
        case "money":
            return money(value)
        case "number":
            return units(value)
        case "percent":
            return percent(value)
        case "document":
            return document(value)
    return str(value)
