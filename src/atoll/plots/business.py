"""How a business went: money in stock, and how fast customers were served."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

COLOURS = ("#0072B2", "#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#D55E00")
"""Distinct for colour-blind eyes (Okabe and Ito 2008)."""

INK, FAINT = "#333333", "#d9d9d9"
SCALES = ((10_000_000, 1_000_000, "million "), (10_000, 1_000, "thousand "), (0, 1, ""))
"""From which highest value on, by what it is divided, and the word for it."""

STYLE: dict[Any, Any] = {
    "date.converter": "concise",
    "font.family": "sans-serif",
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


FRAME = {"left": 0.09, "right": 0.77, "bottom": 0.06, "top": 0.94, "hspace": 0.2}
"""Fixed, since automatic layouts shift by a hair each time a figure is drawn."""


@dataclass(frozen=True, slots=True)
class InventoryValue:
    """Value of the inventory at the end of each day.

    Parameters
    ----------
    by_kind
        Values of each kind of inventory, as long as `days`; the first one is drawn at the bottom.
    currency
        What the values are in, such as ``USD``.
    """

    days: Sequence[date]
    by_kind: Mapping[str, Sequence[float]]
    currency: str

    def __post_init__(self) -> None:
        for kind, values in self.by_kind.items():
            if len(values) != len(self.days):
                raise ValueError(f"Expected {len(self.days)} values of {kind}, got {len(values)}.")


@dataclass(frozen=True, slots=True)
class ResponseTime:
    """Days from order to shipment, of the orders shipped in each week.

    Parameters
    ----------
    weeks
        First day of each week in which something was shipped.
    median, p95
        Days within which half and 95 % of these orders were shipped.
    orders
        Which orders are meant, for the title.
    """

    weeks: Sequence[date]
    median: Sequence[float]
    p95: Sequence[float]
    orders: str = "all orders"

    def __post_init__(self) -> None:
        if not len(self.weeks) == len(self.median) == len(self.p95):
            raise ValueError(f"Expected {len(self.weeks)} medians and quantiles, got {len(self.median)} and {len(self.p95)}.")


def inventory_and_response(inventory: InventoryValue, response: ResponseTime) -> Figure:
    """Inventory value by kind above, response time below, over the same dates. The figure's label says it in words."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9, 6), label=_in_words(inventory, response))
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 2], gridspec_kw=FRAME)
        draw_inventory(inventory, ax=above)
        draw_response(response, ax=below)
        figure.align_ylabels()
    return figure


def draw_inventory(inventory: InventoryValue, *, ax: Axes) -> None:
    """Draw the value of the inventory, its kinds stacked."""
    values = np.array(list(inventory.by_kind.values()), dtype=np.float64).reshape(len(inventory.by_kind), len(inventory.days))
    divisor, word = _scale(float(values.sum(axis=0).max(initial=0)))
    ax.stackplot(
        np.array(inventory.days, dtype="datetime64[D]"),
        values / divisor,
        labels=list(inventory.by_kind),
        colors=COLOURS,
        edgecolor="white",
        linewidth=0.5,
    )
    span = f", {inventory.days[0]:%d %b %Y} to {inventory.days[-1]:%d %b %Y}" if inventory.days else ""
    _dress(ax, f"Inventory value{span}", f"{word}{inventory.currency}")


def draw_response(response: ResponseTime, *, ax: Axes) -> None:
    """Draw the median response time, and the band from it to what 95 % of the orders take at most."""
    weeks = np.array(response.weeks, dtype="datetime64[D]")
    ax.fill_between(weeks, response.median, response.p95, color=COLOURS[1], alpha=0.35, linewidth=0, label="up to 95 % of orders")
    ax.plot(weeks, response.median, color=COLOURS[0], linewidth=2, marker="o", markersize=4, label="median order")
    if not len(response.weeks):
        ax.text(0.5, 0.5, "Nothing was shipped.", transform=ax.transAxes, ha="center", va="center")
    _dress(ax, f"Response time of {response.orders}, by week of shipment", "days")


def _dress(ax: Axes, title: str, unit: str) -> None:
    """What both panels have in common: quiet axes from zero, dates below, the kinds beside."""
    ax.set_title(title, loc="left", fontweight="bold")
    ax.set_ylabel(unit)
    ax.set_ylim(0, max(ax.get_ylim()[1], 1))
    ax.margins(x=0.01)
    ax.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    ax.yaxis.grid(visible=True, color=FAINT, linewidth=0.8)
    ax.set_axisbelow(True)
    ax.xaxis.get_offset_text().set_visible(False)  # the year stands in the title
    ax.tick_params(length=0)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.spines["bottom"].set_color(INK)
    handles, labels = ax.get_legend_handles_labels()
    ax.legend(handles[::-1], labels[::-1], loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)


def _scale(highest: float) -> tuple[int, str]:
    return next((divisor, word) for least, divisor, word in SCALES if highest >= least)


def _in_words(inventory: InventoryValue, response: ResponseTime) -> str:
    """The figure for those who do not see it."""
    sentences = []
    if inventory.days:
        means = ", ".join(f"{kind} {np.mean(values):,.0f}" for kind, values in inventory.by_kind.items())
        sentences.append(
            f"Inventory value from {inventory.days[0]} to {inventory.days[-1]}, mean by kind in {inventory.currency}: {means}."
        )
    if response.weeks:
        sentences.append(
            f"Weekly response time: median {min(response.median):g} to {max(response.median):g} days, "
            f"95 % of orders within {min(response.p95):g} to {max(response.p95):g} days."
        )
    return " ".join(sentences) or "Nothing happened yet."
