"""Guaranteed service as a linear program: slope scaling.

The cost of safety stock is concave in the net replenishment time, so it is replaced by a line through the origin, whose slope is
set anew to that of the chord at the last solution, until nothing changes. What is found depends on the first slopes. With the
chord to the longest possible time as the slope, the program's optimum is a lower bound.

References: J. Shu, I. A. Karimi: Efficient heuristics for inventory placement in acyclic networks. Computers & Operations
Research 36(11), 2009.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from atoll.solve.linear_program import LinearProgram
from atoll.stocking.service_network import TOLERANCE, Floats, ServiceNetwork

MOST_STEPS = 30
"""Slopes are set anew so often at most; about five times is usual."""


@dataclass(frozen=True, slots=True, eq=False)
class SlopeOptimum:
    """Optimum of the program for given slopes.

    Parameters
    ----------
    service_time
        Shape (n,).
    cost
        Slopes times net replenishment times.
    arc_price
        What a period less between the service time of the supplier and the wait of the customer would save; shape (arcs,).
    """

    service_time: Floats
    cost: float
    arc_price: Floats


class ServiceProgram:
    """The linear program of a network, in which only the slopes change."""

    def __init__(self, network: ServiceNetwork) -> None:
        self.network = network
        self._program = _program(network)
        longest = network.most_inbound_time + network.stage_time
        self.chord: Floats = network.safety_cost / np.sqrt(np.maximum(longest, TOLERANCE))
        """Slopes of the chords to the longest net replenishment times."""

    def solve(self, slope: Floats) -> SlopeOptimum:
        """Service times that minimise the sum of slopes times net replenishment times."""
        n = len(slope)
        self._program.set_costs(np.concatenate([-slope, slope]))
        found = self._program.solve()
        return SlopeOptimum(found.value[:n], found.cost + float(slope @ self.network.stage_time), np.abs(found.price[n:]))

    def slopes(self, service_time: Floats) -> Floats:
        """Slopes of the chords to the net replenishment times that service times leave; shape (n,).

        They are twice those of the tangents, so that what is optimal for them never costs more, but for times near zero.
        """
        net = np.maximum(self.network.net_replenishment_time(service_time), TOLERANCE)
        return self.network.safety_cost / np.sqrt(net)

    def scale(self, slope: Floats) -> Floats:
        """Service times, found by slope scaling from some slopes on; shape (n,)."""
        network, best, least, last = self.network, np.zeros(len(slope)), np.inf, np.inf
        for _ in range(MOST_STEPS):
            quoted = network.shortened(self.solve(slope).service_time)
            cost = network.cost(quoted)
            if cost < least:
                best, least = quoted, cost
            if abs(cost - last) <= TOLERANCE * cost:
                break
            last = cost
            covers = network.net_replenishment_time(quoted) > TOLERANCE
            slope = np.where(covers, self.slopes(quoted), slope)
        return best


def _program(network: ServiceNetwork) -> LinearProgram:
    """Columns: service times, then inbound times. Rows: none quotes more than it needs, none waits less than suppliers quote."""
    n, rows = len(network.names), len(network.names) + len(network.arc)
    quoting, waiting = np.concatenate([np.tile(np.arange(n), (2, 1)), network.arc.T], axis=1)
    entries = np.repeat([1.0, -1.0], rows), (np.tile(np.arange(rows), 2), np.concatenate([quoting, n + waiting]))
    return LinearProgram(
        sparse.csr_matrix(entries, shape=(rows, 2 * n)),
        np.zeros(2 * n),
        (
            np.concatenate([np.zeros(n), network.inbound_time]),
            np.concatenate([network.most_service_time, network.most_inbound_time]),
        ),
        (np.full(rows, -np.inf), np.concatenate([network.stage_time, np.zeros(len(network.arc))])),
    )
