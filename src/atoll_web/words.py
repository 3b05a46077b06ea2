"""How pages, letters and commands write what is not a word."""

from datetime import date


def in_words(day: date) -> str:
    """Such as ``3 Feb 2026``."""
    return f"{day.day} {day:%b %Y}"


def missed(asked: date | None, ships: date) -> str:
    """Such as ``Asked for 29 Jan 2026; 25 days later:``, to stand before the reason; empty where nothing is missed."""
    days = (ships - asked).days if asked else 0
    return f"Asked for {in_words(asked)}; {days} day{'s'[: days > 1]} later:" if asked and days > 0 else ""
