"""Values that people typed into forms, read with the refusals that say how to type them."""

from collections.abc import Iterable, Mapping
from datetime import date

from django.core.exceptions import ValidationError

from atoll.errors import AtollError
from atoll.model.item import LONGEST_LEAD_DAYS

LARGEST = 1_000_000
"""Beyond this a number is taken for a slip of the keyboard."""

LAST_DAY = date(2200, 12, 31)
"""Beyond this a date is taken for one."""


class NotANumber(AtollError):
    """{what}: “{given}” is not a {kind} from {least} to {most}. Correct it and send the form again."""


class NotADay(AtollError):
    """{what}: “{given}” is not a date. Enter it as year-month-day, such as 2026-03-31."""


def whole(values: Mapping[str, str], name: str, what: str, *, least: int = 0, most: int = LARGEST) -> int:
    """A whole number within bounds, in the field `name` that people know as `what`."""
    given = values.get(name, "").strip()
    if not (given.isascii() and given.isdigit() and len(given) <= 9 and least <= int(given) <= most):
        raise NotANumber(what=what, given=given, kind="whole number", least=least, most=f"{most:,}")
    return int(given)


def decimal(values: Mapping[str, str], name: str, what: str, *, least: float = 0, most: float = LARGEST) -> float:
    """A number within bounds."""
    given = values.get(name, "").strip()
    try:
        found = float(given)
    except ValueError:
        found = least - 1
    if not least <= found <= most:  # also refuses what is not a number at all
        raise NotANumber(what=what, given=given, kind="number", least=least, most=f"{most:,g}")
    return found


def keys(values: Iterable[str]) -> list[int]:
    """Keys of the rows that were chosen; whatever is no key is left out."""
    return [int(value) for value in values if value.isascii() and value.isdigit() and len(value) <= 18]


def day(values: Mapping[str, str], name: str, what: str) -> date:
    """A date."""
    given = values.get(name, "").strip()
    try:
        found = date.fromisoformat(given)
    except ValueError:
        raise NotADay(what=what, given=given) from None
    if found > LAST_DAY:
        raise NotADay(what=what, given=given)
    return found


def refuse_long(row: object, *fields: str) -> None:
    """Let forms and files of the back office refuse a number of days that nobody can mean.

    Raises
    ------
    ValidationError
        For each of these fields that is beyond ten years.
    """
    words = f"Enter {LONGEST_LEAD_DAYS} days at most."
    if long := {name: words for name in fields if (getattr(row, name) or 0) > LONGEST_LEAD_DAYS}:
        raise ValidationError(long)
