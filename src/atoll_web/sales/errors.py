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
    Ask for an earlier date, or let the calendar reach further, on the page Capacity or with `atoll calendar --horizon DAYS`.
    """


class CustomerOnHold(AtollError):
    """Customer {customer} is on hold, so nothing can be ordered for them. Ask the manager to lift the hold."""


class UnknownCustomer(AtollError):
    """There is no customer {customer}. Enter the customer first, or check the code."""


class NoCustomer(AtollError):
    """An order and a quote are for somebody. Choose the customer, then send it again."""


class NoLines(AtollError):
    """The order has no lines. Add at least one configured product."""


class CannotPromise(AtollError):
    """No date can be promised for {what}: {reason}."""

    hint = "Or ask for fewer units or other options."


class NotCancellable(AtollError):
    """Order {order} is {state}; it can only be cancelled before its assembly begins.
    Of one in assembly, change the order to remove the lines that still wait.
    """


class NothingToPromise(AtollError):
    """{line} is {state}; only a quoted or confirmed line whose assembly has not begun can be promised anew."""


class IdempotencyKeyUsed(AtollError):
    """The key {key} was sent before with another request, which became order {order}. Use a new key for each order."""


class OrderOfKeyEnded(AtollError):
    """Order {order}, which was entered with the key {key}, is {state}. Use a new key to order again."""


class ReferenceTwice(AtollError):
    """The reference {reference} is there {times} times. Give each order a reference of its own."""


class PriceDiffers(AtollError):
    """The price is {now}, not {shown} as shown. Look at it again, then order."""


class UnknownShopper(AtollError):
    """No customer has this code and this e-mail address. Check both, or sign in."""


class QuoteWithoutDays(AtollError):
    """A quote cannot hold supply for {days} days. Let it hold for 1 to {most} days."""


class QuoteExpired(AtollError):
    """The quote {order} expired on {at:%d %b %Y}. Make a new quote, or order what it offered."""

    is_kept = True


class QuoteOutdated(AtollError):
    """Order {order} can no longer ship on {before:%d %b %Y}: what it rests on is late, or its assembly should have begun.
    It can ship on {now:%d %b %Y}. Accept the quote once more with this day if the customer agrees.
    """


class WrongOrderState(AtollError):
    """Order {order} is {state}; this is only possible while it is {needed}."""


class NotChangeable(AtollError):
    """Order {order} is {state}, so nothing of it can be changed any more."""


class LineNotChangeable(AtollError):
    """{line} is {state}; a line can only be changed or removed before its assembly begins."""


class NoSuchLine(AtollError):
    """Order {order} has no line {position}. Open the order to see its lines."""


class NamedTwice(AtollError):
    """Line {position} is to be changed in two ways. Name each line once."""


class NothingToChange(AtollError):
    """Line {position} would stay as it is. Name another choice, quantity or request date."""


class ChangeMoved(AtollError):
    """Nothing was changed, because order {order} or its supply has moved since you were shown what the change comes to.
    Look at what it comes to now.
    """


class LastLine(AtollError):
    """Nothing would be left of order {order}. Cancel the order instead."""


class CurrencyDiffers(AtollError):
    """Order {order} is in {currency}, and the customer pays in {now} now. Cancel it and enter it anew."""


class WithoutReason(AtollError):
    """A hold needs a reason of at most {most} characters, so that others know how to end it."""


class NotHeld(AtollError):
    """Order {order} is not held, so there is nothing to lift."""


class ShipsComplete(AtollError):
    """{what} ships complete, and {waiting} of its lines would stay behind, in part at least. Ship all of it together."""


class DeliveryGroupRefused(AtollError):
    """“{group}” cannot be a delivery group: it needs printable characters, {most} at most. Name it like A or first."""


class DeliveryGroupLeft(AtollError):
    """Delivery group {group} of order {order} has left already, so no line can join it. Name another group, or none."""


class AddressRefused(AtollError):
    """{url} is not an address that Atoll sends to: {reason}.
    Name a public one that begins with https://, or allow private ones in the settings.
    """


class NameRefused(AtollError):
    """“{name}” cannot be the name of a subscription: {reason}. Name it otherwise."""


class UnknownEvents(AtollError):
    """There is no event {events}. Choose from {known}."""


class SubscriptionNameTaken(AtollError):
    """There is a subscription {name} already, in force or ended. Give this one another name."""


class NotDead(AtollError):
    """Notice {notice} is {state}; only one that was given up or delivered can be sent again."""


class TooManyLines(AtollError):
    """{lines} lines are too many to explore together. Ask for {most} at most."""


class NoLongerOffered(AtollError):
    """“{key}” is not offered for {line} any more, or its date has moved. Look at what is offered now, and choose again."""


class NotTogether(AtollError):
    """What is chosen to be faster cannot be taken together: a line would have no date then. Choose less, or something else."""


class NeedsAnOrder(AtollError):
    """{words} is agreed when it is ordered; a quote cannot hold it. Order it, or quote without it."""


class NothingToPropose(AtollError):
    """No line is open: all are in assembly, shipped or cancelled, so that there is nothing to promise anew."""


class NotInBook(AtollError):
    """{order} is not in the order book: nothing of it can be promised anew. Choose an order that is quoted or confirmed."""


class NothingMoved(AtollError):
    """Every order stands at that place already. Give one another place, then look who becomes late."""


class NotProposed(AtollError):
    """Proposal {proposal} is {state}. Propose again to change promises."""


class ProposalOutdated(AtollError):
    """Nothing was changed, because the world did since this was proposed: {changed}. Propose again."""
