"""Strategies compared on the same orders: assemble to order, make to stock, make to order."""

from dataclasses import dataclass, replace
from enum import StrEnum
from html import escape
from typing import Any

import numpy as np

from atoll.model.system import AssemblySystem, Booleans, Floats, Integers, QuantityPer
from atoll.simulate import Estimate, OrderPath, Policy, Simulation
from atoll.stocking.finished_goods import make_to_stock_system, stock_finished_goods
from atoll.stocking.lead_time_demand import demand_during, takes_of_components
from atoll.stocking.same_orders import SameOrders

QUANTILES = (0.5, 0.9, 0.95, 0.99)


class Strategy(StrEnum):
    """Where stock meets the order: at the components, at the finished product, or nowhere."""

    ASSEMBLE_TO_ORDER = "assemble to order"
    MAKE_TO_STOCK = "make to stock"
    MAKE_TO_ORDER = "make to order"


@dataclass(frozen=True, slots=True, eq=False)
class StrategyFigures:
    """What a strategy costs and serves.

    Parameters
    ----------
    inventory_value
        Mean value on hand.
    order_fill_rate
        Share of orders that find all they need on hand.
    response
        Quantiles of the time from order to shipment, for `QUANTILES`; shape (4,).
    write_off_risk
        Value of the stock, on hand and on order, that would be left after the write-off horizon if nothing more were bought.
    items
        How many items have a level above zero.
    level
        Base-stock levels: of components, or of finished products.
    """

    strategy: Strategy
    inventory_value: Estimate
    order_fill_rate: Estimate
    response: Floats
    write_off_risk: float
    items: int
    level: Integers


@dataclass(frozen=True, slots=True, eq=False)
class StrategyComparison:
    """The strategies, on the same path of orders.

    Parameters
    ----------
    figures
        Assemble to order, make to stock, make to order.
    attainable
        Share of the orders that are for products known before; make to stock cannot fill more of them.
    is_equal_service
        Whether make to stock reaches the order fill rate of assemble to order. If not, it fills the same share of the orders for
        known products.
    orders
        Orders of the path that count.
    horizon
        Of the write-off risk, in the system's unit of time.
    """

    system: AssemblySystem
    figures: tuple[StrategyFigures, StrategyFigures, StrategyFigures]
    attainable: float
    is_equal_service: bool
    orders: int
    horizon: float
    seed: int

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{name}</th>" for name in ("", "inventory", "order fill rate", "median", "95 %", "write-off risk"))
        rows = "".join(
            f"<tr><th>{one.strategy}</th><td>{one.inventory_value.mean:,.0f}</td><td>{one.order_fill_rate.mean:.1%}</td>"
            f"<td>{one.response[0]:.3g}</td><td>{one.response[2]:.3g}</td><td>{one.write_off_risk:,.0f}</td></tr>"
            for one in self.figures
        )
        title = escape(self.system.name or "Strategies")
        return f"<table><caption>{title}, {self.orders:,} orders, seed {self.seed}</caption><tr>{head}</tr>{rows}</table>"


