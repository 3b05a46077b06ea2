"""What sales refuses."""

from atoll.errors import AtollError


class QuantityNotPositive(AtollError):
    """A quantity of {quantity} cannot be ordered. Order from 1 to {most} units on a line."""


class NotUnderstood(AtollError):
    """{text} is no {what}. Write it like {example}."""


class RequestDateInThePast(AtollError):
    """The request date {day} is before the business date {today}.
    Ask for {today} or later, or leave it empty for as soon as possible.
    """


class RequestDateTooFar(AtollError):
    """The request date {day} is beyond {last}, the last day for which capacity is planned.
    Ask for an earlier date, or extend the calendar.
    """


class CustomerOnHold(AtollError):
    """Customer {customer} is on hold, so nothing can be ordered for them. Ask the manager to lift the hold."""


class UnknownCustomer(AtollError):
    """There is no customer {customer}. Enter the customer first, or check the code."""


class NoLines(AtollError):
    """The order has no lines. Add at least one configured product."""


class CannotPromise(AtollError):
    """No date can be promised for {what}: {reason}."""


class NotCancellable(AtollError):
    """Order {order} is {state}; it can only be cancelled before its assembly begins."""


class NothingToPromise(AtollError):
    """{line} is {state}; only a confirmed line whose assembly has not begun can be promised anew."""


class IdempotencyKeyUsed(AtollError):
    """The key {key} belongs to order {order} of another customer. Use a new key for each order."""


class UnknownShopper(AtollError):
    """No customer has this code and this e-mail address. Check both, or sign in."""


class QuoteWithoutDays(AtollError):
    """A quote cannot hold supply for {days} days. Let it hold for 1 to {most} days."""


class QuoteExpired(AtollError):
    """The quote {order} expired on {at:%d %b %Y}. Make a new quote, or order what it offered."""


class WrongOrderState(AtollError):
    """Order {order} is {state}; this is only possible while it is {needed}."""


class TooManyLines(AtollError):
    """{lines} lines are too many to explore together. Ask for {most} at most."""


class NoLongerOffered(AtollError):
    """“{key}” is not offered for {line} any more, or its date has moved. Look at what is offered now, and choose again."""


class NeedsAnOrder(AtollError):
    """{words} is agreed when it is ordered; a quote cannot hold it. Order it, or quote without it."""
