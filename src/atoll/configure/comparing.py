"""Two revisions of a product model side by side."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from atoll.configure.counting import count_all, count_common
from atoll.configure.engine import Configurator
from atoll.configure.errors import RuleTooLarge
from atoll.configure.writing import write_product_model
from atoll.errors import LimitReached
from atoll.model.product import NONE, FeatureKind, ProductModel, Value

EMPTY: Mapping[FeatureKind, Value] = {FeatureKind.OPTIONAL: NONE, FeatureKind.MANY: ()}
"""The value of a feature of which nothing is chosen."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference.

    Parameters
    ----------
    what
        The part of the document: ``feature``, ``option``, ``rule``, ``table``, ``line``, ``operation``, ``example`` and so on.
    code
        Its code or name; of an option with its feature, as in ``arm ARM-L``.
    sort
        ``added``, ``removed`` or ``changed``.
    fields
        Each field that differs with its value before and after, as the document writes them; of what is added or removed only
        what a rule asks.
    """

    what: str
    code: str
    sort: str
    fields: tuple[tuple[str, Any, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Count:
    """Configurations of the one and the other revision, without their texts.

    Parameters
    ----------
    won, lost
        Those of the later revision that the earlier one does not allow, and the other way round.
    """

    before: int
    after: int
    won: int
    lost: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a later revision changes.

    Parameters
    ----------
    count
        None when the rules are too large to be compiled for it.
    """

    changes: tuple[Change, ...]
    count: Count | None

    @property
    def prices(self) -> tuple[tuple[str, str, Any, Any], ...]:
        """What has another price: part, code, price before and after."""
        named = {"price", "base_price"}
        return tuple((c.what, c.code, before, after) for c in self.changes for name, before, after in c.fields if name in named)


def compare(before: ProductModel, after: ProductModel, on: date | None = None) -> Comparison:
    """Compare two revisions.

    Parameters
    ----------
    on
        Configurations are counted under the rules in force on this day; under all rules when None.
    """
    return Comparison(tuple(_changes(write_product_model(before), write_product_model(after))), _count(before, after, on))


def count(model: ProductModel, on: date | None = None) -> int | None:
    """How many configurations there are, without their texts; None when the rules are too large to be compiled for it."""
    try:
        return count_all(model, on)
    except (LimitReached, RuleTooLarge):
        return None


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    parts = [name for name, value in {**before, **after}.items() if isinstance(value, list) and name != "features"]
    single = [{k: v for k, v in d.items() if not isinstance(v, list) and k != "revision"} for d in (before, after)]
    if fields := _fields(*single):
        yield Change("model", str(after["code"]), "changed", fields)
    options: list[Mapping[str, Mapping[str, Any]]] = []
    for document in (before, after):
        features = document["features"]
        options.append({f"{feature['code']} {o['code']}": o for feature in features for o in feature.get("options", ())})
    plain = [[{k: v for k, v in f.items() if k != "options"} for f in document["features"]] for document in (before, after)]
    yield from _differences("feature", _by_name(plain[0]), _by_name(plain[1]))
    yield from _differences("option", *options)
    for name in parts:
        yield from _differences(_singular(name), _by_name(before.get(name, ())), _by_name(after.get(name, ())))


def _singular(name: str) -> str:
    return name.removesuffix("s") if not name.endswith("ies") else f"{name.removesuffix('ies')}y"


def _by_name(records: Iterable[Any]) -> dict[str, Mapping[str, Any]]:
    """Records by code, name or item; where a name stands several times, the later ones have their number with it."""
    named: dict[str, Mapping[str, Any]] = {}
    for record in records:
        fields = record if isinstance(record, Mapping) else {"name": record}
        name = str(next((fields[key] for key in ("code", "name", "item") if key in fields), next(iter(fields.values()), "")))
        times = sum(1 for known in named if known == name or known.startswith(f"{name} #"))
        named[f"{name} #{times + 1}" if times else name] = fields
    return named


def _differences(what: str, before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]) -> Iterator[Change]:
    for code, fields in before.items():
        if code not in after:
            yield Change(what, code, "removed", _formal(fields, {}))
    for code, fields in after.items():
        if code not in before:
            yield Change(what, code, "added", _formal({}, fields))
        elif differing := _fields(before[code], fields):
            yield Change(what, code, "changed", differing)


def _formal(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[tuple[str, Any, Any], ...]:
    """What a rule asked or asks; other parts are told by their name alone."""
    return tuple(difference for difference in _fields(before, after) if difference[0] == "rule")


def _fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[tuple[str, Any, Any], ...]:
    names = dict.fromkeys([*before, *after])
    return tuple((name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name))


def _count(before: ProductModel, after: ProductModel, on: date | None) -> Count | None:
    try:
        counts = count_all(before, on), count_all(after, on)
        kept, known = count_common(before, after, on), count_common(after, before, on)
    except (LimitReached, RuleTooLarge):
        return None
    return Count(*counts, won=counts[1] - known, lost=counts[0] - kept)


def still_valid(engine: Configurator, values: Mapping[str, Value]) -> bool:
    """Whether a configuration of another revision is one of this revision too.

    A feature that this revision does not have must have been left empty; one that only this revision has must be able to be so.
    """
    kinds = {feature.code: feature.kind for feature in engine.model.features}
    if any(value and value != NONE for code, value in values.items() if code not in kinds):
        return False
    empty = {code: EMPTY[kind] for code, kind in kinds.items() if code not in values and kind in EMPTY}
    return engine.allows({**{code: value for code, value in values.items() if code in kinds}, **empty})
