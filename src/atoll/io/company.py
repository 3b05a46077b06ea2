"""Product models, the company itself and its demand."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from atoll.io.fields import Fields
from atoll.io.folder import Folder
from atoll.io.profile import EVEN_WEEK, DemandProfile, ModelDemand, TextDemand
from atoll.io.table import CODE
from atoll.model.calendar import Calendar
from atoll.model.company import AssemblyLine, Company
from atoll.model.item import Item, Kind

Models = Mapping[str, dict[str, Any]]


def read_models(folder: Folder, items: Mapping[str, Item]) -> dict[str, dict[str, Any]]:
    """Product model documents by code; what is in them is checked when they are made into models."""
    models: dict[str, dict[str, Any]] = {}
    sold: dict[str, str] = {}
    for name in folder.files("model", "models", ".toml"):
        fields = folder.document("model", name)
        if fields is None:
            continue
        code, end_item = fields.text("code", shape=CODE), fields.text("end_item")
        if code and code in models:
            folder.faults.add(fields.place("code"), "duplicate-code", f"The product model {code} is there twice.")
        _check_end_item(folder, fields.place("end_item"), end_item, items)
        if end_item and (other := sold.setdefault(end_item, name)) != name:
            folder.faults.add(fields.place("end_item"), "duplicate-code", f"{end_item} is the end item of {other} already.")
        models[code] = fields.values
    return models


def _check_end_item(folder: Folder, place: str, code: str, items: Mapping[str, Item]) -> None:
    if code in items and items[code].kind is not Kind.END_ITEM:
        folder.faults.add(place, "not-sold", f"{code} is no end item.", "Give it the kind `end item`.")
    if code and code not in items and folder.is_complete("item"):
        folder.faults.add(place, "unknown-item", f"There is no item {code}.", "Add it to items/ with the kind `end item`.")


def read_company(folder: Folder, fields: Fields, models: Models) -> Company:
    """The company; every product model has a line."""
    fields.allow("name", "currency", "start", "weekdays", "holidays", "shipping_days", "minute_rate", "lines", "demand")
    return Company(
        name=fields.text("name"),
        currency=fields.text("currency", shape="[A-Z]{3}"),
        start=fields.day("start"),
        calendar=Calendar(fields.weekdays("weekdays", [0, 1, 2, 3, 4]), frozenset(fields.days("holidays"))),
        lines=_lines(folder, fields, models),
        shipping_days=fields.whole("shipping_days", least=0, default=0),
        minute_rate=Decimal(str(fields.number("minute_rate", least=0, default=0))),
    )


def _lines(folder: Folder, company: Fields, models: Models) -> tuple[AssemblyLine, ...]:
    lines: dict[str, AssemblyLine] = {}
    for fields in company.tables("lines"):
        fields.allow(
            "code", "name", "minutes_per_day", "weekday_minutes", "exceptions", "models", "overtime_minutes", "overtime_rate"
        )
        code, week = fields.text("code", shape=CODE), _week(fields)
        line = AssemblyLine(
            code=code,
            name=fields.text("name"),
            minutes_per_day=fields.whole("minutes_per_day", least=1, default=max(week, default=None)),
            models=fields.words("models"),
            overtime_minutes=fields.whole("overtime_minutes", least=0, default=0),
            overtime_rate=Decimal(str(fields.number("overtime_rate", least=0, default=0))),
            weekday_minutes=week,
            exceptions=_exceptions(folder, fields),
        )
        _check_models(folder, fields.place("models"), line.models, models)
        if code in lines:
            folder.faults.add(fields.place("code"), "duplicate-code", f"The line {code} is there twice.")
        lines[code] = line
    built = {model for line in lines.values() for model in line.models}
    for model in models:
        if model and model not in built:
            hint = "Name it in the `models` of a line."
            folder.faults.add(company.place("lines"), "no-line", f"No line builds the product model {model}.", hint)
    return tuple(lines.values())


def _week(line: Fields) -> tuple[int, ...]:
    """Minutes of Monday to Sunday; empty where the line has no week of its own."""
    minutes = tuple(line.wholes("weekday_minutes", 7))
    if minutes and not any(minutes):
        line.faults.add(line.place("weekday_minutes"), "bad-field", "The line never works.", "Give one weekday minutes.")
        return ()
    return minutes


def _exceptions(folder: Folder, line: Fields) -> dict[date, int]:
    found: dict[date, int] = {}
    for fields in line.tables("exceptions"):
        fields.allow("day", "minutes")
        day, minutes = fields.day("day"), fields.whole("minutes", least=0)
        if day in found:
            folder.faults.add(fields.place("day"), "duplicate", f"The line has two exceptions on {day}.")
        found[day] = minutes
    return found


def read_demand(folder: Folder, fields: Fields, models: Models) -> DemandProfile:
    """How customers order."""
    fields.allow(
        "weekday_weights",
        "trend",
        "large_order_share",
        "large_order_units",
        "request_later_share",
        "request_later_days",
        "models",
    )
    weights = tuple(fields.numbers("weekday_weights", 7, EVEN_WEEK))
    if not sum(weights):
        folder.faults.add(fields.place("weekday_weights"), "bad-field", "All weights are 0.", "Give one day a weight.")
        weights = EVEN_WEEK
    return DemandProfile(
        models=_model_demand(folder, fields, models),
        weekday_weights=weights,
        trend=fields.number("trend", least=-0.99, default=0),
        large_order_share=fields.number("large_order_share", least=0, most=1, default=0),
        large_order_units=fields.span("large_order_units", (10, 40), least=1),
        request_later_share=fields.number("request_later_share", least=0, most=1, default=0),
        request_later_days=fields.span("request_later_days", (7, 35), least=1),
    )


def _model_demand(folder: Folder, demand: Fields, models: Models) -> tuple[ModelDemand, ...]:
    found: dict[str, ModelDemand] = {}
    for fields in demand.tables("models"):
        fields.allow("code", "share", "units_mean", "texts")
        code, share = fields.text("code"), fields.number("share", least=0)
        _check_models(folder, fields.place("code"), (code,), models)
        if code in found:
            folder.faults.add(fields.place("code"), "duplicate-code", f"The demand for {code} is there twice.")
        found[code] = ModelDemand(code, share, fields.number("units_mean", least=1, default=1), tuple(_texts(fields)))
    if sum(model.share for model in found.values()):
        return tuple(found.values())
    hint = "Add [[demand.models]] with a code and a share above 0."
    folder.faults.add(demand.place("models"), "no-demand", "No product model is ordered.", hint)
    return (ModelDemand("", 1),)


def _texts(model: Fields) -> Iterator[TextDemand]:
    for fields in model.tables("texts"):
        fields.allow("feature", "share", "texts")
        yield TextDemand(fields.text("feature"), fields.number("share", least=0, most=1), fields.words("texts") or ("",))


def _check_models(folder: Folder, place: str, codes: tuple[str, ...], models: Models) -> None:
    for code in codes:
        if code and code not in models and folder.is_complete("model"):
            hint = f"The models are {', '.join(models)}." if models else ""
            folder.faults.add(place, "unknown-model", f"There is no product model {code}.", hint)
