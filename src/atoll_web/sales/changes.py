"""Pages on which an order is changed, held, and entered from a file."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_POST

from atoll.errors import AtollError, BadInput, Issue
from atoll_web import forms
from atoll_web.accounts.acting import actor_now
from atoll_web.catalogue.configuring import read_choices
from atoll_web.catalogue.models import Revision
from atoll_web.pages import attempt, check, needs, sentences
from atoll_web.sales import services
from atoll_web.sales.errors import NothingToChange
from atoll_web.sales.models import Order, OrderLine

CHOICE = "f."
"""Prefix of the fields of features."""

SHOWN = 100
"""Orders of a file that its preview shows."""


def change(request: HttpRequest, number: str, position: int) -> HttpResponse:
    """Change or remove a line: a form with what it is, then what the change comes to, then it is done."""
    order = get_object_or_404(Order.objects.select_related("customer"), number=number)
    line = get_object_or_404(order.lines.select_related("configuration__revision__product_model"), position=position)
    context: dict[str, Any] = {"order": order, "line": line, "by": request.POST.get("by", "own"), "given": request.POST}
    if request.method == "POST":
        check(request, "order")
        actor = actor_now(request.user, request.POST.get("reason", "").strip())
        what, faults = _asked(request, line)
        try:
            if "carry_out" in request.POST and not faults:
                services.change_order(actor=actor, order=order, **what)
                return redirect("order", number)
            context["seen"] = services.preview_change(actor=actor, order=order, **what)
        except NothingToChange as refusal:
            faults = faults or sentences(refusal)
        except AtollError as refusal:
            faults += sentences(refusal)
        if faults:
            context = {**context, "seen": None, "refused": faults}
    context["features"] = _features(line.configuration.revision, line.configuration.values, request)
    return render(request, "sales/change.html", context, status=422 if "refused" in context else 200)


def _asked(request: HttpRequest, line: OrderLine) -> tuple[dict[str, Any], list[str]]:
    """The change that the form asks for, and what of it cannot be read; fields that show what is there change nothing."""
    if "remove" in request.POST:
        return {"removed": [line.position]}, []
    faults: list[str] = []
    now = {feature["code"]: feature["texts"] for feature in _features(line.configuration.revision, line.configuration.values)}
    sent = {name.removeprefix(CHOICE): request.POST.getlist(name) for name in request.POST if name.startswith(CHOICE)}
    given = {code: [text for text in texts if text] for code, texts in sent.items()}
    choices = read_choices(line.configuration.revision, {code: texts for code, texts in given.items() if texts != now.get(code)})
    day = quantity = None
    try:
        quantity = forms.whole(request.POST, "quantity", "Units", most=services.MOST_UNITS)
    except AtollError as fault:
        faults += sentences(fault)
    try:
        day = forms.day(request.POST, "request_date", "Asked for") if request.POST.get("request_date") else None
    except AtollError as fault:
        faults += sentences(fault)
    by = services.By.TODAY if request.POST.get("by") == "today" else services.By.OWN
    changed = services.LineChange(line.position, choices, quantity, day if day != line.request_date else None, by)
    return {"lines": [changed]}, faults


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
    context["new"] = sum(not order.was_known for order in context.get("entered") or context.get("seen") or [])
    context["orders"] = (context.get("entered") or context.get("seen") or [])[:SHOWN]
    return render(request, "sales/import.html", context, status=422 if "issues" in context else 200)


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
