"""The demonstration companies are complete, and their data says what is true."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from atoll.configure import Configurator, check, order_bill
from atoll.configure.compiled.circuit import Budget
from atoll.configure.compiled.passes import Compiled
from atoll.configure.encoding import Encoding
from atoll.configure.tabulation import axes_of, compile_product
from atoll.demo import COMPANIES, UnknownCompany, demand, load
from atoll.io import Catalogue
from atoll.model.item import Kind, Tracking

Company = Callable[[str], tuple[Catalogue, Mapping[str, Configurator]]]


@pytest.mark.parametrize("name", COMPANIES)
def test_a_company_loads_with_valid_defaults_and_no_option_that_nobody_can_order(company: Company, name: str) -> None:
    _, engines = company(name)
    for engine in engines.values():
        defaults = {feature.code: feature.default for feature in engine.model.features if feature.default is not None}
        assert defaults.items() <= dict(engine.configuration({}).values).items()
        domains = engine.domains({})
        assert not [(f, value) for f, values in domains.items() for value, possible in values.items() if not possible]


@pytest.mark.parametrize("name", COMPANIES)
def test_nothing_in_the_models_stands_against_their_release(company: Company, name: str) -> None:
    _, engines = company(name)
    assert not [finding for engine in engines.values() for finding in check(engine.model) if finding.blocks_release]


def test_every_rule_of_the_computer_maker_rules_something_out(company: Company) -> None:
    _, engines = company("computers")
    about_rules = {"no-configuration", "dead-option", "always-chosen", "redundant-rule", "never-binds", "broken-example"}
    assert not [finding for engine in engines.values() for finding in check(engine.model) if finding.code in about_rules]


@pytest.mark.parametrize("name", COMPANIES)
def test_every_item_of_a_company_is_of_use(company: Company, name: str) -> None:
    data, engines = company(name)
    used = {line.item for lines in data.bills.values() for line in lines}
    for engine in engines.values():
        model = engine.model
        used |= {model.end_item, *model.subassemblies}
        used |= {item for line in model.lines for item in (line.item, *line.alternates)}
        used |= {feature.item for feature in model.features} | {o.item for feature in model.features for o in feature.options}
    assert set(data.items) <= used


@pytest.mark.parametrize("name", COMPANIES)
def test_subassemblies_are_taken_by_a_good_part_of_the_orders(company: Company, name: str) -> None:
    data, engines = company(name)
    orders = demand(data, engines, weeks=2, orders=300, seed=1)
    taking = 0
    for order in orders:
        engine = engines[order.model]
        bill = order_bill(engine.model, engine.configuration(order.choices), data.bills, data.items)
        taking += any(line.item in data.bills for line in bill.lines)
    assert taking > 0.4 * len(orders)


def test_an_unknown_company_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownCompany, match="computers, vehicles, electronics"):
        load("bakery")


def test_the_computer_maker_is_of_the_size_that_was_planned(company: Company) -> None:
    data, _ = company("computers")
    kinds = Counter(item.kind for item in data.items.values())
    real = [item for item in data.items.values() if item.code.split("-")[0] in REAL]
    assert len(real) >= 130
    assert kinds[Kind.SUBASSEMBLY] >= 10
    assert kinds[Kind.END_ITEM] == len(data.models) == 4
    assert 6 <= len(data.suppliers) <= 10
    assert len({supplier.country for supplier in data.suppliers.values()}) >= 5
    assert {offer.lead_time_days for offer in data.supplier_items} >= {3, 45}
    assert len(data.customers) == 60


def test_customers_of_the_computer_maker_pay_in_other_currencies_and_are_not_all_served_alike(company: Company) -> None:
    data, _ = company("computers")
    lists = {price_list.code: price_list.currency for price_list in data.prices.lists}
    largest = list(data.customers.values())[:10]
    assert {lists[customer.price_list] for customer in largest if customer.price_list} == {"CAD", "EUR"}
    assert any(customer.currency and not customer.price_list for customer in data.customers.values())
    assert {customer.priority for customer in data.customers.values()} == {1, 2, 3}
    rated = {rate.currency for rate in data.prices.rates}
    assert {*lists.values(), *(customer.currency for customer in data.customers.values())} - rated <= {"", data.company.currency}


REAL = {"CPU", "MB", "MEM", "COOL", "GPU", "PSU", "CASE", "SSD", "HDD"}


def test_the_gaming_tower_has_the_options_of_a_real_one_and_still_compiles(company: Company) -> None:
    _, engines = company("computers")
    model = engines["GAMER"].model
    assert sum(len(feature.options) for feature in model.features) >= 300
    assert sum(len(feature.options) >= 5 for feature in model.features) >= 10
    encoding = Encoding(model, None)
    compiled = Compiled(compile_product(encoding, Budget(nodes=100_000, seconds=60.0)), axes_of(encoding))
    assert compiled.count([]) > 10**30


def test_every_text_that_customers_are_said_to_write_can_be_written(company: Company) -> None:
    for name in COMPANIES:
        data, engines = company(name)
        for model in data.demand.models:
            for written in model.texts:
                for text in written.texts:
                    assert engines[model.code].configuration({written.feature: text})[written.feature] == text


def test_dear_components_have_serial_numbers_and_small_parts_have_none(company: Company) -> None:
    data, _ = company("computers")
    for item in data.items.values():
        if item.code.split("-")[0] in {"CPU", "MB", "GPU"}:
            assert item.tracking is Tracking.SERIAL
        if item.cost < 10:
            assert item.tracking is Tracking.NONE


def test_a_second_supplier_is_quicker_and_dearer(company: Company) -> None:
    data, _ = company("computers")
    offers = {}
    seconds = 0
    for offer in data.supplier_items:
        first = offers.setdefault(offer.item, offer)
        if first is not offer:
            seconds += 1
            assert offer.lead_time_days < first.lead_time_days
            assert offer.price > first.price
    assert seconds > 20


def test_what_is_sampled_fits_together_by_the_facts_of_the_items(company: Company) -> None:
    """A second way to check: straight from the items, without rules."""
    data, engines = company("computers")
    rng = np.random.default_rng(1)
    for engine in engines.values():
        for _ in range(60):
            choice = engine.sample(rng).as_dict()
            parts = {name: data.items[value].attributes for name, value in choice.items() if str(value) in data.items}
            cpu, board, case, memory = (parts[name] for name in ("cpu", "board", "case", "memory"))
            assert cpu["socket"] == board["socket"]
            assert memory["ram_type"] == board["ram_type"]
            assert board["form_factor"] in case["boards"]
            assert parts["psu"]["form_factor"] in case["supplies"]
            assert parts.get("graphics", {}).get("length_mm", 0) <= case["max_gpu_mm"]
            assert parts.get("cooler", {}).get("height_mm", 0) <= case["max_cooler_mm"]
            assert cpu["socket"] in parts.get("cooler", {}).get("sockets", cpu["socket"])
            assert memory["modules"] + parts.get("memory2", {}).get("modules", 0) <= board["ram_slots"]
            assert sum(part.get("m2", 0) for part in parts.values()) <= board["m2_slots"]
            assert sum(part.get("slots", 0) for part in parts.values()) <= board["card_slots"]
            assert sum(part.get("power", 0) for part in parts.values()) <= 0.8 * parts["psu"]["watts"]


def test_order_bills_are_short_once_subassemblies_stand_in(company: Company) -> None:
    data, engines = company("computers")
    before, after = [], []
    for order in demand(data, engines, weeks=2, orders=300, seed=2):
        engine = engines[order.model]
        configuration = engine.configuration(order.choices)
        after.append(len(order_bill(engine.model, configuration, data.bills, data.items).lines))
        before.append(len(order_bill(replace(engine.model, subassemblies=()), configuration, data.bills, data.items).lines))
    assert max(before) <= 24
    assert 8 <= np.mean(after) <= 12
    assert np.mean(after) <= np.mean(before) - 3


def test_two_thousand_orders_load_the_lines_to_about_four_fifths(company: Company) -> None:
    data, engines = company("computers")
    minutes = 0
    sampled = demand(data, engines, weeks=12, orders=600, seed=3)
    for order in sampled:
        engine = engines[order.model]
        minutes += order_bill(engine.model, engine.configuration(order.choices), data.bills, data.items).minutes
    units = 12 * sum(weekly for weekly, _ in data.demand.forecasts(2000 / 12).values())
    days = sum(data.company.calendar.works(data.company.start + timedelta(days=n)) for n in range(84))
    capacity = days * sum(line.minutes_per_day for line in data.company.lines)
    assert 0.72 <= units * minutes / len(sampled) / capacity <= 0.86
    assert 2600 <= units <= 3100
