"""Solvers of mathematical programs as the rest of the science uses them, and what ends a search."""

from atoll.solve.stop import Deadline, Stop, never

__all__ = ["Deadline", "Stop", "never"]
