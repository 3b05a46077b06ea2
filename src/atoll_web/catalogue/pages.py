"""Pages of the catalogue: product models, what can be chosen of them, and under which rules."""

from datetime import date
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse

from atoll_web.catalogue import rules, states
from atoll_web.catalogue.models import ProductModel, Revision
from atoll_web.lists import Column, ListPage
from atoll_web.pages import document, today

MODELS = ListPage(
    name="models",
    title="Product models",
    rows=lambda: ProductModel.objects.select_related("end_item").annotate(
        released=Count("revisions", filter=Q(revisions__state=states.RELEASED))
    ),
    columns=(
        Column("code", "Model", link=lambda row: reverse("model", args=[row.code])),
        Column("name", "Name"),
        Column("end_item", "End item", value="end_item.code", link=lambda row: reverse("item", args=[row.end_item.code])),
        Column("released", "Released revisions", kind="number"),
    ),
    search=("code", "name"),
    order="code",
    actions=(("New product model", "new-model", "catalogue"),),
    empty="There is no product model yet. Load the demonstration with `make demo`.",
)


def model(request: HttpRequest, code: str) -> HttpResponse:
    """A product model: features and options, rules in words, super bill, revisions."""
    row, revisions, shown = _model(code, request.GET.get("revision", ""), today(request))
    content = shown.document if shown else {}
    context = {
        "model": row,
        "revisions": revisions,
        "shown": shown,
        "today_revision": _in_force(revisions, today(request)),
        "features": [(feature, _shares(feature)) for feature in content.get("features", ())],
    }
    return render(request, "catalogue/model.html", context)


def model_document(request: HttpRequest, code: str) -> HttpResponse:
    """The same for programs: the revision's document in full."""
    row, revisions, shown = _model(code, request.GET.get("revision", ""), today(request))
    return document(
        {
            "code": row.code,
            "name": row.name,
            "revisions": [
                {"name": r.name, "state": r.state, "valid_from": r.valid_from, "valid_until": r.valid_until} for r in revisions
            ],
            "revision": shown and shown.name,
            "document": shown and shown.document,
        }
    )


def _model(code: str, wanted: str, day: date) -> tuple[ProductModel, list[Revision], Revision | None]:
    """The model, its revisions, and the one to show: the one asked for, else the one in force, else the newest."""
    row = get_object_or_404(ProductModel.objects.select_related("end_item"), code=code)
    revisions = list(row.revisions.order_by("-valid_from", "-id"))
    asked = next((revision for revision in revisions if revision.name == wanted), None)
    return row, revisions, asked or _in_force(revisions, day) or next(iter(revisions), None)


def _in_force(revisions: list[Revision], day: date) -> Revision | None:
    """The revision that can be ordered on a day."""
    return next(
        (
            revision
            for revision in revisions
            if revision.state == states.RELEASED
            and revision.valid_from <= day
            and (revision.valid_until is None or day < revision.valid_until)
        ),
        None,
    )


def _shares(feature: dict[str, Any]) -> list[tuple[dict[str, Any], float]]:
    """Each option with how often it is taken, 0 to 1."""
    options = feature.get("options", [])
    weights = [option["share"] for option in options]
    if feature["kind"] == "many":
        return [(option, min(share, 1.0)) for option, share in zip(options, weights, strict=True)]
    # An optional feature stays empty with what the shares leave to 1, or with weight 1.
    empty = 0 if feature["kind"] == "one" else (1 - sum(weights) if sum(weights) < 1 else 1)
    total = sum(weights) + empty
    return [(option, share / total if total else 0.0) for option, share in zip(options, weights, strict=True)]


urlpatterns = [
    *MODELS.urls(),
    *rules.urlpatterns,
    path("models/<str:code>.json", model_document, name="model-json"),
    path("models/<str:code>", model, name="model"),
]
