"""Order lines that ship later than asked for: what would make them earlier, and one of these ways taken."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from atoll.errors import AtollError
from atoll.promise import promise
from atoll_web.accounts.acting import Actor, acting, begun_again_after_deadlock
from atoll_web.bulk import at_one_instant
from atoll_web.sales import states
from atoll_web.sales.deliveries import delivered_with
from atoll_web.sales.errors import NoLongerOffered
from atoll_web.sales.held import held_by
from atoll_web.sales.models import OrderLine, Promise
from atoll_web.sales.services.drafting import Buyer, Drafter, NewLine, Under
from atoll_web.sales.services.levers import Faster, Question, by_company
from atoll_web.sales.services.releasing import agreed, works
from atoll_web.sales.services.repromising import promise_anew
from atoll_web.sales.services.taking import pull, record
from atoll_web.sales.services.together import Queue
from atoll_web.sales.snapshot import Lock, master, own_units, snapshot

ANEW = "anew"
"""Key of the way that needs nothing: what is free now allows an earlier date."""

FIELDS = ("order__customer__price_list", "configuration__revision__product_model")


@at_one_instant()
def ways_to_hasten(*, line: OrderLine, today: date, promised: Promise | None = None) -> tuple[Faster, ...]:
    """What the company can do so that a line ships earlier than promised, the earliest and then the cheapest first.

    Nothing is written. There is none for a line that is not confirmed, ships as asked for, or leaves together with others.

    Parameters
    ----------
    promised
        The promise in force of the line, where it is known already.
    """
    promised = promised or Promise.objects.filter(line=line, in_force=True).first()
    if line.state != states.CONFIRMED or promised is None:  # or cancelled since it was read
        return ()
    if promised.ship_date <= max(line.request_date, today) or len(delivered_with(line)) > 1:
        return ()
    there, (work,) = master(today), works([line])
    drafter = Drafter(there, today)
    held, own = held_by([line.pk], [line.demand_id]), own_units([work], [line], there)
    seen = snapshot([work], today, lock=Lock.NOTHING, there=there, given_back=held, own=own)
    answer, wanted = promise(seen.availability, seen.wanted), seen.wanted.line(0)
    if not answer.is_promised[0]:
        return ()
    configuration = line.configuration
    model, allowed = configuration.revision.product_model.code, agreed([line.pk]).get(line.pk, ())
    asked = NewLine(model, configuration.values, line.quantity, agreed=allowed)
    buyer, under = Buyer.of(line.order.customer), Under(configuration.revision, line.order.ordered_at.date())
    try:
        draft = drafter.draft(asked, buyer, under)
    except AtollError:  # its rules or prices do not hold any more: people have to look at it
        return ()
    queue = Queue(seen, [wanted], [None])
    offers = [*by_company(Question(draft, buyer, drafter, seen, wanted, seen.availability, answer, queue))]
    now = seen.date(answer.ship_day[0])
    if now < promised.ship_date:
        words = "Promise it anew: what is free now allows it"
        offers.append(Faster(ANEW, ANEW, words, now, 0, Decimal(0), there.currency, (asked,)))
    earlier = [replace(one, days_earlier=(promised.ship_date - one.ship_date).days) for one in offers]
    return tuple(sorted((one for one in earlier if one.days_earlier > 0), key=lambda one: (one.ship_date, one.cost)))


@begun_again_after_deadlock
def hasten(*, actor: Actor, line: OrderLine, key: str) -> OrderLine:
    """Take one of the ways to have a line earlier, and promise it anew as soon as it can be.

    Raises
    ------
    NoLongerOffered
        When it is not offered any more, or the line would ship later than it was said to; nothing is written then.
    """
    with acting(actor):
        row = OrderLine.objects.select_for_update(of=("self",)).select_related(*FIELDS).get(pk=line.pk)
        offered = {one.key: one for one in ways_to_hasten(line=row, today=actor.today)}
        if (chosen := offered.get(key)) is None:
            raise NoLongerOffered(key=key, line=str(row))
        for part in chosen.pulls:
            pull(actor, chosen, part)
        promise_anew(actor, [row], sooner=True)
        if Promise.objects.get(line=row, in_force=True).ship_date > chosen.ship_date:
            raise NoLongerOffered(key=key, line=str(row))
        if chosen.pulls:
            record([(row, chosen)])
    return row
