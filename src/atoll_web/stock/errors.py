"""What stock refuses."""

from atoll.errors import AtollError


class Shortage(AtollError):
    """Not everything is on hand: {missing}. Wait for the supply that is allocated, or promise the order again."""


class NotEnoughStock(AtollError):
    """{location} holds only {held} of {item}, {asked} were asked for. Count the stock, or move fewer units."""


class LotsDoNotMatch(AtollError):
    """{item} is tracked by {tracking}: {quantity} unit(s) need {expected} number(s), {given} were given."""


class DuplicateLot(AtollError):
    """The number(s) {numbers} of {item} exist already. Check the label, or correct the number."""


class AlreadyReversed(AtollError):
    """Move {move} was reversed before. Reverse the reversing move to restore it."""


class UnknownLot(AtollError):
    """There is no lot “{number}” of {item}, which is tracked by {tracking}. Enter the number on its label."""
