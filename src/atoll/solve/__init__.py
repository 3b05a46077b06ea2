"""What searches and optimisers share."""

from atoll.solve.stop import Deadline, Stop, never

__all__ = ["Deadline", "Stop", "never"]
