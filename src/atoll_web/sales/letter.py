"""What a customer reads by e-mail of an event: plain text that is complete without the pages."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Min

from atoll_web.accounts.models import Company
from atoll_web.catalogue.models import Revision
from atoll_web.catalogue.words import in_words
from atoll_web.sales.answering import in_words as day_in_words
from atoll_web.sales.deliveries import lines_together
from atoll_web.sales.models import Notice, Promise
from atoll_web.sales.record import asked_for
from atoll_web.words import missed

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Letter:
    """An e-mail in plain text."""

    subject: str
    text: str


def letter(notice: Notice) -> Letter:
    """The e-mail of a notice, read with its order and customer; says what was so when it happened."""
    company = Company.objects.get()
    facts, order = notice.facts, notice.order
    is_quote = all(line["state"] == "quoted" for line in facts["lines"])
    subject, opening = _opening(notice.event, facts, is_quote)
    revisions = _revisions(facts)
    entered = dict(Promise.objects.filter(line__order=order).values_list("line__position").annotate(Min("made_at")).order_by())
    lines = [text for line in facts["lines"] for text in _line(line, facts["currency"], revisions, entered)]
    total = sum((Decimal(line["unit_price"]) * line["quantity"] for line in facts["lines"]), Decimal(0))
    paid = notice.event in ("promise.made", "promise.changed", "quote.accepted")
    parts = [
        f"Dear {order.customer.name},",
        opening,
        "\n".join(lines),
        f"Total of these lines: {total:,.2f} {facts['currency']}" if paid else "",
        _together(facts) if paid else "",
        f"Your customer number is {facts['customer']}. Name {facts['order']} when you write to us.",
        company.name,
    ]
    return Letter(f"{company.name}: {subject}", "\n\n".join(part for part in parts if part) + "\n")


def _together(facts: Facts) -> str:
    """Which of the lines leave together; notices from before there were delivery groups do not know of them."""
    if facts["ship_complete"]:
        return "All lines of this order ship together."
    groups = lines_together((line["position"], line.get("delivery_group", "")) for line in facts["lines"])
    return " ".join(f"{words.capitalize()} ship together." for words in groups)


def _opening(event: str, facts: Facts, is_quote: bool) -> tuple[str, str]:
    """Subject and first sentence."""
    number = facts["order"]
    if event == "promise.made" and is_quote:
        until = f" It holds until {_day(facts['expires_at'])}; its dates are kept for you until then."
        return f"quote {number}", f"Thank you for asking. This is our quote {number}.{until}"
    return {
        "promise.made": (f"order {number} confirmed", f"Thank you for your order. We confirm {number} as follows."),
        "quote.accepted": (f"order {number} confirmed", f"Thank you for accepting our quote. We confirm {number} as follows."),
        "promise.changed": _changed(number, facts),
        "promise.cancelled": (f"{number} cancelled", f"These lines of {number} are cancelled and will not be delivered."),
        "quote.expired": (f"quote {number} expired", f"Our quote {number} has expired, so we no longer keep its dates."),
        "order.shipped": (f"{number} on its way", f"These units of {number} have left us."),
    }[event]


def _changed(number: str, facts: Facts) -> tuple[str, str]:
    """A new date is only announced where there is one; a line may also be another one for the date that it had."""
    if any(line.get("ship_date_before") not in (None, line.get("ship_date")) for line in facts["lines"]):
        return f"new date for {number}", f"What we promised for {number} has changed. It is now as follows."
    return f"{number} confirmed anew", f"We confirm {number} anew; its dates stay as they were."


def _line(
    line: Facts, currency: str, revisions: Mapping[tuple[str, str], Facts], entered: Mapping[int, datetime]
) -> Iterator[str]:
    document = revisions[line["model"], line["revision"]]
    each = "each " if line["quantity"] > 1 else ""
    yield f"{line['position']}. {line['quantity']} x {document['name']} ({line['model']}), {each}{line['unit_price']} {currency}"
    for choice in in_words(document, line["choices"]):
        yield f"   {choice.name}: {choice.words}"
    if "serials" in line:
        yield f"   Shipment {line['shipment']}, serial numbers: {', '.join(line['serials'])}"
    elif "ship_date" in line:
        before = line.get("ship_date_before") not in (None, line["ship_date"]) and line["ship_date_before"]
        yield f"   Ships on {_day(line['ship_date'])}" + (f" (before: {_day(before)})" if before else "")
        asked = asked_for(date.fromisoformat(line["request_date"]), entered[line["position"]])
        wish = missed(asked, date.fromisoformat(line["ship_date"])) or (f"Asked for {day_in_words(asked)}." if asked else "")
        yield "   " + f"{wish} {line['reason']}".strip()


def _day(text: str) -> str:
    return day_in_words(datetime.fromisoformat(text).date() if "T" in text else date.fromisoformat(text))


def _revisions(facts: Facts) -> dict[tuple[str, str], Facts]:
    """The documents of the lines' revisions, which say what options are called."""
    wanted = {(line["model"], line["revision"]) for line in facts["lines"]}
    models, names = {model for model, _ in wanted}, {name for _, name in wanted}
    rows = Revision.objects.filter(product_model__code__in=models, name__in=names)
    return {(model, name): document for model, name, document in rows.values_list("product_model__code", "name", "document")}
