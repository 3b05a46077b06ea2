"""The pages on which a product is configured, priced, promised and ordered. The state is in the address, so it can be shared."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import wraps
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django_htmx.http import push_url

from atoll.errors import AtollError
from atoll_web.accounts.acting import actor_now
from atoll_web.catalogue.configuring import FeatureSeen, Seen, completed, followed, read_choices, see
from atoll_web.catalogue.models import ProductModel, Revision
from atoll_web.catalogue.services import orderable_revision, orderable_revisions, still_valid_under
from atoll_web.pages import View, needs, sentences, today
from atoll_web.sales import services, states
from atoll_web.sales.availability import Availability
from atoll_web.sales.errors import NotUnderstood
from atoll_web.sales.models import Customer, OrderLine

CHOICE, WAS = "f.", "was."
"""Prefixes of form fields: the value of a feature, and the value that it had without being chosen by the person."""

REST = ("quantity", "request_date", "customer", "basket")
"""What is entered beside the choices."""

ABSENT = {"quantity": "1"}
"""What an address that does not name it means; nothing for all others."""

MOST_OF_KEY = 80
"""Characters of the word by which an order that is sent twice is known."""

MOST_UNDONE = 20
"""Steps that can be taken back one after the other."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page on which a product is configured.

    Parameters
    ----------
    name, order
        Names of the addresses of the page, and of where it sends an order.
    whole, part
        Templates of the page, and of the form within it, which each change gives anew.
    trusts_codes
        Whether whoever names a customer may see what this customer pays, and when.
    """

    name: str
    order: str
    whole: str
    part: str = "sales/configure_form.html"
    trusts_codes: bool = True


STAFF = Page("configure-model", "enter-order", "sales/configure.html")


@dataclass(frozen=True, slots=True)
class State:
    """What somebody entered on the page: choices by feature as texts, and the rest of the order line."""

    texts: Mapping[str, list[str]]  # in the order in which they were chosen
    was: Mapping[str, str]
    quantity: str = "1"
    request_date: str = ""
    customer: str = ""
    basket: str = ""  # key of the line of the basket that is configured again
    before: tuple[str, ...] = ()  # queries of the states that can be gone back to, the latest last

    def address(self) -> str:
        """The query that shows the same again; what is not the person's choice is left out."""
        fields: dict[str, Any] = {f"{CHOICE}{feature}": values or [""] for feature, values in self.texts.items()}
        rest = {name: getattr(self, name) for name in REST}
        return urlencode(fields | {name: value for name, value in rest.items() if value != ABSENT.get(name, "")}, doseq=True)

    def line(self, model: str, choices: Mapping[str, Any]) -> services.NewLine:
        """The order line.

        Raises
        ------
        NotUnderstood
            When the quantity or the date cannot be read.
        """
        return services.NewLine(model, choices, self._quantity(), self._request_date())

    @property
    def units(self) -> int:
        """The quantity, or 1 as long as what is entered is none that can be ordered."""
        try:
            found = self._quantity()
        except NotUnderstood:
            return 1
        return found if 1 <= found <= services.MOST_UNITS else 1

    def _quantity(self) -> int:
        try:
            return int(self.quantity)
        except ValueError as error:
            raise NotUnderstood(text=self.quantity[:40], what="quantity", example="25") from error

    def _request_date(self) -> date | None:
        try:
            return date.fromisoformat(self.request_date) if self.request_date else None
        except ValueError as error:
            raise NotUnderstood(text=self.request_date[:40], what="date", example="2026-03-20") from error


