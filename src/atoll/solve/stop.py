"""Stopping criteria: callables without arguments that a search asks between its steps. True ends it with the best so far."""

from collections.abc import Callable
from time import monotonic

Stop = Callable[[], bool]


def never() -> bool:
    """Let the search end by itself."""
    return False


class Deadline:
    """Stop after so many seconds from now.

    Parameters
    ----------
    seconds
        At least 0.
    """

    def __init__(self, seconds: float) -> None:
        if not seconds >= 0:
            raise ValueError(f"Expected seconds >= 0, got {seconds}.")
        self.end = monotonic() + seconds

    def __call__(self) -> bool:
        return monotonic() >= self.end
