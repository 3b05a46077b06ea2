"""An expression that is accepted is reckoned exactly, which fractions show."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atoll.configure import Configurator, read_product_model
from atoll.configure.document import Faults
from atoll.configure.evaluate import evaluate
from atoll.configure.magnitude import check_exact
from atoll.model.expression import Arithmetic, Attribute, Choice, Count, Number, Sum, parse

leaves = st.one_of(
    st.decimals(0, 10**12, places=9).map(Number),
    st.integers(0, 9).map(lambda n: Number(Decimal(n))),
    st.sampled_from([Choice("fans"), Choice("width"), Attribute("gpu", "length"), Count("extras"), Sum("power")]),
)
expressions = st.recursive(leaves, lambda part: st.builds(Arithmetic, st.sampled_from("+-*"), part, part), max_leaves=8)


def exactly(expression, values, model):
    """The value by fractions; None where it is unknown."""
    if not isinstance(expression, Arithmetic):
        found = evaluate(expression, values, model)
        return None if found is None else Fraction(found)
    left, right = exactly(expression.left, values, model), exactly(expression.right, values, model)
    if left is None or right is None:
        return None
    return {"+": left + right, "-": left - right, "*": left * right}[expression.sign]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(expression=expressions, seed=st.integers(0, 20))
def test_what_is_accepted_is_exact_for_every_configuration(document, expression, seed):
    model = read_product_model(document, {})
    faults = Faults("test")
    check_exact(expression, {feature.code: feature for feature in model.features}, faults)
    values = dict(Configurator(model).sample(np.random.default_rng(seed)).values)
    found = evaluate(expression, values, model)
    if not faults.issues:
        assert (None if found is None else Fraction(found)) == exactly(expression, values, model)


@pytest.mark.parametrize(
    ("expression", "codes"),
    [
        ("999999999999 * 999999999999 * 9999", []),  # 28 digits
        ("999999999999 * 999999999999 * 99999", ["overflow"]),
        ("0.123456789 * 0.123456789 * 0.123456789", []),  # 27 decimals and the zero before them
        ("0.123456789 * 0.123456789 * 0.123456789 * 0.1", []),
        ("0.123456789 * 0.123456789 * 0.123456789 * 1.01", ["overflow"]),
        ("fans * fans * fans * 1000000000000 * 1000000000000", []),  # at most 6.4e25
        ("fans * fans * fans * fans * fans * fans * fans * 1000000000000 * 1000000000000", ["overflow"]),
        ("0 * (99999999999 * 99999999999 * 99999999999)", ["overflow"]),  # a part of it is not exact
    ],
)
def test_twenty_eight_digits_are_the_limit(document, expression, codes):
    features = {feature.code: feature for feature in read_product_model(document, {}).features}
    faults = Faults("test")
    check_exact(parse(expression, frozenset(features)), features, faults)
    assert [issue.code for issue in faults.issues] == codes
