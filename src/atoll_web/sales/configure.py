"""The pages on which a product is configured, priced, promised and ordered. The state is in the address, so it can be shared."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_POST
from django_htmx.http import push_url

from atoll.errors import AtollError
from atoll_web.accounts.acting import actor_now
from atoll_web.catalogue.configuring import FeatureSeen, Seen, read_choices, see
from atoll_web.catalogue.models import Revision
from atoll_web.catalogue.services import orderable_revision, orderable_revisions
from atoll_web.pages import needs, sentences, today
from atoll_web.sales import services
from atoll_web.sales.errors import NotUnderstood
from atoll_web.sales.models import Customer

CHOICE, WAS = "f.", "was."
"""Prefixes of form fields: the value of a feature, and the value that it had without being chosen by the person."""


@dataclass(frozen=True, slots=True)
class State:
    """What somebody entered on the page: choices by feature as texts, and the rest of the order line."""

    texts: Mapping[str, list[str]]  # in the order in which they were chosen
    was: Mapping[str, str]
    quantity: str = "1"
    request_date: str = ""
    customer: str = ""

    def address(self) -> str:
        """The query that shows the same again; what is not the person's choice is left out."""
        fields: dict[str, Any] = {f"{CHOICE}{feature}": values or [""] for feature, values in self.texts.items()}
        rest = {"quantity": self.quantity, "request_date": self.request_date, "customer": self.customer}
        return urlencode(fields | {name: value for name, value in rest.items() if value not in {"", "1"}}, doseq=True)

    def line(self, model: str, choices: Mapping[str, Any]) -> services.NewLine:
        """The order line.

        Raises
        ------
        NotUnderstood
            When the quantity or the date cannot be read.
        """
        return services.NewLine(model, choices, self._quantity(), self._request_date())

    def _quantity(self) -> int:
        try:
            return int(self.quantity)
        except ValueError as error:
            raise NotUnderstood(text=self.quantity, what="quantity", example="25") from error

    def _request_date(self) -> date | None:
        try:
            return date.fromisoformat(self.request_date) if self.request_date else None
        except ValueError as error:
            raise NotUnderstood(text=self.request_date, what="date", example="2026-03-20") from error


def read_state(data: QueryDict, latest: str = "") -> State:
    """The state that a form or an address sends.

    A value that the form shows without being the person's choice comes with its `was` field; as long as both agree it stays
    nobody's choice. A conflict is resolved in favour of newer choices, so their order is kept in the field `made`.

    Parameters
    ----------
    latest
        Name of the field that was just changed.
    """
    given_up = set(data.get("give_up", "").split(","))
    was = {name.removeprefix(WAS): data[name] for name in data if name.startswith(WAS)}
    texts = {}
    for name in data:
        feature = name.removeprefix(CHOICE)
        values = [value for value in data.getlist(name) if value]
        if name.startswith(CHOICE) and feature not in given_up and was.get(feature) != ",".join(values):
            texts[feature] = values
    made = data.get("made", "").split(",")
    order = sorted(texts, key=lambda f: (CHOICE + f == latest, made.index(f) if f in made else len(made)))
    texts = {feature: texts[feature] for feature in order}
    rest = {name: data[name].strip() for name in ("quantity", "request_date", "customer") if data.get(name)}
    return State(texts, was, **rest)


def configure_index(request: HttpRequest) -> HttpResponse:
    """The models that can be ordered today."""
    return render(request, "sales/configure_index.html", {"revisions": orderable_revisions(today(request))})


def configure(request: HttpRequest, model: str) -> HttpResponse:
    """Choose: each change is sent here and gives the form anew, with price and promise."""
    day = today(request)
    state = read_state(request.POST if request.method == "POST" else request.GET, request.htmx.trigger_name or "")
    address = f"{reverse('configure-model', args=[model])}?{state.address()}".rstrip("?")
    if request.method == "POST" and not request.htmx:
        return redirect(address)
    context = _context(orderable_revision(model, day), state, day)
    if not request.htmx:
        return render(request, "sales/configure.html", context)
    return push_url(render(request, "sales/configure_form.html", context), address)


@require_POST
@needs("order")
def enter(request: HttpRequest, model: str) -> HttpResponse:
    """Order what is configured. Refused, the page comes back with all that was entered and the reason."""
    actor = actor_now(request.user)
    state = read_state(request.POST)
    revision = orderable_revision(model, actor.today)
    try:
        line = state.line(model, read_choices(revision, state.texts))
        order = services.enter_order(
            actor=actor, customer=state.customer, lines=[line], idempotency_key=request.POST.get("idempotency_key")
        )
    except AtollError as refusal:
        context = _context(revision, state, actor.today) | {"refused": sentences(refusal)}
        return render(request, "sales/configure.html", context, status=422)
    return redirect("order", order.number)


def _context(revision: Revision, state: State, day: date) -> dict[str, Any]:
    seen = see(revision, read_choices(revision, state.texts), day)
    answer, refusal = None, ""
    if seen.is_valid:
        try:
            answer = services.inquire(line=state.line(revision.product_model.code, seen.choices), today=day)
        except AtollError as error:
            refusal = " ".join(sentences(error))
    return {
        "model": revision.product_model,
        "revision": revision,
        "seen": seen,
        "groups": _groups(seen),
        "state": state,
        "answer": answer,
        "total": answer and answer.unit_price * answer.quantity,
        "refusal": refusal,
        "changed": [feature for feature in seen.features if _followed(feature, state)],
        "customers": Customer.objects.filter(on_hold=False).only("code", "name"),
        "idempotency_key": uuid4().hex,
        "today": day,
    }


def _groups(seen: Seen) -> list[tuple[str, list[FeatureSeen]]]:
    """Features by their group, in the order of the model."""
    groups: dict[str, list[FeatureSeen]] = {}
    for feature in seen.features:
        groups.setdefault(feature.definition.group, []).append(feature)
    return list(groups.items())


def _followed(feature: FeatureSeen, state: State) -> bool:
    """Whether a feature took another value because the rules ask for it."""
    before = state.was.get(feature.definition.code)
    return before is not None and not feature.is_set and feature.text != before


urlpatterns = [
    path("configure", configure_index, name="configure"),
    path("configure/<str:model>", configure, name="configure-model"),
    path("configure/<str:model>/order", enter, name="enter-order"),
]
