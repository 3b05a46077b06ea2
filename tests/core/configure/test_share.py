"""Matrix of option shares, worked by hand and by properties that joint shares have."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atoll.configure import Configurator, marginals_of, read_product_model, shares_from_history, shares_from_marginals


@pytest.fixture
def engine(document):
    return Configurator(read_product_model(document, {}))


def configurations(engine, *choices):
    return [engine.configuration(one) for one in choices]


def test_without_smoothing_the_past_is_counted(engine):
    past = configurations(engine, {"cpu": "i9"}, {"gpu": "g1"}, {"gpu": "g1", "extras": ["a", "b"]}, {"extras": ["a"]})
    found = shares_from_history(engine.model, past, smoothing=0)
    assert found.of(("cpu", "i5"), ("cpu", "i5")) == 0.75
    assert found.of(("cpu", "i5"), ("gpu", "g1")) == 0.5
    assert found.of(("extras", "a"), ("extras", "b")) == 0.25
    assert found.of(("gpu", "none"), ("cpu", "i9")) == 0.25
    assert found.of(("cpu", "i5"), ("cpu", "i9")) == 0
    assert ("fans", "2") not in found.labels


def test_smoothing_counts_as_so_many_orders_that_take_each_option_equally_often(engine):
    """Four orders and two imagined ones: (3 + 2 / 2) / 6 for the processor, (0 + 2 / 2 / 3) / 6 for it with a card."""
    past = configurations(engine, {"cpu": "i9"}, {}, {}, {})
    found = shares_from_history(engine.model, past, smoothing=2)
    assert found.of(("cpu", "i5"), ("cpu", "i5")) == pytest.approx(4 / 6)
    assert found.of(("cpu", "i5"), ("gpu", "g2")) == pytest.approx(1 / 18)
    assert found.of(("extras", "a"), ("extras", "a")) == pytest.approx(1 / 6)


def test_without_a_past_shares_are_even(engine):
    found = shares_from_history(engine.model, [])
    assert found.of(("gpu", "none"), ("gpu", "none")) == pytest.approx(1 / 3)
    with pytest.raises(ValueError, match="Expected smoothing > 0, or >= 0 with past configurations"):
        shares_from_history(engine.model, [], smoothing=0)


def assert_joint(found, model):
    """Symmetric, no pair above its options, and the pairs of an option with all options of a feature sum to its own share."""
    joint, shares = found.joint, found.shares
    assert joint == pytest.approx(joint.T)
    assert (joint >= 0).all()
    assert (joint <= np.minimum.outer(shares, shares) + 1e-12).all()
    for feature in model.features:
        columns = [place for place, (code, _) in enumerate(found.labels) if code == feature.code]
        if columns and feature.kind in {"one", "optional"}:
            assert joint[:, columns].sum(axis=1) == pytest.approx(shares)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 1000), number=st.integers(1, 30), smoothing=st.floats(0, 10))
def test_shares_from_the_past_are_joint_shares(engine, seed, number, smoothing):
    rng = np.random.default_rng(seed)
    assert_joint(shares_from_history(engine.model, [engine.sample(rng) for _ in range(number)], smoothing), engine.model)


def test_marginals_are_reached_and_pairs_follow_the_rules(engine):
    """An i9 needs board B2, so every i9 has one, whatever the shares."""
    rng = np.random.default_rng(1)
    samples = [engine.sample(rng) for _ in range(500)]
    wanted = {("cpu", "i9"): 0.4, ("board", "b2"): 0.7, ("gpu", "g1"): 0.25, ("extras", "a"): 0.6}
    found = shares_from_marginals(engine.model, samples, wanted)
    assert found.deviation <= 1e-9
    assert [found.of(label, label) for label in wanted] == pytest.approx([*wanted.values()], abs=1e-9)
    assert found.of(("cpu", "i9"), ("board", "b1")) == 0
    assert found.of(("cpu", "i9"), ("board", "b2")) == pytest.approx(0.4)
    assert_joint(found, engine.model)


def test_samples_that_follow_the_marginals_keep_equal_weights(engine):
    rng = np.random.default_rng(2)
    samples = [engine.sample(rng) for _ in range(200)]
    plain = shares_from_history(engine.model, samples, smoothing=0)
    same = dict(zip(plain.labels, plain.shares.tolist(), strict=True))
    assert shares_from_marginals(engine.model, samples, same).joint == pytest.approx(plain.joint)


def test_fitting_a_table_gives_what_is_known_of_it(document):
    """Two independent features: fitted to new marginals, the samples' odds ratio stays (Deming and Stephan 1940).

    Counts 4, 1, 2, 3 of (i5, b1), (i5, b2), (i9, b1), (i9, b2) have the odds ratio 4 * 3 / (1 * 2) = 6.
    """
    engine = Configurator(read_product_model(document | {"rules": [], "tables": []}, {}))
    pairs = [("i5", "b1")] * 4 + [("i5", "b2")] + [("i9", "b1")] * 2 + [("i9", "b2")] * 3
    samples = configurations(engine, *({"cpu": cpu, "board": board} for cpu, board in pairs))
    found = shares_from_marginals(engine.model, samples, {("cpu", "i5"): 0.3, ("board", "b1"): 0.5})
    cell = {(cpu, board): found.of(("cpu", cpu), ("board", board)) for cpu in ("i5", "i9") for board in ("b1", "b2")}
    assert cell["i5", "b1"] * cell["i9", "b2"] / (cell["i5", "b2"] * cell["i9", "b1"]) == pytest.approx(6)
    assert cell["i5", "b1"] + cell["i5", "b2"] == pytest.approx(0.3)


def test_marginals_that_rules_do_not_allow_leave_a_deviation(engine):
    rng = np.random.default_rng(3)
    samples = [engine.sample(rng) for _ in range(300)]
    found = shares_from_marginals(engine.model, samples, {("cpu", "i9"): 0.8, ("board", "b2"): 0.2}, rounds=50)
    assert found.deviation > 0.1


def test_the_marginals_of_a_model_are_its_stated_shares(document):
    document["features"][2]["options"][0]["share"] = 0.1
    document["features"][2]["options"][1]["share"] = 0.2
    stated = marginals_of(read_product_model(document, {}))
    assert stated["cpu", "i5"] == 0.75
    assert (stated["gpu", "none"], stated["gpu", "g2"]) == pytest.approx((0.7, 0.2))
    assert stated["extras", "c"] == 0.5


@pytest.mark.parametrize("marginals", [{("cpu", "i7"): 0.5}, {("cpu", "i5"): 1.5}, {("fans", "1"): 0.5}])
def test_what_is_no_share_of_an_option_is_refused(engine, marginals):
    with pytest.raises(ValueError, match="Expected an option of tower with a share from 0 to 1"):
        shares_from_marginals(engine.model, configurations(engine, {}), marginals)
