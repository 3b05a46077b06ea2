"""Pages on which an order is changed, held, and entered from a file."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_POST

from atoll.errors import AtollError, BadInput, Issue
from atoll_web import forms
from atoll_web.accounts.acting import actor_now
from atoll_web.catalogue.configuring import read_choices
from atoll_web.catalogue.models import Revision
from atoll_web.catalogue.services import orderable_revisions
from atoll_web.pages import attempt, check, needs, sentences, today
from atoll_web.sales import services
from atoll_web.sales.errors import NothingToChange
from atoll_web.sales.models import Customer, Order, OrderLine
from atoll_web.words import in_words

CHOICE = "f."
"""Prefix of the fields of features."""

SHOWN = 100
"""Orders of a file that its preview shows."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A change of a line as a form asks for it.

    Parameters
    ----------
    what
        As the services take it.
    parts
        What becomes another of the line itself: name, before and after.
    fields
        What asks for the same again and for nothing else, whatever is typed into the form beside it or becomes of the line.
    faults
        What cannot be read of the form.
    """

    what: dict[str, Any]
    parts: list[tuple[str, Any, Any]]
    fields: list[tuple[str, str]]
    faults: list[str]


def change(request: HttpRequest, number: str, position: int) -> HttpResponse:
    """Change or remove a line: a form with what it is, then what the change comes to, then just that is done."""
    order = get_object_or_404(Order.objects.select_related("customer"), number=number)
    line = get_object_or_404(order.lines.select_related("configuration__revision__product_model"), position=position)
    context: dict[str, Any] = {"order": order, "line": line, "given": request.POST}
    if request.method == "POST":
        check(request, "order")
        actor, asked = actor_now(request.user, _reason(request)), _asked(request.POST, line)
        refused = asked.faults
        try:
            seen = services.preview_change(actor=actor, order=order, **asked.what)
            if not refused:
                context |= {"asked": asked, "seen": seen}
                if "carry_out" in request.POST:
                    services.change_order(actor=actor, order=order, **asked.what, shown=request.POST.get("shown", ""))
                    return redirect("order", number)
        except NothingToChange as refusal:
            refused = refused or sentences(refusal)
        except AtollError as refusal:
            refused = [*refused, *sentences(refusal)]
        context["refused"] = refused
    context["features"] = _features(line.configuration.revision, line.configuration.values, request)
    return render(request, "sales/change.html", context, status=422 if context.get("refused") else 200)


def _asked(sent: QueryDict, line: OrderLine) -> _Asked:
    """The change that the form asks for; fields that are not sent, or show what is there, change nothing."""
    if "remove" in sent:
        return _Asked({"removed": [line.position]}, [], [("remove", "1")], [])
    revision, by = line.configuration.revision, services.By.TODAY if sent.get("by") == "today" else services.By.OWN
    choices, parts, fields = {}, [], [("by", by.value)]
    for feature in _features(revision, line.configuration.values):
        field, now = f"{CHOICE}{feature['code']}", feature["texts"]
        texts = [text for text in sent.getlist(field) if text]
        if field in sent and texts != now:
            choices[feature["code"]] = texts
            names = dict(feature["options"])
            parts.append((feature["name"], *(", ".join(names.get(text, text) for text in each) for each in (now, texts))))
            fields += [(field, text) for text in texts or [""]]
    faults: list[str] = []
    quantity, day = line.quantity, line.request_date
    try:
        quantity = forms.whole(sent, "quantity", "Units", most=services.MOST_UNITS) if "quantity" in sent else quantity
    except AtollError as fault:
        faults += sentences(fault)
    try:
        day = forms.day(sent, "request_date", "Asked for") if sent.get("request_date") else day
    except AtollError as fault:
        faults += sentences(fault)
    if quantity != line.quantity:
        parts.append(("Units", line.quantity, quantity))
        fields.append(("quantity", str(quantity)))
    if day != line.request_date:
        parts.append(("Asked for", in_words(line.request_date), in_words(day)))
        fields.append(("request_date", day.isoformat()))
    group = sent.get("delivery_group", line.delivery_group).strip()
    if group != line.delivery_group:
        parts.append(("Delivery group", line.delivery_group, group))
        fields.append(("delivery_group", group))
    found = services.LineChange(
        line.position, read_choices(revision, choices), quantity, day if day != line.request_date else None, by, group
    )
    return _Asked({"lines": [found]}, parts, fields, faults)


def _features(revision: Revision, values: dict[str, Any], request: HttpRequest | None = None) -> list[dict[str, Any]]:
    """The features as the form shows them, with what is there or what was just entered."""
    found = []
    for feature in revision.document["features"]:
        code, value = feature["code"], values.get(feature["code"])
        texts = [str(part) for part in value] if isinstance(value, list) else [str(value)] if value not in (None, "") else []
        if request is not None and request.method == "POST" and f"{CHOICE}{code}" in request.POST:
            texts = [text for text in request.POST.getlist(f"{CHOICE}{code}") if text]
        options = [(option["code"], option["name"]) for option in feature.get("options") or ()]
        if feature["kind"] == "optional":
            options.insert(0, ("none", "None"))
        field = {"code": code, "name": feature["name"], "kind": feature["kind"], "texts": texts, "options": options}
        found.append(field | {"text": ",".join(texts)})
    return found


@require_POST
@needs("order")
def hold(request: HttpRequest, number: str) -> HttpResponse:
    """Keep an order from being released to assembly."""
    return _done(
        request, number, lambda actor, order: services.hold(actor=actor, order=order, reason=_reason(request)), "is held"
    )


@require_POST
@needs("order")
def lift_hold(request: HttpRequest, number: str) -> HttpResponse:
    """Let a held order go on."""
    return _done(request, number, lambda actor, order: services.lift_hold(actor=actor, order=order), "may be released again")


def _done(request: HttpRequest, number: str, use_case: Callable[..., Any], words: str) -> HttpResponse:
    order = get_object_or_404(Order, number=number)
    actor = actor_now(request.user, _reason(request))
    attempt(request, lambda: use_case(actor, order), f"{number} {words}.")
    return redirect("order", number)


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason", "").strip()


def import_orders(request: HttpRequest) -> HttpResponse:
    """Enter orders from a file: first what it says and when it would ship, or every fault; then it is done."""
    context: dict[str, Any] = {"most": SHOWN}
    if request.method == "POST":
        check(request, "order")
        actor = actor_now(request.user, "imported on the page")
        try:
            context["text"] = text = _text(request)
            if "carry_out" in request.POST:
                context["entered"] = services.import_orders(actor=actor, text=text)
            else:
                context["seen"] = services.preview_import(actor=actor, text=text)
        except BadInput as refusal:
            context["issues"] = refusal.issues
    context["example"] = _example(today(request))
    context["new"] = sum(not order.was_known for order in context.get("entered") or context.get("seen") or [])
    context["orders"] = (context.get("entered") or context.get("seen") or [])[:SHOWN]
    return render(request, "sales/import.html", context, status=422 if "issues" in context else 200)


def _example(day: date) -> str:
    """A file of one order, with what this company has to sell; empty where that is nothing yet."""
    revision, customer = next(iter(orderable_revisions(day)), None), Customer.objects.filter(on_hold=False).first()
    if revision is None or customer is None:
        return ""
    features = (feature for feature in revision.document["features"] if feature["kind"] == "one" and feature.get("default"))
    chosen = next((f"{feature['code']}={feature['default']}" for feature in features), "")
    return f"order,customer,model,quantity,choices\nPO-4711,{customer.code},{revision.product_model.code},2,{chosen}"


def _text(request: HttpRequest) -> str:
    """What was sent: a file, or what stands in the field."""
    file = request.FILES.get("file")
    try:
        return file.read().decode("utf-8-sig") if file else request.POST.get("text", "")
    except UnicodeDecodeError:
        raise BadInput([Issue("file", "not-utf-8", "It is not written in UTF-8.", "Save it as CSV UTF-8.")]) from None


urlpatterns = [
    path("orders/import", import_orders, name="import-orders"),
    path("orders/<str:number>/hold", hold, name="hold-order"),
    path("orders/<str:number>/lift-hold", lift_hold, name="lift-hold"),
    path("orders/<str:number>/<int:position>/change", change, name="change-line"),
]