def read_state(data: QueryDict, latest: str = "") -> State:
    """The state that a form or an address sends.

    A value that the form shows without being the person's choice comes with its `was` field; as long as both agree it stays
    nobody's choice. A conflict is resolved in favour of newer choices, so their order is kept in the field `made`. The form
    sends the query of what it `shown`, and those of the states `before`; the field `undo` goes back to the last of these.

    Parameters
    ----------
    latest
        Name of the field that was just changed.
    """
    was = {name.removeprefix(WAS): data[name] for name in data if name.startswith(WAS)}
    before = tuple(data.getlist("before")[-MOST_UNDONE:])
    if "undo" in data and before:
        return replace(read_state(QueryDict(before[-1])), was=was, before=before[:-1])
    given_up = set(filter(None, data.get("give_up", "").split(",")))
    texts = {}
    for name in data:
        feature = name.removeprefix(CHOICE)
        values = [value for value in data.getlist(name) if value]
        if name.startswith(CHOICE) and feature not in given_up and was.get(feature) != ",".join(values):
            texts[feature] = values
    made = data.get("made", "").split(",")
    order = sorted(texts, key=lambda f: (CHOICE + f == latest, made.index(f) if f in made else len(made)))
    texts = {feature: texts[feature] for feature in order}
    rest = {name: data[name].strip() for name in REST if data.get(name)}
    return _after(State(texts, was, **rest, before=before), data.get("shown"))


def _after(state: State, shown: str | None) -> State:
    """The state with one more that can be gone back to, if it is another one than is shown."""
    if shown is None or shown == state.address():
        return state
    return replace(state, before=(*state.before, shown)[-MOST_UNDONE:])


@dataclass(frozen=True, slots=True)
class Promised:
    """The day on which what is configured would ship, and whether that is so because the customer wished for it."""

    day: date
    is_wished: bool


def configure_index(request: HttpRequest) -> HttpResponse:
    """The models that can be ordered today."""
    return render(request, "sales/configure_index.html", {"revisions": orderable_revisions(today(request))})


def configure(request: HttpRequest, model: str) -> HttpResponse:
    """Choose: each change is sent here and gives the form anew, with price and promise."""
    revision = orderable_revision(model, today(request))
    return choose(request, revision, STAFF, {"customers": Customer.objects.filter(on_hold=False).only("code", "name")})


def choose(request: HttpRequest, revision: Revision, page: Page, context: Mapping[str, Any]) -> HttpResponse:
    """The page of a revision under what was chosen, or after a change its form alone; the address follows."""
    day = today(request)
    state = read_state(request.POST if request.method == "POST" else request.GET, request.htmx.trigger_name or "")
    refused: list[str] = []
    if aim := request.POST.get("complete"):
        try:
            state = _completed(revision, state, aim, day, page)
        except AtollError as refusal:
            refused = sentences(refusal)
    address = f"{reverse(page.name, args=[revision.product_model.code])}?{state.address()}".rstrip("?")
    if request.method == "POST" and not request.htmx and not refused:
        return redirect(address)
    shown = {**context, **seen_under(revision, state, day, page), "refused": refused}
    if not request.htmx:
        return render(request, page.whole, shown)
    return push_url(render(request, page.part, shown), address)


def _completed(revision: Revision, state: State, aim: str, day: date, page: Page) -> State:
    """The state with the choices that make the rest follow to the best configuration."""
    choices = completed(revision, read_choices(revision, state.texts), aim, day, _availability(revision, state, day, page))
    texts = {code: [*value] if isinstance(value, tuple) else [str(value)] for code, value in choices.items()}
    return _after(replace(state, texts=texts), state.address())


def _availability(revision: Revision, state: State, day: date, page: Page) -> Callable[[Any], Availability]:
    """Reads what is available for the products of a compiled form, in the quantity asked for and to whom it is for."""
    customer = _buyer(state, page)
    return lambda form: Availability(form.needs, revision.product_model_id, state.units, day, services.class_of(customer))


def _buyer(state: State, page: Page) -> str:
    """The customer on whose terms price and date are shown."""
    return state.customer if page.trusts_codes else ""


