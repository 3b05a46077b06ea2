"""Why an order line has its date, for its page and for programs: its promise, and the tree of what it rests on."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.db.models import QuerySet

from atoll_web.accounts.acting import business_time
from atoll_web.sales import services
from atoll_web.sales.causes import causes
from atoll_web.sales.models import OrderLine
from atoll_web.sales.pegging import critical_path, pegging
from atoll_web.sales.record import asked_for

FASTER = ("key", "kind", "words", "ship_date", "days_earlier", "cost", "currency")
"""What is told of a way to have a line earlier."""

NOT_KNOWN: Mapping[str, Any] = {"confidence": None, "sure_dates": [], "warning": ""}
"""How sure a date is once assembly has begun."""


def lines_to_explain(number: str, position: int) -> QuerySet[OrderLine]:
    """The line of an order at a position, with what `reasons` needs of it."""
    rows = OrderLine.objects.select_related(
        "order__customer__price_list", "configuration__revision__product_model", "assembly_order"
    )
    return rows.filter(order__number=number, position=position)


def reasons(line: OrderLine) -> dict[str, Any]:
    """The line, its promise in force, its pegs, those that decide its date, why it is late, and what would be faster."""
    promises = list(line.promises.order_by("id"))
    pegs, today = pegging(line.demand_id) if line.demand_id else [], business_time().date()
    promised = promises[-1] if promises and promises[-1].in_force else None
    return {
        "line": line,
        "asked_for": asked_for(line.request_date, promises[0].made_at) if promises else None,
        "today": today,
        "sureness": services.sureness(line=line, today=today),
        "promise": promised,
        "pegs": pegs,
        "path": critical_path(pegs),
        "causes": causes(line, promises, pegs, today),
        "faster": services.ways_to_hasten(line=line, today=today, promised=promised),
    }


def reasons_document(line: OrderLine) -> dict[str, Any]:
    """The same as a document."""
    seen = reasons(line)
    promise = seen["promise"]
    return {
        "line": str(line),
        "state": line.state,
        "ship_date": promise and promise.ship_date,
        "need_date": promise and promise.need_date,
        "reason": promise and promise.reason,
        **(seen["sureness"].as_dict() if seen["sureness"] else NOT_KNOWN),
        "causes": [asdict(cause) for cause in seen["causes"]],
        "path": [{"item": peg.item, "kind": peg.kind, "reference": peg.reference, "due": peg.due} for peg in seen["path"]],
        "pegs": [peg.as_dict() for peg in seen["pegs"]],
        "faster": [{name: getattr(one, name) for name in FASTER} for one in seen["faster"]],
    }
