"""UVL, the Universal Variability Language: feature models as indented text."""

from atoll.io.faults import MOST_FAULTS, Faults
from atoll.io.feature_tree import structure
from atoll.io.formula import Atoms
from atoll.io.uvl.domain import set_values
from atoll.io.uvl.meaning import Meaning
from atoll.io.uvl.scan import UvlFault
from atoll.io.uvl.tree import read_document
from atoll.io.uvl.writing import NotInUvl, attribute_in_uvl, name_in_uvl, write_uvl
from atoll.model.constraint import ConstraintModel, Variable

__all__ = ["NotInUvl", "attribute_in_uvl", "name_in_uvl", "read_uvl", "write_uvl"]


def read_uvl(text: str, name: str, source: str, faults: Faults) -> ConstraintModel | None:
    """The model; None, and faults, when the text makes no sense.

    A feature is a variable that is false or true. One of another type has the value `false` where it is not chosen, and otherwise
    the values to which the rules bound it.
    """
    document = read_document(text, source, faults)
    if faults.issues:
        return None
    features = document.features
    places = {feature.name: place for place, feature in enumerate(features)}
    set_values(features, places, document.rules, faults)
    meaning = Meaning(features, places, Atoms([len(feature.values) for feature in features]))
    constraints = []
    for number, rule in enumerate(document.rules, 1):
        if len(faults.issues) >= MOST_FAULTS:
            break
        try:
            constraints.append(meaning.constraint(rule, f"rule {number}"))
        except UvlFault as fault:
            fault.note(source, faults)
    if faults.issues:
        return None
    variables = tuple(Variable(feature.name, feature.values, tuple(feature.attributes.items())) for feature in features)
    return ConstraintModel(document.name or name, variables, (*structure(features, meaning.atoms), *constraints))
