"""A configuration in words, from the document of its revision."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was chosen for a feature, as code and in words."""

    feature: str
    value: Any
    name: str
    words: str


def in_words(document: Mapping[str, Any], values: Mapping[str, Any]) -> list[Chosen]:
    """What was chosen of each feature, in the order of the model; features for which nothing is chosen are left out."""
    features = [(feature, values.get(feature["code"])) for feature in document["features"]]
    chosen = [Chosen(f["code"], value, f["name"], _words(f, value)) for f, value in features]
    return [choice for choice in chosen if choice.words]


def _words(feature: Mapping[str, Any], value: Any) -> str:
    if value in (None, "", "none", 0):
        return ""
    names = {option["code"]: option["name"] for option in feature.get("options") or ()}
    return ", ".join(names.get(part, str(part)) for part in (value if isinstance(value, list) else [value]))
