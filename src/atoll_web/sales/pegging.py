"""Why an order line has its date: the tree from the line through allocations and builds down to purchase orders."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import CharField
from django.db.models.expressions import RawSQL

from atoll_web.stock.models import Requirement
from atoll_web.stock.triggers import MAY_TAKE

INSTEAD = RawSQL(
    f"""
    SELECT CASE WHEN count(*) = 1 AND min(component_id) <> stock_requirement.item_id THEN min(i.code) ELSE '' END
    FROM stock_demand d JOIN stock_supply build ON build.id = d.builds_id
    CROSS JOIN LATERAL ({MAY_TAKE.format(parent="build.item_id")}) may_take JOIN catalogue_item i ON i.id = component_id
    WHERE d.id = stock_requirement.demand_id AND may_take.item_id = stock_requirement.item_id
    """,
    (),
    output_field=CharField(),
)
"""What the bill of a build has where its kit requires an alternate or a successor that can stand for nothing else."""

FIELDS = {
    "id": "id",
    "demand": "demand_id",
    "item": "item__code",
    "name": "item__name",
    "is_in_use": "item__active",
    "instead": "instead",
    "needed": "quantity",
    "issued": "issued",
    "units": "allocations__quantity",
    "supply": "allocations__supply",
    "kind": "allocations__supply__kind",
    "reference": "allocations__supply__reference",
    "due": "allocations__supply__due",
    "margin_days": "allocations__supply__margin_days",
    "built": "allocations__supply__quantity",
    "kit": "allocations__supply__consumes",
    "kit_date": "allocations__supply__consumes__need_date",
}


@dataclass(slots=True)
class Peg:
    """Units of an item, and the supply that they come from.

    Parameters
    ----------
    kind
        Kind of the supply; ``issued`` when the units were taken from the warehouse already, ``short`` when nothing is allocated.
    parts
        What the build of the supply takes, for all that it builds.
    built
        Units of the whole build, of which others may take a part.
    supply
        Key of the supply; 0 for none.
    is_obsolete
        Whether the item is out of use, so that what is only planned of it will not come.
    instead
        The component of the bill that it is taken for; empty for that component itself, and where it may stand for several.
    is_latest
        Whether it decides the date of what it goes into, all the way up to the order.
    """

    item: str
    name: str
    units: int
    kind: str
    reference: str = ""
    due: date | None = None
    margin_days: int = 0
    kit_date: date | None = None
    parts: list["Peg"] = field(default_factory=list)
    built: int = 0
    supply: int = 0
    is_obsolete: bool = False
    instead: str = ""
    is_latest: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The peg as a document."""
        return {
            "item": self.item,
            "name": self.name,
            "units": self.units,
            "kind": self.kind,
            "reference": self.reference,
            "due": self.due,
            "margin_days": self.margin_days,
            "built": self.built,
            "instead": self.instead,
            "is_latest": self.is_latest,
            "parts": [part.as_dict() for part in self.parts],
        }


def pegging(demand: int) -> list[Peg]:
    """What a demand rests on, level by level with one query each, the latest first and its branch marked."""
    trees: dict[int, list[Peg]] = defaultdict(list)
    level, seen = {demand}, set[int]()
    while level:
        seen |= level
        required = Requirement.objects.filter(demand__in=level).annotate(instead=INSTEAD)
        rows = required.order_by("item__code", "allocations__id").values_list(*FIELDS.values())
        level = set()
        for requirement in _by_requirement(dict(zip(FIELDS, row, strict=True)) for row in rows):
            trees[requirement[0]["demand"]].extend(_pegs(requirement, trees))
            level |= {row["kit"] for row in requirement if row["kit"]} - seen
    _mark(trees[demand])
    return trees[demand]


def critical_path(pegs: list[Peg]) -> list[Peg]:
    """The marked branch from what the order takes down to the supply that decides its date."""
    path: list[Peg] = []
    while pegs and pegs[0].is_latest:
        path.append(pegs[0])
        pegs = pegs[0].parts
    return path


def _by_requirement(rows: Iterable[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    groups: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row["id"]].append(row)
    return list(groups.values())


def _pegs(rows: list[dict[str, Any]], trees: dict[int, list[Peg]]) -> list[Peg]:
    """One peg for each allocation of a requirement, for what was issued, and for what is short."""
    first = rows[0]
    pegs = [
        Peg(
            row["item"],
            row["name"],
            row["units"],
            row["kind"],
            row["reference"],
            row["due"],
            row["margin_days"],
            row["kit_date"],
            trees[row["kit"]] if row["kit"] else [],
            row["built"] if row["kit"] else 0,
            row["supply"],
            not row["is_in_use"],
            row["instead"] or "",
        )
        for row in rows
        if row["units"]
    ]
    short = first["needed"] - first["issued"] - sum(peg.units for peg in pegs)
    rest = (("issued", first["issued"]), ("short", short))
    return pegs + [
        Peg(first["item"], first["name"], units, kind, instead=first["instead"] or "") for kind, units in rest if units
    ]


def _mark(pegs: list[Peg]) -> None:
    """Put the latest first at every level, and mark the branch that it forms from the root."""
    _sort(pegs)
    while pegs and pegs[0].due:
        pegs[0].is_latest = True
        pegs = pegs[0].parts


def _sort(pegs: list[Peg]) -> None:
    pegs.sort(key=lambda peg: (peg.kind != "short", -(peg.due or date.min).toordinal(), peg.item))
    for peg in pegs:
        _sort(peg.parts)