def posted(page: str) -> Callable[[View], View]:
    """Take what is sent; who comes back to its address later is led to the page, with what the form stood for."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, model: str) -> HttpResponse:
            if request.method == "POST":
                return view(request, model)
            return redirect(f"{reverse(page, args=[model])}?{request.GET.urlencode()}".rstrip("?"))

        return guarded

    return guard


@posted("configure-model")
@needs("order")
def enter(request: HttpRequest, model: str) -> HttpResponse:
    """Order what is configured. Refused, the page comes back with all that was entered and the reason."""
    actor = actor_now(request.user)
    state = read_state(request.POST)
    revision = orderable_revision(model, actor.today)
    try:
        line = state.line(model, read_choices(revision, state.texts))
        order = services.enter_order(
            actor=actor,
            customer=state.customer,
            lines=[line],
            idempotency_key=order_key(request),
            shown=price_shown(request),
        )
    except AtollError as refusal:
        context = seen_under(revision, state, actor.today, STAFF) | {"refused": sentences(refusal)}
        context["customers"] = Customer.objects.filter(on_hold=False).only("code", "name")
        return render(request, STAFF.whole, context, status=422)
    return redirect("order", order.number)


def order_key(request: HttpRequest) -> str:
    """What tells an order that is sent twice; the form brings it along."""
    return request.POST.get("idempotency_key", "")[:MOST_OF_KEY]


def price_shown(request: HttpRequest) -> services.Price | None:
    """What the page said that all costs, as the form brings it along."""
    amount, _, currency = request.POST.get("price", "").partition(" ")
    try:
        return services.Price(Decimal(amount), currency)
    except InvalidOperation:
        return None


def seen_under(revision: Revision, state: State, day: date, page: Page) -> dict[str, Any]:
    """What the templates show: the features, price and date, and what followed."""
    model = revision.product_model
    seen = see(revision, read_choices(revision, state.texts), day, _availability(revision, state, day, page))
    line, answer, refusal = None, None, ""
    if seen.is_valid:
        try:
            line = state.line(model.code, seen.choices)
            answer = services.inquire(line=line, today=day, customer=_buyer(state, page))
        except AtollError as error:
            refusal = " ".join(sentences(error))
    return {
        "model": model,
        "revision": revision,
        "seen": seen,
        "groups": _groups(seen),
        "state": state,
        "shown": state.address(),
        "answer": answer,
        "total": answer and answer.unit_price * answer.quantity,
        "price": answer and f"{answer.unit_price * answer.quantity} {answer.currency}",
        "refusal": refusal,
        "changed": followed(revision, seen, state.was, day) if seen.is_valid else (),
        "wished": line and line.request_date,
        "promised": answer and Promised(answer.ship_date, bool(state.request_date)),
        "address": reverse(page.name, args=[model.code]),
        "order_address": reverse(page.order, args=[model.code]),
        "idempotency_key": uuid4().hex,
        "today": day,
    }


def _groups(seen: Seen) -> list[tuple[str, list[FeatureSeen]]]:
    """Features by their group, in the order of the model."""
    groups: dict[str, list[FeatureSeen]] = {}
    for feature in seen.features:
        groups.setdefault(feature.definition.group, []).append(feature)
    return list(groups.items())


def open_orders_under(request: HttpRequest, code: str) -> HttpResponse:
    """Open order lines of a model whose configuration another revision would not allow. They keep their own revision."""
    model = get_object_or_404(ProductModel, code=code)
    after = get_object_or_404(Revision, product_model=model, name=request.GET.get("after", ""))
    lines = list(
        OrderLine.objects.filter(configuration__revision__product_model=model, order__state__in=states.OPEN)
        .exclude(state__in=[states.SHIPPED, states.CANCELLED])
        .select_related("order__customer", "configuration__revision")
        .defer("configuration__revision__document")
        .order_by("order", "position")
    )
    values = {line.configuration_id: line.configuration.values for line in lines}
    allowed = dict(zip(values, still_valid_under(after, values.values(), max(today(request), after.valid_from)), strict=True))
    affected = [line for line in lines if not allowed[line.configuration_id]]
    context = {"model": model, "after": after, "lines": lines, "affected": affected}
    return render(request, "sales/open_orders_under.html", context)


urlpatterns = [
    path("models/<str:code>/compare/orders", open_orders_under, name="open-orders-under"),
    path("configure", configure_index, name="configure"),
    path("configure/<str:model>", configure, name="configure-model"),
    path("configure/<str:model>/order", enter, name="enter-order"),
]
