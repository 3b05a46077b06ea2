"""What purchasing refuses."""

from atoll.errors import AtollError


class NoSupplier(AtollError):
    """Nobody sells {item}. Enter a supplier with price and lead time for it."""


class DateInThePast(AtollError):
    """{day} is before the business date {today}. Name a day from {today} on."""


class DateTooFar(AtollError):
    """{day} is more than ten years after the business date {today}. Name a day up to {last}."""


class LeadTimeTooLong(AtollError):
    """{supplier} is said to need {days} days for {item}. Correct it: {most} days at most are believed."""


class ReceivedBeyondOrder(AtollError):
    """{line} has only {open} unit(s) to come, {asked} were received. Receive {open}, or order the others first."""


class QuantityNotPositive(AtollError):
    """The quantity of {item} is {quantity}. It must be 1 or more."""


class CannotExpedite(AtollError):
    """{item} cannot be expedited any further. Ask the supplier, or take another way to be earlier."""
