"""Customers order in a way that repeats under a seed and looks like a business."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import sqrt

import pytest

from atoll.configure import Configurator
from atoll.demo import COMPANIES, CustomerOrder, demand
from atoll.io import Catalogue

Company = Callable[[str], tuple[Catalogue, Mapping[str, Configurator]]]

WEEKS, ORDERS = 12, 2000


@pytest.fixture(scope="module")
def data(company: Company) -> Catalogue:
    return company("computers")[0]


@pytest.fixture(scope="module")
def orders(company: Company) -> list[CustomerOrder]:
    return demand(*company("computers"), weeks=WEEKS, orders=ORDERS, seed=1)


@pytest.mark.parametrize("name", COMPANIES)
def test_every_order_is_a_complete_valid_choice_of_an_ordered_model(company: Company, name: str) -> None:
    data, engines = company(name)
    for order in demand(data, engines, weeks=2, orders=150, seed=3):
        assert engines[order.model].configuration(order.choices).as_dict() == order.choices
        assert order.quantity >= 1
        assert order.customer in data.customers


@pytest.mark.parametrize("count", [0, 1, 77])
def test_there_are_exactly_as_many_orders_as_asked_for(company: Company, count: int) -> None:
    found = demand(*company("computers"), weeks=3, orders=count, seed=5)
    assert len(found) == len({order.number for order in found}) == count


def test_equal_seeds_give_equal_orders_and_others_do_not(company: Company) -> None:
    first, again, other = (demand(*company("electronics"), weeks=2, orders=60, seed=seed) for seed in (7, 7, 8))
    assert first == again
    assert [order.at for order in first] != [order.at for order in other]
    assert [order.choices for order in first] != [order.choices for order in other]


def test_orders_come_in_order_of_time_within_the_weeks(data: Catalogue, orders: list[CustomerOrder]) -> None:
    start = datetime.combine(data.company.start, datetime.min.time(), UTC)
    assert orders == sorted(orders, key=lambda order: order.at)
    assert start <= orders[0].at
    assert orders[-1].at < start + timedelta(weeks=WEEKS)


def test_mondays_are_busiest_and_weekends_and_holidays_quiet(data: Catalogue, orders: list[CustomerOrder]) -> None:
    days = defaultdict(list)
    for day, count in Counter(order.at.date() for order in orders).items():
        days["holiday" if day in data.company.calendar.holidays else f"{day:%A}"].append(count)
    mean = {day: sum(counts) / len(counts) for day, counts in days.items()}
    assert max(mean, key=lambda day: mean[day]) == "Monday"
    weekdays = [mean[day] for day in ("Tuesday", "Wednesday", "Thursday", "Friday")]
    assert max(mean["Saturday"], mean["Sunday"], mean["holiday"]) < 0.6 * min(weekdays)


def test_people_order_by_day_rather_than_by_night(orders: list[CustomerOrder]) -> None:
    by_day = sum(8 <= order.at.hour < 18 for order in orders)
    assert by_day > 0.6 * ORDERS
    assert sum(order.at.hour < 6 for order in orders) < 0.05 * ORDERS


def test_orders_grow_with_the_trend(company: Company) -> None:
    data, engines = company("electronics")
    doubling = replace(data, demand=replace(data.demand, trend=1.0))
    found = demand(doubling, engines, weeks=10, orders=ORDERS, seed=2)
    middle = datetime.combine(data.company.start + timedelta(weeks=5), datetime.min.time(), UTC)
    assert sum(order.at >= middle for order in found) / ORDERS == pytest.approx(1.75 / 3, abs=0.04)


def test_most_orders_are_for_one_unit_and_a_few_large_ones_come_from_the_largest_customers(
    data: Catalogue, orders: list[CustomerOrder]
) -> None:
    low, high = data.demand.large_order_units
    large = [order for order in orders if order.quantity >= low]
    assert sum(order.quantity == 1 for order in orders) > 0.75 * ORDERS
    assert len(large) == pytest.approx(
        ORDERS * data.demand.large_order_share, abs=4 * sqrt(ORDERS * data.demand.large_order_share)
    )
    assert all(order.quantity <= high for order in large)
    assert {order.customer for order in large} <= set(list(data.customers)[:15])


def test_a_few_big_customers_of_several_classes_order_much(data: Catalogue, orders: list[CustomerOrder]) -> None:
    counts = Counter(order.customer for order in orders)
    assert sum(count for _, count in counts.most_common(6)) > ORDERS / 4
    assert len(counts) > 50
    assert len({data.customers[code].customer_class for code in counts}) >= 4


def test_families_differ_as_their_shares_say(data: Catalogue, orders: list[CustomerOrder]) -> None:
    counts = Counter(order.model for order in orders)
    for model in data.demand.models:
        spread = sqrt(ORDERS * model.share * (1 - model.share))
        assert counts[model.code] == pytest.approx(ORDERS * model.share, abs=4 * spread)


def test_the_forecast_is_the_mean_and_the_lumpiness_of_what_is_ordered(company: Company) -> None:
    data, engines = company("electronics")
    units = defaultdict(list)
    for order in demand(data, engines, weeks=52, orders=6000, seed=4):
        units[order.model].append(order.quantity)
    for code, (weekly, lumpiness) in data.demand.forecasts(6000 / 52).items():
        assert sum(units[code]) / 52 == pytest.approx(weekly, rel=0.15)
        assert sum(u * u for u in units[code]) / sum(units[code]) == pytest.approx(lumpiness, rel=0.25)


def test_popular_options_are_ordered_more(company: Company, orders: list[CustomerOrder]) -> None:
    _, engines = company("computers")
    counts = Counter(order.choices["drive"] for order in orders if order.model == "GAMER")
    by_share = sorted(engines["GAMER"].model.feature("drive").options, key=lambda option: -option.share)
    assert counts.most_common(1)[0][0] == by_share[0].code
    assert counts[by_share[0].code] > 4 * counts[by_share[-1].code]


@pytest.mark.parametrize("name", COMPANIES)
def test_as_many_orders_have_a_text_as_the_profile_says(company: Company, name: str) -> None:
    data, engines = company(name)
    orders = demand(data, engines, weeks=2, orders=400, seed=6)
    for model in data.demand.models:
        choices = [order.choices for order in orders if order.model == model.code]
        for written in model.texts:
            texts = [one[written.feature] for one in choices if one[written.feature]]
            spread = sqrt(len(choices) * written.share * (1 - written.share))
            assert len(texts) == pytest.approx(len(choices) * written.share, abs=4 * spread)
            assert set() < set(texts) <= set(written.texts)


def test_some_orders_ask_for_a_later_date_which_is_a_working_day(data: Catalogue, orders: list[CustomerOrder]) -> None:
    asked = [(order.request_date, order.at.date()) for order in orders if order.request_date is not None]
    first, last = data.demand.request_later_days
    assert 0.25 < len(asked) / ORDERS < 0.35
    assert all(data.company.calendar.works(day) for day, _ in asked)
    assert all(first <= (day - today).days <= last + 3 for day, today in asked)


@pytest.mark.parametrize(("weeks", "count"), [(0, 10), (2, -1)])
def test_a_play_of_nothing_is_refused(company: Company, weeks: int, count: int) -> None:
    with pytest.raises(ValueError, match="weeks >= 1"):
        demand(*company("computers"), weeks=weeks, orders=count, seed=1)
