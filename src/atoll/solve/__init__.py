"""What searches and optimisers share."""

from atoll.solve.stop import Deadline, Never, Stop

__all__ = ["Deadline", "Never", "Stop"]
