"""Figures of stocking show their numbers and speak for themselves."""

from atoll.plots import FrontierPoint, StrategyBar, frontier, strategies, to_svg

POINTS = [FrontierPoint(0.8, 0.78, 0.82, 100_000.0, 80_000.0), FrontierPoint(0.9, 0.89, 0.91, 150_000.0, None)]
NOW = FrontierPoint(0.6, 0.58, 0.62, 120_000.0, None)


def test_the_frontier_tells_where_the_company_stands() -> None:
    drawn = to_svg(frontier(POINTS, NOW, "EUR"))
    assert 'aria-label="Order fill rate and inventory value in EUR: 80.0% for 100,000; 90.0% for 150,000.' in drawn
    assert "In force: 60.0% for 120,000." in drawn
    assert "levels in force" in drawn
    assert drawn == to_svg(frontier(POINTS, NOW, "EUR"))


def test_strategies_stand_side_by_side() -> None:
    bars = [StrategyBar("assemble to order", 100.0, 5.0, 0.9, 3.0), StrategyBar("make to order", 0.0, 0.0, 0.0, 40.0)]
    drawn = to_svg(strategies(bars, "EUR"))
    assert "make to order: inventory 0 EUR, 0 of stock at risk, order fill rate 0.0%, 95 % shipped within 40 days" in drawn
    assert "Order fill rate" in drawn
