"""The matrix of option shares of a product model, and the pairs of options that are most closely bound."""

import csv
from collections.abc import Iterator, Mapping
from io import StringIO
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import path

from atoll_web.catalogue.services import orderable_revision
from atoll_web.pages import document, today
from atoll_web.planning import services
from atoll_web.planning.services import SharesSeen
from atoll_web.sales.models import OrderLine

MOST_PAIRS = 20
"""Pairs of options on the page; the `.csv` has all."""

WEAK = 0.05
"""Association below which two options are as good as independent."""

ORDERS, MODEL = "orders", "model"
COLUMNS = ("feature", "option", "other_feature", "other_option", "share", "other_share", "together", "association")


def option_shares(request: HttpRequest, code: str) -> HttpResponse:
    """How often options are taken, alone and together with those of another feature."""
    by, seen = _seen(request, code)
    features = _named(seen)
    first = seen.bonds[0] if seen.bonds else None
    rows, columns = (
        _asked(request, name, features, label[0] if label else "")
        for name, label in (("feature", first and first.one), ("with", first and first.other))
    )
    context = {
        "model": seen.revision.product_model,
        "seen": seen,
        "by": by,
        "features": features.items(),
        "pairs": [_pair(seen, features, bond) for bond in seen.bonds[:MOST_PAIRS] if abs(bond.association) >= WEAK],
        "rows": rows,
        "columns": columns,
        "across": features[columns]["options"].items() if columns else (),
        "down": _down(seen, features, rows, columns) if rows and columns else (),
        "query": f"by={by}",
    }
    return render(request, "planning/option_shares.html", context)


def option_shares_document(request: HttpRequest, code: str) -> HttpResponse:
    """The same for programs: the share of each option, and the pairs most closely bound."""
    by, seen = _seen(request, code)
    single = zip(seen.shares.labels, seen.shares.shares.tolist(), strict=True)
    return document(
        {
            "model": code,
            "revision": seen.revision.name,
            "by": by,
            "orders": seen.orders,
            "deviation": seen.shares.deviation,
            "options": [{"feature": feature, "option": option, "share": share} for (feature, option), share in single],
            "pairs": [dict(zip(COLUMNS, row, strict=True)) for row in _records(seen, MOST_PAIRS)],
        }
    )


def option_shares_csv(request: HttpRequest, code: str) -> StreamingHttpResponse:
    """The whole matrix for spreadsheets: a line for each pair of options of different features."""
    _, seen = _seen(request, code)
    name = f'attachment; filename="option-shares-{code}.csv"'
    lines = _lines(seen)
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers={"Content-Disposition": name})


def _seen(request: HttpRequest, code: str) -> tuple[str, SharesSeen]:
    """Where the shares come from, and what they are. Without a wish, orders speak as soon as there are any."""
    day = today(request)
    revision = orderable_revision(code, day)
    by = request.GET.get("by")
    if by not in {ORDERS, MODEL}:
        lines = OrderLine.objects.filter(configuration__revision__product_model=revision.product_model_id)
        by = ORDERS if lines.exists() else MODEL
    return by, services.option_shares(revision=revision, today=day, from_orders=by == ORDERS)


def _named(seen: SharesSeen) -> dict[str, dict[str, Any]]:
    """Features that have options, with their names and those of their options."""
    features: dict[str, dict[str, Any]] = {}
    known = {feature.code: feature for feature in services.features_of(seen.revision)}
    for code, option in seen.shares.labels:
        feature = known[code]
        entry = features.setdefault(code, {"name": feature.name, "options": {}})
        found = feature.option(option)
        entry["options"][option] = found.name if found else "None"
    return features


def _asked(request: HttpRequest, name: str, features: Mapping[str, Any], default: str) -> str:
    asked = request.GET.get(name, "")
    return asked if asked in features else default


def _pair(seen: SharesSeen, features: Mapping[str, Any], bond: Any) -> dict[str, Any]:
    sides = [{"feature": features[code]["name"], "option": features[code]["options"][o]} for code, o in (bond.one, bond.other)]
    return {
        "sides": sides,
        "together": bond.together,
        "association": bond.association,
        "query": urlencode({"feature": bond.one[0], "with": bond.other[0]}),
    }


def _down(seen: SharesSeen, features: Mapping[str, Any], rows: str, columns: str) -> list[tuple[str, float, list[float]]]:
    """Each option of the one feature: its name, its share, and its share together with each option of the other."""
    place = {label: position for position, label in enumerate(seen.shares.labels)}
    joint = seen.shares.joint
    found = []
    for option, name in features[rows]["options"].items():
        i = place[rows, option]
        across = [float(joint[i, place[columns, other]]) for other in features[columns]["options"]]
        found.append((name, float(joint[i, i]), across))
    return found


def _records(seen: SharesSeen, most: int | None = None) -> Iterator[tuple[Any, ...]]:
    single = dict(zip(seen.shares.labels, seen.shares.shares.tolist(), strict=True))
    for bond in seen.bonds[:most]:
        yield (*bond.one, *bond.other, single[bond.one], single[bond.other], bond.together, bond.association)


def _lines(seen: SharesSeen) -> Iterator[str]:
    for row in (COLUMNS, *_records(seen)):
        line = StringIO()
        csv.writer(line).writerow(row)
        yield line.getvalue()


urlpatterns = [
    path("models/<str:code>/option-shares.json", option_shares_document, name="option-shares-json"),
    path("models/<str:code>/option-shares.csv", option_shares_csv, name="option-shares-csv"),
    path("models/<str:code>/option-shares", option_shares, name="option-shares"),
]
