"""The page of the basket: several configured lines with their dates, quoted or ordered in one; and lines added to an order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import count
from string import ascii_uppercase
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from atoll.errors import AtollError, BadInput, Issue
from atoll_web import door
from atoll_web.accounts.acting import actor_now
from atoll_web.catalogue.configuring import read_choices
from atoll_web.catalogue.models import ProductModel, Revision
from atoll_web.catalogue.services import orderable_revisions
from atoll_web.catalogue.words import Chosen, in_words
from atoll_web.forms import whole
from atoll_web.pages import document, needs, sentences, today
from atoll_web.sales import services
from atoll_web.sales.basket import Basket, BasketLine, basket_of, keep
from atoll_web.sales.configure import State, order_key, price_shown, read_state
from atoll_web.sales.errors import CannotPromise, NoLines, NotTogether
from atoll_web.sales.models import Customer, Order
from atoll_web.sales.promise_api import explored_document
from atoll_web.sales.promise_pages import QUOTED_DAYS


class BasketChanged(AtollError):
    """The basket has been changed since this page was shown, perhaps in another window. Look at it again; nothing was ordered."""


class CustomerMissing(AtollError):
    """No customer is chosen. Choose who orders, then quote or order again."""


@dataclass(frozen=True, slots=True)
class LineSeen:
    """A line of the basket as its page shows it.

    Parameters
    ----------
    short, choices
        What the person chose, and the whole configuration.
    answer
        Its date, or its refusal; None where its quantity or date cannot be read.
    faults
        What is wrong with it, in words.
    lever, last_ships
        The way that is chosen, as it is beside all others that are, None where none is, or it cannot be taken; and when the last
        unit ships with all that is chosen.
    address
        Where it is configured again.
    """

    position: int
    line: BasketLine
    state: State
    name: str
    short: list[Chosen]
    choices: list[Chosen]
    answer: services.LineExplored | services.LineRefused | None
    faults: list[str]
    lever: services.Faster | None
    last_ships: date | None
    address: str

    @property
    def is_promised(self) -> bool:
        """Whether it has a date."""
        return isinstance(self.answer, services.LineExplored)

    @property
    def faster(self) -> tuple[Any, ...]:
        """Ways to be earlier, or to be possible at all."""
        return self.answer.faster if self.answer else ()

    @property
    def is_offered(self) -> bool:
        """Whether the way that is chosen is offered still."""
        return any(one.key == self.line.faster for one in self.faster)

    @property
    def ships(self) -> date | None:
        """When it ships with all that is chosen, a split line for the first time; None where it has no date."""
        return self.lever.ship_date if self.lever else self.last_ships

    @property
    def days_moved(self) -> int:
        """Days by which it ships later for what is chosen, for the others or for all together."""
        if self.ships is None or not isinstance(self.answer, services.LineExplored):
            return 0
        return max((self.ships - self.answer.ship_date).days, 0)

    @property
    def price(self) -> Decimal | None:
        """Of all units, as the customer pays them."""
        price = self.answer.price if self.answer else None
        paid = self.lever is not None and self.lever.is_paid_by_customer
        return price + self.lever.cost if price is not None and paid and self.lever else price


def basket(request: HttpRequest) -> HttpResponse:
    """The lines of the basket, with a date for each and one for all."""
    return render(request, "sales/basket.html", _seen(request, basket_of(request)))


def basket_document(request: HttpRequest) -> HttpResponse:
    """The same for programs, with why not all that is chosen to be faster can be taken; null where it can."""
    kept = basket_of(request)
    asked, faults = _asked(kept, _revisions(today(request)))
    if faults:
        raise _together(faults)
    found = _explored(kept, asked, today(request))
    wanted = {"customer": kept.customer, "ship_complete": kept.ship_complete}
    misfit = door.refusal(found.misfit) if found and found.misfit else None
    return document(wanted | (explored_document(found) if found else {"lines": [], "refused": []}) | {"misfit": misfit})


@require_POST
@needs("order")
def add(request: HttpRequest, model: str) -> HttpResponse:
    """Put what is configured into the basket, or back to where it was taken from."""
    name, before = get_object_or_404(ProductModel, code=model).name, basket_of(request)
    after = before.with_line(model, read_state(request.POST))
    keep(request, after)
    what = "is in the basket" if len(after.lines) > len(before.lines) else "is changed in the basket"
    messages.success(request, f"{name} {what}.")
    return redirect("basket")


@require_POST
@needs("order")
def change(request: HttpRequest) -> HttpResponse:
    """Keep what was entered, then do what was asked for: remove or duplicate a line, take that back, quote or order."""
    if "take" in request.POST and (there := _ordered_before(request)):
        return redirect("order", there.number)
    kept = basket_of(request).entered(request.POST)
    try:
        kept = _with(kept, request.POST)
        keep(request, kept)
        if "take" in request.POST:
            return _take(request, kept)
    except AtollError as refusal:
        keep(request, kept)
        return render(request, "sales/basket.html", _seen(request, kept) | {"refused": _told(refusal)}, status=422)
    if request.htmx:
        return render(request, "sales/basket_form.html", _seen(request, kept))
    return redirect("basket")


def _with(kept: Basket, data: Mapping[str, str]) -> Basket:
    if "remove_line" in data:  # a button called "remove" would hide the method of the form, which htmx calls
        return kept.without(data["remove_line"])
    if "duplicate_line" in data:
        return kept.twice(data["duplicate_line"])
    return kept.with_removed() if "undo" in data else kept


def _ordered_before(request: HttpRequest) -> Order | None:
    """The order of a form that is sent twice: its basket is empty by now."""
    key = order_key(request)
    return Order.objects.filter(idempotency_key=key).first() if key else None


def _take(request: HttpRequest, kept: Basket) -> HttpResponse:
    """Quote or order all lines in one transaction, then empty the basket."""
    if request.POST.getlist("line") != [str(line.key) for line in kept.lines]:
        raise BasketChanged()
    actor = actor_now(request.user)
    asked, faults = _asked(kept, _revisions(actor.today))
    if faults:
        raise _together(faults)
    if not asked:
        raise NoLines()
    if not kept.customer:
        raise CustomerMissing()
    is_quote = request.POST["take"] == "quote"
    order = services.take(
        actor=actor,
        customer=kept.customer,
        asked=[services.Asked(line, kept.lines[n - 1].faster) for n, line in asked.items()],
        quote_days=whole(request.POST, "days", "A quote holds for") if is_quote else None,
        idempotency_key=order_key(request),
        ship_complete=kept.ship_complete,
        shown=price_shown(request),
    )
    keep(request, Basket(last_key=kept.last_key))
    words = f"{len(asked)} line{'s'[: len(asked) > 1]}"
    messages.success(request, f"{words} {'quoted' if is_quote else 'ordered'} as {order.number}; the basket is empty.")
    return redirect("order", order.number)


def _seen(request: HttpRequest, kept: Basket) -> dict[str, Any]:
    """What the page shows; a customer who may not order is told, and the dates are those of anybody."""
    day = today(request)
    revisions = _revisions(day)
    asked, faults = _asked(kept, revisions)
    found, refused = None, []
    try:
        found = _explored(kept, asked, day)
    except AtollError as refusal:
        refused = sentences(refusal)
        found = _explored(replace(kept, customer=""), asked, day)
    answers = dict(zip(asked, [found.at[k] for k in range(1, len(asked) + 1)], strict=True)) if found else {}
    numbered = enumerate(kept.lines, 1)
    chosen = found.chosen if found else None
    places = {n: k for k, n in enumerate(asked, 1)}
    lines = [
        _line_seen(n, line, revisions.get(line.model), answers.get(n), faults.get(n), chosen, places.get(n, 0))
        for n, line in numbered
    ]
    prices = [line.price for line in lines]
    is_sound = bool(lines) and None not in (line.ships for line in lines)
    misfit = sentences(found.misfit) if found and isinstance(found.misfit, NotTogether) else []
    return {
        "basket": kept,
        "lines": lines,
        "is_sound": is_sound and not misfit,
        "complete_on": (chosen or found).complete_on if found and not faults and is_sound else None,
        "needs_order": any(line.lever and line.lever.needs_order for line in lines),
        "cost": chosen.cost if chosen else None,
        "cost_currency": chosen.currency if chosen else "",
        "last": max((line.last_ships for line in lines if line.last_ships), default=None) if is_sound else None,
        "total": sum((price for price in prices if price is not None), Decimal(0)),
        "is_whole": None not in prices,
        "currency": found.currency if found else "",
        "price": f"{found.total} {found.currency}" if found else "",
        "refused": [*refused, *misfit],
        "customers": Customer.objects.filter(on_hold=False).only("code", "name"),
        "idempotency_key": uuid4().hex,
        "quoted_days": request.POST.get("days", QUOTED_DAYS),
        "today": day,
    }


def _explored(kept: Basket, asked: Mapping[int, services.NewLine], day: date) -> services.Explored | None:
    if not asked:
        return None
    return services.explore(
        lines=[*asked.values()],
        today=day,
        customer=kept.customer,
        ship_complete=kept.ship_complete,
        with_faults=True,
        levers=[kept.lines[n - 1].faster for n in asked],
    )


def _line_seen(
    n: int,
    line: BasketLine,
    revision: Revision | None,
    answer: services.LineExplored | services.LineRefused | None,
    fault: AtollError | None,
    taken: services.Chosen | None,
    place: int,
) -> LineSeen:
    """A line with what is taken for all; `place` is that among the lines that could be asked about."""
    state = line.state
    chosen = {} if revision is None else read_choices(revision, state.texts)
    values = answer.values if isinstance(answer, services.LineExplored) else chosen
    values = {code: [*value] if isinstance(value, tuple) else value for code, value in values.items()}
    choices = in_words(revision.document, values) if revision else []
    lever = taken.levers.get(place) if taken else None
    promised = answer.ship_date if isinstance(answer, services.LineExplored) else None
    refusal = answer.refusal if isinstance(answer, services.LineRefused) else fault
    return LineSeen(
        position=n,
        line=line,
        state=state,
        name=revision.product_model.name if revision else line.model,
        short=[choice for choice in choices if choice.feature in state.texts],
        choices=choices,
        answer=answer,
        faults=[] if refusal is None or lever else _why(refusal),
        lever=lever,
        last_ships=taken.ships.get(place, promised) if taken else promised,
        address=f"{reverse('configure-model', args=[line.model])}?{replace(state, basket=str(line.key)).address()}",
    )


def _why(refusal: AtollError) -> list[str]:
    """Why a line has no date; which one it is need not be said beside it."""
    if isinstance(refusal, CannotPromise):
        return [f"No date can be promised: {refusal.facts['reason']}."]
    return sentences(refusal)


def _revisions(day: date) -> dict[str, Revision]:
    """What can be ordered, by the code of the model."""
    return {revision.product_model.code: revision for revision in orderable_revisions(day)}


def _asked(kept: Basket, revisions: Mapping[str, Revision]) -> tuple[dict[int, services.NewLine], dict[int, AtollError]]:
    """The order lines by their position, and what cannot be read of the others."""
    asked, faults = dict[int, services.NewLine](), dict[int, AtollError]()
    for n, line in enumerate(kept.lines, 1):
        state, revision = line.state, revisions.get(line.model)
        try:  # that a model cannot be ordered any more is told when the line is drafted
            asked[n] = line.asked(read_choices(revision, state.texts) if revision else {})
        except AtollError as fault:
            faults[n] = fault
    return asked, faults


def _together(faults: Mapping[int, AtollError]) -> BadInput:
    return BadInput(Issue(f"line {n}", fault.code, str(fault), fault.hint) for n, fault in faults.items())


def _told(refusal: AtollError) -> list[str]:
    """A refusal in words, with the line that it is about also where it is only one."""
    return sentences(refusal.__cause__ if isinstance(refusal.__cause__, BadInput) else refusal)


def _named_apart(lines: Sequence[services.NewLine], order: Order) -> list[services.NewLine]:
    """Lines of a basket, with delivery groups that the order does not use: the same letter is another delivery there."""
    taken = {*order.lines.values_list("delivery_group", flat=True)}
    groups = dict.fromkeys(line.delivery_group for line in lines if line.delivery_group)
    names = (f"{letter}{n or ''}" for n in count() for letter in ascii_uppercase)
    free = (name for name in names if name not in taken and name not in groups)
    named = {group: next(free) if group in taken else group for group in groups}
    return [replace(line, delivery_group=named.get(line.delivery_group, "")) for line in lines]


@require_POST
@needs("order")
def add_lines(request: HttpRequest, number: str) -> HttpResponse:
    """Add the lines of the basket to an open order: first what that comes to, then it is done."""
    order = get_object_or_404(Order.objects.select_related("customer"), number=number)
    kept, actor = basket_of(request), actor_now(request.user, request.POST.get("reason", "").strip())
    asked, faults = _asked(kept, _revisions(actor.today))
    context: dict[str, Any] = {"order": order, "basket": kept, "reason": actor.reason}
    try:
        if faults:
            raise _together(faults)
        added = _named_apart([*asked.values()], order)
        if asked:
            context["seen"] = services.preview_change(actor=actor, order=order, added=added)
        if asked and "carry_out" in request.POST:
            services.change_order(actor=actor, order=order, added=added, shown=request.POST.get("shown", ""))
            keep(request, Basket(last_key=kept.last_key))
            messages.success(request, f"{len(asked)} line{'s'[: len(asked) > 1]} added; the basket is empty.")
            return redirect("order", number)
    except AtollError as refusal:
        context["refused"] = _told(refusal)
    return render(request, "sales/add_lines.html", context, status=422 if "refused" in context else 200)


urlpatterns = [
    path("basket", basket, name="basket"),
    path("basket.json", basket_document, name="basket-json"),
    path("basket/change", change, name="change-basket"),
    path("configure/<str:model>/basket", add, name="add-to-basket"),
    path("orders/<str:number>/add", add_lines, name="add-lines"),
]
