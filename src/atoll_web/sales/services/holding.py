"""Orders are held back from assembly, with the reason, and let go again."""

from atoll_web.accounts.acting import Actor, acting, begun_again_after_deadlock
from atoll_web.sales import states
from atoll_web.sales.errors import NotChangeable, NotHeld, WithoutReason
from atoll_web.sales.models import Order

LONGEST_REASON = 200


@begun_again_after_deadlock
def hold(*, actor: Actor, order: Order, reason: str) -> Order:
    """Keep an order from being released to assembly. It keeps its promises and what they rest on.

    Raises
    ------
    WithoutReason
    NotChangeable
        When it is shipped, expired or cancelled.
    """
    reason = reason.strip()
    if not 1 <= len(reason) <= LONGEST_REASON:
        raise WithoutReason(most=LONGEST_REASON)
    with acting(actor):
        row = Order.objects.select_for_update().get(pk=order.pk)
        if row.state not in states.OPEN:
            raise NotChangeable(order=row.number, state=row.state)
        row.hold_reason = reason
        row.save(update_fields=["hold_reason"])
    return row


@begun_again_after_deadlock
def lift_hold(*, actor: Actor, order: Order) -> Order:
    """Let a held order be released to assembly again.

    Raises
    ------
    NotHeld
    """
    with acting(actor):
        row = Order.objects.select_for_update().get(pk=order.pk)
        if not row.hold_reason:
            raise NotHeld(order=row.number)
        row.hold_reason = ""
        row.save(update_fields=["hold_reason"])
    return row
