"""Estimates with their standard errors, from independent samples."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from atoll.model.system import Floats

FEW = 10
"""With fewer samples a standard error says little."""


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """A mean of independent samples, or means of several figures.

    Parameters
    ----------
    mean, se
        Mean and standard error; arrays of shape () or of the figures. The error of one sample is not a number.
    samples
        How many samples there are.

    Examples
    --------
    >>> Estimate.of(np.array([1.0, 2.0, 3.0]))
    2 ± 0.5774
    """

    mean: Floats
    se: Floats
    samples: int

    @classmethod
    def of(cls, samples: Floats) -> "Estimate":
        """From samples along the first axis."""
        n = len(samples)
        mean = np.asarray(samples.mean(axis=0))
        spread = samples.std(axis=0, ddof=1) if n > 1 else np.full(mean.shape, np.nan)
        return cls(mean, np.asarray(spread / np.sqrt(n)), n)

    @classmethod
    def ratio(cls, part: Floats, whole: Floats) -> "Estimate":
        """Of a ratio of sums, such as orders served at once among all orders; not a number where there are none.

        Notes
        -----
        Standard error by linearisation (the delta method): that of the samples ``(part − ratio · whole) / mean(whole)``.
        """
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = part.sum(axis=0) / whole.sum(axis=0)
            residual = cls.of((part - mean * whole) / whole.mean(axis=0))
        return cls(np.asarray(mean), residual.se, len(part))

    def interval(self, confidence: float = 0.95) -> tuple[Floats, Floats]:
        """Lower and upper end of the confidence interval, by Student's t."""
        reach = student.ppf((1 + confidence) / 2, max(self.samples - 1, 1)) * self.se
        return self.mean - reach, self.mean + reach

    def __repr__(self) -> str:
        if np.ndim(self.mean):
            return f"Estimate(mean={self.mean!r}, se={self.se!r}, samples={self.samples})"
        return f"{float(self.mean):.6g} ± {float(self.se):.4g}"


def batch_means(values: NDArray[np.float64], batches: int) -> Floats:
    """Means of consecutive batches of one long path; values that do not fill a batch are left out at the start.

    Successive values of one path depend on each other, so the error must come from means of long batches.

    Examples
    --------
    >>> batch_means(np.array([9.0, 1.0, 3.0, 5.0, 7.0]), 2)
    array([2., 6.])
    """
    size = len(values) // batches
    if size < 1:
        raise ValueError(f"Expected at least {batches} values, got {len(values)}.")
    return np.asarray(values[len(values) - size * batches :].reshape(batches, size).mean(axis=1))