def compare_strategies(
    system: AssemblySystem,
    policy: Policy,
    *,
    seed: int,
    known: Booleans | None = None,
    value: Floats | None = None,
    horizon: float = 0.0,
    history: OrderPath | None = None,
) -> StrategyComparison:
    """Value, service and risk of a system's components in stock, beside finished goods in stock and nothing in stock.

    Assumptions, all in favour of the two others:

    - Make to stock keeps the best stock of finished products for the same order fill rate (`stock_finished_goods`), knows the
      rates of all known products exactly, and holds no components: those of a product arrive together. Work on it costs nothing.
    - Make to order buys what an order needs at once, timed so that everything arrives together, and holds no stock but for orders
      that came further ahead than that takes.
    - All three pay, wait and assemble alike: lead times of components, then assembly; ample capacity. What a make-to-stock
      company was never asked for before, it makes to order.

    Parameters
    ----------
    system
        Where orders wait.
    policy
        With which the system assembles to order: levels of the components, and who gets them.
    known
        Products that were ordered before, which alone may be stocked; all if None; shape (k,).
    value
        Of a unit of each component; its cost of holding if None; shape (m,).
    horizon
        Of the write-off risk; ten times the longest lead time if 0.
    history
        Orders to replay; drawn from the system's streams if None.

    Notes
    -----
    One path of orders is simulated under each strategy, in twenty batches that give the errors. A finished product is worth the
    components in it.
    """
    orders = SameOrders.drawn(system, seed) if history is None else SameOrders.replayed(system, history, seed)
    worth = replace(system, holding=system.holding if value is None else np.asarray(value, dtype=float))
    goods = make_to_stock_system(worth)
    horizon = horizon or 10 * float(goods.lead_time.max())
    assembled = orders.run(worth, policy)
    target = float(np.clip(assembled.order_fill_rate.mean, 1e-6, 1 - 1e-6))
    stock = stock_finished_goods(goods, np.ones(len(system.products), dtype=bool) if known is None else known, target)
    made = [orders.run(goods, Policy(levels)) for levels in (stock.level, np.zeros_like(stock.level))]
    whole = exploded(worth)
    return StrategyComparison(
        system,
        (
            _figures(Strategy.ASSEMBLE_TO_ORDER, assembled, left_over(whole, policy.level, horizon)),
            _figures(Strategy.MAKE_TO_STOCK, made[0], left_over(goods, stock.level, horizon)),
            _figures(Strategy.MAKE_TO_ORDER, made[1], 0.0),
        ),
        stock.attainable,
        stock.order_fill_rate >= target,
        int(assembled.figures.orders.sum()),
        horizon,
        seed,
    )


def described(found: StrategyComparison) -> dict[str, Any]:
    """The comparison as a document for programs."""
    return {
        "system": found.system.name,
        "orders": found.orders,
        "known_share": found.attainable,
        "equal_service": found.is_equal_service,
        "horizon": found.horizon,
        "seed": found.seed,
        "strategies": {
            str(one.strategy): {
                "inventory_value": {"mean": float(one.inventory_value.mean), "se": float(one.inventory_value.se)},
                "order_fill_rate": {"mean": float(one.order_fill_rate.mean), "se": float(one.order_fill_rate.se)},
                "response": dict(zip(map(str, QUANTILES), one.response.tolist(), strict=True)),
                "write_off_risk": one.write_off_risk,
                "items_stocked": one.items,
            }
            for one in found.figures
        },
    }


def left_over(system: AssemblySystem, level: Integers, horizon: float) -> float:
    """Expected value of stock at these levels that no order takes within a horizon, ``Σ_i h_i E[(S_i − D_i)⁺]``; exact for
    Poisson orders and components that are bought."""
    total = 0.0
    for i, takes in enumerate(takes_of_components(system)):
        stock = demand_during(takes, horizon).stock
        most, units = len(stock) - 1, int(level[i])
        total += float(system.holding[i]) * float(stock[min(units, most)] + max(0, units - most))
    return total


def exploded(system: AssemblySystem) -> AssemblySystem:
    """The same system as if each order took the parts of its subassemblies too, for what items are needed for in the long run."""
    if system.is_flat:
        return system
    m = len(system.components)
    total, direct = system.matrix, system.matrix
    below = system.subassembly.dense(m)
    for _ in range(int(system.low_level.max())):
        total = direct + total @ below
    return replace(system, quantity=QuantityPer.of(total), subassembly=QuantityPer.none(m))


def _figures(strategy: Strategy, shown: Simulation, write_off_risk: float) -> StrategyFigures:
    return StrategyFigures(
        strategy,
        shown.holding_cost,
        shown.order_fill_rate,
        shown.response_quantiles(QUANTILES),
        write_off_risk,
        int((shown.policy.level > 0).sum()),
        shown.policy.level,
    )
