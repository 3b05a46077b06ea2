"""Features and options of the configurator. There are hundreds of options on a page, so they are put together here and not by
templates; and most features look as they did at some earlier click, so that what was made of them is kept.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape  # Django's own takes lazy texts too, which costs most of the time here
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify

from atoll_web.templatetags.atoll import money, signed

register = template.Library()

MOST_KEPT = 4096
"""Features that are kept as they were shown, a few thousand characters each."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """A feature as the page shows it.

    Parameters
    ----------
    key
        All that its fields depend on.
    """

    key: Hashable
    context: dict[str, Any] = field(compare=False)


@register.simple_tag(takes_context=True)
def feature_field(context: Any, feature: Any) -> SafeString:
    """The fields of a feature, with what is promised now, on the page of an address."""
    promised, address, revision = context["promised"], context["address"], context["revision"]
    key = (
        revision.digest,
        address,
        feature.definition.code,
        feature.text,
        feature.is_set,
        feature.fault,
        feature.options,
        promised,
    )
    return _feature_field(_Shown(key, {"feature": feature, "promised": promised, "address": address}))


@lru_cache(MOST_KEPT)
def _feature_field(shown: _Shown) -> SafeString:
    return render_to_string("sales/feature.html", shown.context)


@register.simple_tag
def options(feature: Any, shown: Any, promised: Any, reason: Any = "") -> SafeString:
    """Fields for options of a feature, each with what it does to price and date.

    Parameters
    ----------
    shown
        Those of them that are shown together.
    promised
        The day that is promised now; None as long as there is none.
    reason
        The number of the reason for which they are blocked.
    """
    code, sort = feature.definition.code, "checkbox" if feature.definition.kind == "many" else "radio"
    why = f' aria-describedby="why-{slugify(code)}-{reason}"' if reason else ""
    present = min((option.ships for option in feature.options if option.is_chosen and option.ships), default=None)
    parts = []
    name = escape(code)
    for option in shown:
        key = _key(code, option.value)
        chosen, checked = (" chosen", " checked") if option.is_chosen else ("", "")
        field = f'<input id="{key}" type="{sort}" name="f.{name}" value="{escape(option.value)}"{checked}{why}>'
        label = f"<span>{escape(option.name)}</span>{_effects(option, promised, present)}"
        parts.append(f'<div class="option{chosen}">{field}<label for="{key}">{label}</label></div>')
    return mark_safe("".join(parts))


@lru_cache(4096)
def _key(code: str, value: str) -> str:
    """What a field is called on the page."""
    return f"f-{slugify(f'{code}-{value}')}"


def _effects(option: Any, promised: Any, present: Any) -> str:
    """What choosing an option does, for eyes and for screen readers."""
    parts = []
    if option.gives_up:
        words = f"gives up {option.gives_up} choice{'s' if option.gives_up > 1 else ''}"
        parts.append(f'<span class="gives-up">{words}</span>')
    if option.difference:
        parts.append(signed(option.difference))
    if option.lowest is not None:
        parts.append(f'<span class="lowest">from {money(option.lowest)}</span>')
    if promised is not None and option.ships is not None and not option.is_chosen:
        parts.append(_date(option.ships, promised, present))
    shown = " ".join(filter(None, parts))
    return f' <span class="difference">{shown}</span>' if shown else ""


def _date(ships: Any, promised: Any, present: Any) -> str:
    """By how many days a product with the option can ship later or earlier; nothing where it makes no difference.

    Earlier is told only of an option that lets it be earlier than what the feature has now, and where nobody wished for the day.
    """
    days = (ships - promised.day).days
    if days > 0:
        number, word = days, "later"
    elif days < 0 and not promised.is_wished and (present is None or ships < present):
        number, word = -days, "earlier"
    else:
        return ""
    unit = "day" if number == 1 else "days"
    sign = "+" if word == "later" else "−"
    return (
        f'<span class="{word}" title="{ships.day} {ships:%b %Y}"><span aria-hidden="true">{sign}{number} {unit}</span>'
        f'<span class="hidden">ships {number} {unit} {word}, on {ships.day} {ships:%B %Y}</span></span>'
    )
