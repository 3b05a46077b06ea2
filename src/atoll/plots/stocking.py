"""Figures of stocking: what service costs, and what each strategy costs and serves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter, StrMethodFormatter

from atoll.plots.business import COLOURS, FAINT, INK, STYLE


@dataclass(frozen=True, slots=True)
class FrontierPoint:
    """An optimised policy.

    Parameters
    ----------
    service, low, high
        Share of orders complete within the window, and its confidence interval.
    value
        Inventory on hand.
    bound
        What inventory must be worth at least for the service asked for; None where that is not known.
    """

    service: float
    low: float
    high: float
    value: float
    bound: float | None


@dataclass(frozen=True, slots=True)
class StrategyBar:
    """What a strategy came to: inventory and write-off risk in money, order fill rate, 95 % quantile of the response in days."""

    name: str
    inventory: float
    write_off_risk: float
    order_fill_rate: float
    response: float


def frontier(
    points: Sequence[FrontierPoint], now: FrontierPoint, currency: str, *, chosen: FrontierPoint | None = None
) -> Figure:
    """Inventory value against order fill rate, with the confidence band, the bound, where the company stands and which point was
    chosen."""
    points = sorted(points, key=lambda point: point.service)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 4.2))
        ax = figure.subplots()
        figure.subplots_adjust(left=0.13, right=0.97, bottom=0.14, top=0.9)
        draw_frontier(points, now, currency, chosen=chosen, ax=ax)
        told = "; ".join(f"{p.service:.1%} for {p.value:,.0f}" for p in points)
        figure.set_label(
            f"Order fill rate and inventory value in {currency}: {told}. In force: {now.service:.1%} for {now.value:,.0f}."
        )
    return figure


def draw_frontier(
    points: Sequence[FrontierPoint], now: FrontierPoint, currency: str, *, chosen: FrontierPoint | None = None, ax: Axes
) -> None:
    """The same on axes of one's own; points in order of service."""
    values = [point.value for point in points]
    ax.fill_betweenx(
        values, [p.low for p in points], [p.high for p in points], color=COLOURS[1], alpha=0.35, linewidth=0, label="95 % band"
    )
    ax.plot([p.service for p in points], values, color=COLOURS[0], linewidth=2, marker="o", label="optimised levels")
    bounded = [(p.service, p.bound) for p in points if p.bound is not None]
    if bounded:
        ax.plot(*zip(*bounded, strict=True), color=INK, linestyle="--", marker="_", label="no base-stock levels below")
    ax.plot([now.service], [now.value], color=COLOURS[5], marker="D", linestyle="none", label="levels in force")
    if chosen is not None:
        ring: dict[str, Any] = {"marker": "o", "markersize": 14, "markerfacecolor": "none", "markeredgecolor": INK}
        ax.plot([chosen.service], [chosen.value], linestyle="none", label="chosen", **ring)
    ax.xaxis.set_major_formatter(PercentFormatter(1.0))
    ax.set_xlabel("order fill rate")
    _dress(ax, f"What service costs: inventory on hand, {currency}")
    ax.legend(loc="best", frameon=False)


def strategies(bars: Sequence[StrategyBar], currency: str) -> Figure:
    """Inventory value with what is at risk in it, and service, of each strategy side by side."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.6, 2.8))
        money, service, response = figure.subplots(1, 3, sharey=True)
        figure.subplots_adjust(left=0.15, right=0.97, bottom=0.1, top=0.84, wspace=0.14)
        names, panels = (
            [bar.name for bar in bars],
            (
                (money, [bar.inventory for bar in bars], f"Inventory value, {currency}", "{:,.0f}"),
                (service, [bar.order_fill_rate for bar in bars], "Order fill rate", "{:.0%}"),
                (response, [bar.response for bar in bars], "Days until 95 % have shipped", "{:.0f}"),
            ),
        )
        for ax, values, title, words in panels:
            drawn = ax.barh(names, values, color=COLOURS[: len(names)], height=0.6)
            ax.bar_label(drawn, [words.format(value) for value in values], padding=4)
            ax.set_title(title, loc="left", fontweight="bold", fontsize=10)
            ax.set_xlim(0, 1.35 * max([*values, 1e-9]))
            ax.tick_params(length=0, labelbottom=False)
            ax.spines[:].set_visible(False)
        money.invert_yaxis()
        figure.set_label(
            "; ".join(
                f"{bar.name}: inventory {bar.inventory:,.0f} {currency}, {bar.write_off_risk:,.0f} of stock at risk, "
                f"order fill rate {bar.order_fill_rate:.1%}, 95 % shipped within {bar.response:.3g} days"
                for bar in bars
            )
        )
    return figure


def _dress(ax: Axes, title: str) -> None:
    ax.set_title(title, loc="left", fontweight="bold")
    ax.set_ylim(0, 1.1 * ax.get_ylim()[1])
    ax.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    ax.yaxis.grid(visible=True, color=FAINT, linewidth=0.8)
    ax.set_axisbelow(True)
    ax.tick_params(length=0)
    ax.spines[["top", "right", "left"]].set_visible(False)
