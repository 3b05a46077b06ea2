"""Figures of stocking policies: how fast orders are served, and what changes of each item."""

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter, StrMethodFormatter
from numpy.typing import ArrayLike

from atoll.plots.business import COLOURS, FAINT, INK, STYLE

ROW = 0.22
"""Inches that one item takes."""


def response_distribution(responses: Mapping[str, ArrayLike], *, unit: str = "days") -> Figure:
    """How large a share of the orders has been served after what time, one curve for each policy.

    Parameters
    ----------
    responses
        Response times under each policy, such as ``simulation.figures.response``.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 3.6), layout="constrained")
        draw_response_distribution(responses, unit=unit, ax=figure.subplots())
        told = "; ".join(f"{name}: {_quantiles(times)} {unit}" for name, times in responses.items())
        figure.set_label(f"Response times within which 50 %, 90 % and 99 % of the orders are served. {told}.")
    return figure


def draw_response_distribution(responses: Mapping[str, ArrayLike], *, unit: str = "days", ax: Axes) -> None:
    """The same on axes of one's own."""
    for colour, (name, times) in zip(COLOURS, responses.items(), strict=False):
        ordered = np.sort(np.asarray(times, dtype=float))
        if not len(ordered):
            raise ValueError(f"Expected response times of {name}.")
        at = np.unique(np.linspace(0, len(ordered) - 1, 400).astype(np.int64))
        ax.step(ordered[at], (at + 1) / len(ordered), where="post", color=colour, linewidth=2, label=name)
    ax.set_xlabel(f"{unit} from order to shipment")
    ax.set_xlim(left=0)
    ax.set_ylim(0, 1.02)
    ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    ax.legend(loc="lower right", frameon=False)
    _dress(ax, "Orders served within a time")


def level_changes(items: Sequence[str], before: ArrayLike, after: ArrayLike) -> Figure:
    """The level of each item before and after, the largest change on top."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 1.2 + ROW * len(items)), layout="constrained")
        draw_level_changes(items, before, after, ax=figure.subplots())
        rows = zip(items, np.asarray(before).tolist(), np.asarray(after).tolist(), strict=True)
        figure.set_label("Levels before and after. " + "; ".join(f"{item}: {old:g} to {new:g}" for item, old, new in rows) + ".")
    return figure


def draw_level_changes(items: Sequence[str], before: ArrayLike, after: ArrayLike, *, ax: Axes) -> None:
    """The same on axes of one's own."""
    old, new = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    if not old.shape == new.shape == (len(items),):
        raise ValueError(f"Expected a level before and after of each of {len(items)} items.")
    order = np.argsort(new - old, kind="stable")
    place = np.arange(len(items))
    ax.hlines(place, old[order], new[order], color=FAINT, linewidth=3)
    ax.plot(old[order], place, marker="o", linestyle="none", markerfacecolor="white", color=INK, label="before")
    ax.plot(new[order], place, marker="o", linestyle="none", color=COLOURS[0], label="after")
    ax.set_yticks(place, [items[i] for i in order])
    ax.set_ylim(-0.7, len(items) - 0.3)
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    ax.set_xlabel("base-stock level")
    ax.legend(loc="lower right", frameon=False)
    _dress(ax, "Levels of each item")


def _quantiles(times: ArrayLike) -> str:
    return ", ".join(f"{value:.3g}" for value in np.quantile(np.asarray(times, dtype=float), (0.5, 0.9, 0.99)))


def _dress(ax: Axes, title: str) -> None:
    ax.set_title(title, loc="left", fontweight="bold")
    ax.grid(visible=True, color=FAINT, linewidth=0.8)
    ax.set_axisbelow(True)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
