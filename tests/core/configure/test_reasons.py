"""Reasons: what of many parts is at fault, and reasons that are told again."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from atoll.configure import Configurator, read_product_model
from atoll.configure.sat import fewest

PARTS = range(12)


def one_after_the_other(parts, conflict):
    """What is left when one part after the other is left out, as long as the rest conflicts."""
    kept = [*parts]
    for part in parts:
        fewer = [other for other in kept if other != part]
        if conflict(fewer):
            kept = fewer
    return kept


@given(st.lists(st.sets(st.sampled_from(PARTS), min_size=0, max_size=4), min_size=1, max_size=6), st.permutations(PARTS))
def test_the_fewest_parts_are_those_that_are_left_when_each_is_tried(reasons, parts):
    def conflict(kept):
        return any(reason <= {*kept} for reason in reasons)

    assert fewest(parts, conflict) == one_after_the_other(parts, conflict)


def test_one_of_many_parts_is_found_with_few_questions():
    asked = []

    def conflict(kept):
        asked.append(kept)
        return 700 in kept

    assert fewest(range(1024), conflict) == [700]
    assert len(asked) <= 25


def engine() -> Configurator:
    sizes = [{"code": code, "name": code} for code in "abcdef"]
    features = [{"code": f"f{n}", "name": f"F{n}", "kind": "one", "options": sizes} for n in range(5)]
    pairs = [("f0 = a", "f1 != a"), ("f1 = b", "f2 != c"), ("f0 = b and f3 = b", "f4 = b"), ("f2 = d", "f4 != d and f3 != d")]
    rules = [{"name": f"r{n}", "text": f"Rule {n}", "rule": f"{when} -> {then}"} for n, (when, then) in enumerate(pairs)]
    document = {"code": "m", "name": "M", "end_item": "M", "revision": "1", "base_price": 1, "currency": "EUR"}
    return Configurator(read_product_model({**document, "features": features, "rules": rules}, {}))


def test_a_reason_that_is_told_again_is_as_small_and_follows_the_order_of_the_choices():
    asked, rng = engine(), np.random.default_rng(4)
    for _ in range(300):
        codes = rng.permutation(5)[: int(rng.integers(1, 6))]
        choices = {f"f{code}": "abcdef"[int(rng.integers(6))] for code in codes}
        told, fresh = asked.explain(choices), engine().explain(choices)
        assert (told is None) == (fresh is None)
        if told:
            given_up = [dict(pair for pair in told.choices if pair[0] != code) for code, _ in told.choices]
            assert all(engine().explain(rest) is None for rest in given_up)
            assert [code for code, _ in told.choices] == [code for code in choices if code in dict(told.choices)]
