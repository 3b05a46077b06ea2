"""Matrix of option shares: how often each option is taken, and each pair of options together."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atoll.configure.evaluate import chosen_options
from atoll.configure.preference import share_of_none
from atoll.model.product import NONE, Configuration, Feature, FeatureKind, ProductModel

Shares = NDArray[np.float64]
TINY = 1e-12
"""Below it, a share is 0 or 1 but for rounding."""

Label = tuple[str, str]
"""A feature and one of its options; an optional feature also has the option `none`."""


@dataclass(frozen=True, slots=True, eq=False)
class OptionShares:
    """How often options are taken, alone and two at a time.

    Parameters
    ----------
    labels
        Feature and option of each row and column.
    joint
        Share of configurations with both options; shape (n, n), symmetric, the shares of the single options on its diagonal.
    deviation
        Largest difference between a share that was asked for and the one that was reached.
    """

    labels: tuple[Label, ...]
    joint: Shares
    deviation: float = 0.0

    @property
    def shares(self) -> Shares:
        """Share of each option by itself; shape (n,)."""
        return np.diagonal(self.joint)

    def of(self, one: Label, other: Label) -> float:
        """Share of configurations with both options."""
        return float(self.joint[self.labels.index(one), self.labels.index(other)])


@dataclass(frozen=True, slots=True)
class Bond:
    """How closely two options go together.

    Parameters
    ----------
    together
        Share of configurations with both.
    association
        The coefficient phi, from -1 (never together where that can be) over 0 (independent) to 1 (always together).
    """

    one: Label
    other: Label
    together: float
    association: float


def bonds(shares: OptionShares, most: int | None = None) -> tuple[Bond, ...]:
    """Pairs of options of different features, the most closely bound first, whether they attract or repel each other.

    Two options with shares p and q that are taken together with share r have the association
    phi = (r - p q) / sqrt(p (1 - p) q (1 - q)), their correlation [1]_. An option that is always or never taken has none.

    References
    ----------
    .. [1] G. U. Yule: On the methods of measuring association between two attributes. Journal of the Royal Statistical Society 75
       (1912), 579-652, section 4.

    Examples
    --------
    >>> import numpy as np
    >>> joint = np.array([[0.5, 0.4], [0.4, 0.5]])
    >>> bonds(OptionShares((("head", "large"), ("arm", "strong")), joint))[0].association
    0.6
    """
    single = shares.shares
    spread = np.sqrt(single * (1 - single))
    scale = np.outer(spread, spread)
    phi = np.divide(shares.joint - np.outer(single, single), scale, out=np.zeros_like(scale), where=scale > TINY)
    features = np.unique([feature for feature, _ in shares.labels], return_inverse=True)[1]
    row, column = np.nonzero(np.triu(features[:, None] != features[None, :]))
    order = np.argsort(-np.abs(phi[row, column]), kind="stable")[:most]
    return tuple(
        Bond(shares.labels[i], shares.labels[j], float(shares.joint[i, j]), round(float(phi[i, j]), 9))
        for i, j in zip(row[order], column[order], strict=True)
    )


def labels_of(model: ProductModel) -> tuple[Label, ...]:
    """Feature and option of all options of a model, in its order; quantities, numbers and texts have none."""
    return tuple((feature.code, code) for feature in model.features for code in _codes(feature))


def marginals_of(model: ProductModel) -> dict[Label, float]:
    """The shares of single options that a model states (see `atoll.model.product.Option`), as shares of all configurations."""
    return {label: share for feature in model.features for label, share in _stated(feature)}


def _stated(feature: Feature) -> Iterator[tuple[Label, float]]:
    stated = {option.code: option.share for option in feature.options}
    if feature.kind is FeatureKind.MANY:
        yield from (((feature.code, code), min(share, 1.0)) for code, share in stated.items())
        return
    if feature.kind is FeatureKind.OPTIONAL:
        stated = {NONE: share_of_none(feature)} | stated
    total = sum(stated.values())
    yield from (((feature.code, code), share / total if total else 0.0) for code, share in stated.items())


def shares_from_history(model: ProductModel, configurations: Iterable[Configuration], smoothing: float = 1.0) -> OptionShares:
    """Shares as they were taken in the past.

    The past counts together with so many imagined configurations in which every feature takes each of its options equally often,
    independently of the others (Laplace's rule, with its total spread over the options). So no share is 0 or 1 because of few
    orders, and the matrix stays one of joint shares: the pairs of an option with all options of another feature sum to its own.

    Parameters
    ----------
    configurations
        Of this model; earlier revisions may have had other options, which do not count.
    smoothing
        Weight of the imagined configurations, as a number of orders; 0 for none.

    Raises
    ------
    ValueError
        When there is neither a configuration nor any smoothing.
    """
    taken = _indicators(model, configurations)
    if smoothing < 0 or not len(taken) + smoothing:
        raise ValueError(f"Expected smoothing > 0, or >= 0 with past configurations, got {smoothing}.")
    joint = (taken.T @ taken + smoothing * _evenly(model)) / (len(taken) + smoothing)
    return OptionShares(labels_of(model), joint)


def shares_from_marginals(
    model: ProductModel,
    samples: Sequence[Configuration],
    marginals: Mapping[Label, float],
    *,
    tolerance: float = 1e-9,
    rounds: int = 1000,
) -> OptionShares:
    """Joint shares of valid configurations that have given shares of single options.

    The samples get weights by iterative proportional fitting: option after option, they are scaled so that its share is the one
    that is asked for, until all are. Among all weights with these shares they are nearest to equal ones, in the sense of relative
    entropy [1]_, so what the rules and the samples say about pairs is kept as far as the shares allow.

    Parameters
    ----------
    samples
        Valid configurations, such as `Configurator.sample` draws.
    marginals
        Share of options, between 0 and 1, such as `marginals_of` gives; of a feature with one option at a time the shares that
        are given sum to at most 1. Options that are not given keep what comes of the others.
    tolerance, rounds
        Fitting ends when no share is further off, or after so many rounds.

    Returns
    -------
    OptionShares
        With the deviation that is left: above the tolerance when the rules or the samples do not allow the shares.

    Raises
    ------
    ValueError
        When there are no samples, or marginals name no option of the model or are no shares.

    Notes
    -----
    One round takes time in proportion to samples times marginals.

    References
    ----------
    .. [1] I. Csiszár: I-divergence geometry of probability distributions and minimization problems. The Annals of Probability 3
       (1975), 146-158.
    """
    labels = labels_of(model)
    if not samples:
        raise ValueError("Expected at least one sample.")
    for label, share in marginals.items():
        if label not in labels or not 0 <= share <= 1:
            raise ValueError(f"Expected an option of {model.code} with a share from 0 to 1, got {label} with {share}.")
    taken = _indicators(model, samples)
    columns = np.array([labels.index(label) for label in marginals], dtype=np.int64)
    wanted = np.array([*marginals.values()], dtype=np.float64)
    weights, deviation = _fitted(taken[:, columns], wanted, tolerance, rounds)
    return OptionShares(labels, taken.T @ (taken * weights[:, None]), deviation)


def _fitted(taken: Shares, wanted: Shares, tolerance: float, rounds: int) -> tuple[Shares, float]:
    """Weights of the samples, and how far the shares then are off."""
    weights = np.full(len(taken), 1 / len(taken))
    for _ in range(rounds):
        if _deviation(taken, weights, wanted) <= tolerance:
            break
        for has, share in zip(taken.T, wanted, strict=True):
            weights = _scaled(weights, has, share)
    return weights, _deviation(taken, weights, wanted)


def _scaled(weights: Shares, has: Shares, share: float) -> Shares:
    """Weights with which one option has its share; as they are where no sample has it, or every one has."""
    now = float(weights @ has)
    if not 0 < now < 1:
        return weights
    scaled = weights * np.where(has > 0, share / now, (1 - share) / (1 - now))
    return np.asarray(scaled / scaled.sum())


def _deviation(taken: Shares, weights: Shares, wanted: Shares) -> float:
    return float(np.abs(weights @ taken - wanted).max(initial=0.0))


def _codes(feature: Feature) -> tuple[str, ...]:
    codes = tuple(option.code for option in feature.options)
    return (NONE, *codes) if feature.kind is FeatureKind.OPTIONAL else codes


def _indicators(model: ProductModel, configurations: Iterable[Configuration]) -> Shares:
    """A row for each configuration: 1 for each option that it has, else 0."""
    place = {label: column for column, label in enumerate(labels_of(model))}
    rows = [[place[label] for label in _taken(model, configuration)] for configuration in configurations]
    taken = np.zeros((len(rows), len(place)))
    for row, columns in zip(taken, rows, strict=True):
        row[columns] = 1
    return taken


def _taken(model: ProductModel, configuration: Configuration) -> Iterator[Label]:
    values = dict(configuration.values)
    for feature in model.features:
        value = values.get(feature.code, ())
        for option in chosen_options(feature, value):
            yield feature.code, option.code
        if value == NONE and feature.kind is FeatureKind.OPTIONAL:
            yield feature.code, NONE


def _evenly(model: ProductModel) -> Shares:
    """Joint shares when every feature takes each of its options equally often, independently of all others."""
    labels = labels_of(model)
    options = {feature.code: _codes(feature) for feature in model.features}
    several = {feature.code for feature in model.features if feature.kind is FeatureKind.MANY}
    alone = np.array([0.5 if code in several else 1 / len(options[code]) for code, _ in labels])
    joint = np.outer(alone, alone)
    for row, (code, _) in enumerate(labels):
        for column, (other, _) in enumerate(labels):
            if row == column:
                joint[row, column] = alone[row]
            elif code == other and code not in several:
                joint[row, column] = 0
    return joint
