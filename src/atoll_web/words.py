"""How the pages write what is not a word."""

from datetime import date


def in_words(day: date) -> str:
    """Such as ``3 Feb 2026``."""
    return f"{day.day} {day:%b %Y}"
