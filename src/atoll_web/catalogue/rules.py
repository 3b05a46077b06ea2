"""The rule editor: rules of a product model in words and in formal form, drafts of revisions, what they change, their release."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pghistory.models
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.text import slugify
from django.views.decorators.http import require_POST

from atoll.errors import AtollError, BadInput
from atoll_web.accounts.acting import Actor, actor_now
from atoll_web.catalogue import compiling, services, states, tasks
from atoll_web.catalogue.drafting import FIELDS, Form, form_of, read_day, read_file, read_form
from atoll_web.catalogue.errors import DraftChanged
from atoll_web.catalogue.models import ProductModel, Revision
from atoll_web.pages import attempt, check, needs, sentences, today

LAST_EDITS = 20

NEW = """\
code = ""
name = ""
end_item = ""
revision = "1"
base_price = 0
currency = ""

[[features]]
code = ""
name = ""
kind = "one"

[[features.options]]
item = ""
"""
"""What a new document begins with."""


def rules(request: HttpRequest, code: str) -> HttpResponse:
    """The rules of a revision with what the checks find."""
    row = get_object_or_404(ProductModel, code=code)
    revisions = list(row.revisions.defer("document").order_by("-valid_from", "-id"))
    shown = _shown(revisions, request.GET.get("revision", ""), today(request))
    context: dict[str, Any] = {"model": row, "revisions": revisions, "shown": shown}
    if shown:
        day = max(today(request), shown.valid_from)
        context |= _checks(shown, form_of(shown), day) | {"compiled": compiling.form_row(shown, day)}
    return render(request, "catalogue/rules.html", context)


def _shown(revisions: list[Revision], wanted: str, day: date) -> Revision | None:
    """The revision asked for, else the one in force, else the newest."""
    asked = next((revision for revision in revisions if revision.name == wanted), None)
    return asked or _in_force(revisions, day) or next(iter(revisions), None)


def _in_force(revisions: list[Revision], day: date) -> Revision | None:
    released = (revision for revision in revisions if revision.state == states.RELEASED)
    return next((r for r in released if r.valid_from <= day and (r.valid_until is None or day < r.valid_until)), None)


@require_POST
@needs("catalogue")
def begin(request: HttpRequest, code: str) -> HttpResponse:
    """Begin a draft from a revision."""
    rows = Revision.objects.select_related("product_model").filter(product_model__code=code)
    revision = get_object_or_404(rows, name=_text(request, "revision"))
    draft = services.new_draft(actor=actor_now(request.user, _text(request, "reason")), revision=revision)
    return redirect("draft", code, draft.pk)


def _text(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").strip()


def draft(request: HttpRequest, code: str, key: int) -> HttpResponse:
    """Change a draft, look at what the checks find, release it."""
    check(request, "catalogue")
    row = _draft(code, key)
    if row.state != states.DRAFT:
        return redirect(f"{reverse('rules', args=[code])}?revision={row.name}")
    if request.method != "POST":
        return _edit(request, row, form_of(row))
    form = read_form(request.POST)
    if part := request.POST.get("add"):
        return _edit(request, row, form.with_row(part) if part in FIELDS else form)
    if key_of_row := request.POST.get("remove"):
        return _edit(request, row, form.without_row(key_of_row))
    if request.POST.get("do") == "check":
        return _edit(request, row, form)
    return _keep(request, row, form)


def _draft(code: str, key: int) -> Revision:
    return get_object_or_404(Revision.objects.select_related("product_model"), product_model__code=code, pk=key)


def _keep(request: HttpRequest, row: Revision, form: Form) -> HttpResponse:
    """Save what the form holds, and release it if that was asked for. Refused, the form comes back as it was sent."""
    actor = actor_now(request.user, form.reason)
    try:
        saved = _save(actor, row, form)
        if request.POST.get("do") != "release":
            messages.success(request, f"Draft {saved.name} is saved.")
            return redirect("draft", row.product_model.code, row.pk)
        released = tasks.release(actor=actor, revision=saved, valid_from=saved.valid_from)
    except BadInput as refusal:
        return _edit(request, row, form.told(refusal.issues), status=422)
    except AtollError as refusal:
        return _edit(request, row, replace(form, faults=tuple(sentences(refusal))), status=422)
    messages.success(request, f"Revision {released.name} is released from {released.valid_from} on. Orders that run keep theirs.")
    return redirect("rules", row.product_model.code)


def _save(actor: Actor, row: Revision, form: Form) -> Revision:
    if form.digest != row.digest:
        raise DraftChanged(revision=str(row))
    document, day = form.document(row.document), read_day(form.valid_from)
    return services.edit_draft(actor=actor, revision=row, document=document, valid_from=day)


def _edit(request: HttpRequest, row: Revision, form: Form, status: int = 200) -> HttpResponse:
    revisions = list(row.product_model.revisions.defer("document").order_by("-valid_from", "-id"))
    context = _checks(row, form, today(request)) | {
        "model": row.product_model,
        "draft": row,
        "before": _in_force(revisions, today(request)),
        "history": _history(row),
        "today": today(request),
    }
    return render(request, "catalogue/draft.html", context, status=status)


def _checks(row: Revision, form: Form, day: date) -> dict[str, Any]:
    """What the checks find in a form that may not be saved yet."""
    checked = services.check_document(form.document(row.document), day)
    told = form if form.faults or any(row.faults for row in form.rows) else form.told(checked.issues)
    return {"form": told, "checked": checked}


@require_POST
@needs("catalogue")
def check_draft(request: HttpRequest, code: str, key: int) -> HttpResponse:
    """What the checks find in the form as it is sent; nothing is saved."""
    row = _draft(code, key)
    found = _checks(row, read_form(request.POST), today(request))
    return render(request, "catalogue/checks.html", found | {"draft": row, "is_swap": True})


@require_POST
@needs("catalogue")
def discard(request: HttpRequest, code: str, key: int) -> HttpResponse:
    """Give a draft up."""
    row, actor = _draft(code, key), actor_now(request.user, _text(request, "reason"))
    attempt(request, lambda: services.discard_draft(actor=actor, revision=row), f"Draft {row.name} is discarded.")
    return redirect("rules", code)


def _history(row: Revision) -> list[Mapping[str, Any]]:
    """Who changed the draft, when and why; the latest first."""
    events = pghistory.models.Events.objects.tracks(row).order_by("-pgh_created_at")[:LAST_EDITS]
    return [
        {
            "at": event.pgh_created_at,
            "who": (event.pgh_context or {}).get("name", ""),
            "why": (event.pgh_context or {}).get("reason", ""),
            "changed": [name for name in (event.pgh_diff or {}) if name != "digest"],
        }
        for event in events
    ]


def whole(request: HttpRequest, code: str, key: int) -> HttpResponse:
    """The whole document of a draft, to be changed as text or sent as a file."""
    check(request, "catalogue")
    row = _draft(code, key)
    if row.state != states.DRAFT:
        return redirect(f"{reverse('rules', args=[code])}?revision={row.name}")

    def save(actor: Actor, document: Mapping[str, Any]) -> Revision:
        return services.edit_draft(actor=actor, revision=row, document=document, valid_from=row.valid_from)

    return _whole(request, services.document_text(row.document), save, {"model": row.product_model, "draft": row})


def new(request: HttpRequest) -> HttpResponse:
    """A product model, or a new draft of one, from its whole document."""
    check(request, "catalogue")

    def save(actor: Actor, document: Mapping[str, Any]) -> Revision:
        return services.draft_revision(actor=actor, document=document, valid_from=actor.today, source=services.DRAFT)

    return _whole(request, NEW, save, {})


def _whole(
    request: HttpRequest, text: str, save: Callable[[Actor, Mapping[str, Any]], Revision], context: Mapping[str, Any]
) -> HttpResponse:
    """Show or save a document; with faults it comes back as it was sent, with all of them."""
    faults: list[str] = []
    if request.method == "POST":
        actor = actor_now(request.user, _text(request, "reason"))
        try:
            text = _sent(request)
            saved = save(actor, services.read_document(text))
        except AtollError as refusal:
            faults = sentences(refusal)
        else:
            messages.success(request, f"Draft {saved.name} of {saved.product_model} is saved.")
            return redirect("draft", saved.product_model.code, saved.pk)
    found = {**context, "text": text, "faults": faults, "reason": _text(request, "reason")}
    return render(request, "catalogue/document.html", found, status=422 if faults else 200)


def _sent(request: HttpRequest) -> str:
    """The file, or else the text that was sent."""
    file = request.FILES.get("file")
    if file is None:
        return request.POST.get("text", "").replace("\r\n", "\n")
    return read_file(file)


def download(request: HttpRequest, code: str) -> HttpResponse:
    """The document of a revision as a TOML file."""
    row = get_object_or_404(ProductModel, code=code)
    shown = _shown(list(row.revisions.order_by("-valid_from", "-id")), request.GET.get("revision", ""), today(request))
    text = services.document_text(shown.document if shown else {})
    return _file(text, "application/toml", slugify(f"{code}-{shown.name}") if shown else slugify(code), "toml")


def download_uvl(request: HttpRequest, code: str) -> HttpResponse:
    """A revision as a UVL file; what UVL cannot say stands in its first lines as remarks."""
    row = get_object_or_404(ProductModel, code=code)
    revisions = list(row.revisions.defer("document").order_by("-valid_from", "-id"))
    shown = _shown(revisions, request.GET.get("revision", ""), today(request))
    if shown is None:
        raise Http404
    found = services.uvl_of(shown)
    remarks = "".join(f"// {' '.join(str(issue).split())}\n" for issue in found.issues)
    return _file(remarks + found.text, "text/plain", slugify(f"{code}-{shown.name}"), "uvl")


def _file(text: str, kind: str, name: str, ending: str) -> HttpResponse:
    response = HttpResponse(text, content_type=f"{kind}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.{ending}"'
    return response


def compare(request: HttpRequest, code: str) -> HttpResponse:
    """Two revisions side by side: what the later one changes."""
    row = get_object_or_404(ProductModel, code=code)
    named = {revision.name: revision for revision in row.revisions.order_by("-valid_from", "-id")}
    before, after = (named.get(request.GET.get(name, "")) for name in ("before", "after"))
    found = services.compare_revisions(before, after) if before and after else None
    context = {"model": row, "revisions": named.values(), "before": before, "after": after, "found": found}
    return render(request, "catalogue/compare.html", context)


@require_POST
@needs("catalogue")
def shop(request: HttpRequest, code: str) -> HttpResponse:
    """Put a model into the shop, or take it out."""
    row, shown = get_object_or_404(ProductModel, code=code), request.POST.get("shown") == "1"
    done = f"{row.name} is {'in' if shown else 'no longer in'} the shop."
    attempt(request, lambda: services.show_in_shop(actor=actor_now(request.user), product_model=row, shown=shown), done)
    return redirect("model", code)


urlpatterns = [
    path("models/new", new, name="new-model"),
    path("models/<str:code>.toml", download, name="model-toml"),
    path("models/<str:code>.uvl", download_uvl, name="model-uvl"),
    path("models/<str:code>/rules", rules, name="rules"),
    path("models/<str:code>/compare", compare, name="compare"),
    path("models/<str:code>/shop", shop, name="model-shop"),
    path("models/<str:code>/drafts", begin, name="begin-draft"),
    path("models/<str:code>/drafts/<int:key>", draft, name="draft"),
    path("models/<str:code>/drafts/<int:key>/check", check_draft, name="check-draft"),
    path("models/<str:code>/drafts/<int:key>/discard", discard, name="discard-draft"),
    path("models/<str:code>/drafts/<int:key>/document", whole, name="draft-document"),
]
