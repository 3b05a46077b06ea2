"""Stocking cases are read as they go round, and all their faults are told at once."""

import json
from pathlib import Path

import numpy as np
import pytest

from atoll.errors import BadInput
from atoll.io.stocking import Evaluations, PublishedCosts, read_case, read_systems
from atoll.io.stocking.history import read_order_history
from atoll.model.network import SupplyNetwork
from atoll.model.supply_plan import CapacityPlan
from atoll.model.system import Law, Shortage

INSTANCES = Path(__file__).parents[4] / "shared" / "instances" / "stocking"
HISTORY = Path(__file__).parents[4] / "shared" / "data" / "renault" / "renault_small.csv.gz"

W = {"name": "W", "lam": [1, 1], "A": [[1, 0, 1], [0, 1, 1]], "L": 10, "h": [1, 1, 2], "b": [10, 5]}


def written(folder: Path, document: object) -> Path:
    path = folder / "case.json"
    path.write_text(json.dumps(document))
    return path


def faults(path: Path) -> list[str]:
    with pytest.raises(BadInput) as refusal:
        read_systems(path)
    return [str(issue) for issue in refusal.value.issues]


def test_symbols_and_words_mean_the_same(tmp_path: Path) -> None:
    words = {
        "rate": [1, 1],
        "quantity": [[1, 0, 1], [0, 1, 1]],
        "lead_time": [10, 10, 10],
        "holding": [1, 1, 2],
        "backorder_cost": [10, 5],
    }
    (one,), (other,) = read_systems(written(tmp_path, W)), read_systems(written(tmp_path, words))

    assert one.order_cost.tolist() == other.order_cost.tolist() == [13, 8]
    assert one.matrix.tolist() == other.matrix.tolist()
    assert one.supply.law is Law.FIXED


def test_service_rates_and_lost_costs_mean_exponential_servers_and_lost_sales(tmp_path: Path) -> None:
    case = {"lam": [1, 1, 1.5], "mu": [3, 3], "h": [1, 2], "lost_cost": [10, 15, 40], "A": [[1, 0], [0, 1], [1, 1]]}
    (system,) = read_systems(written(tmp_path, case))

    assert system.shortage is Shortage.LOST
    assert system.supply.capacitated.all()
    assert system.supply.deviation.tolist() == system.lead_time.tolist() == [1 / 3, 1 / 3]


def test_how_long_ahead_customers_order_is_read_and_its_faults_are_told(tmp_path: Path) -> None:
    ahead = {"time": [0, 14], "share": [[0.75, 0.25], [1, 0]]}
    (system,) = read_systems(written(tmp_path, W | {"demand_lead_times": ahead}))
    assert system.demand_lead_times.mean.tolist() == [3.5, 0.0]
    assert system.longest_demand_lead_time == 14

    (fault,) = faults(written(tmp_path, W | {"demand_lead_times": ahead | {"share": [[0.75, 0.5], [1, 0]]}}))
    assert fault == "case.json demand_lead_times: Expected shares that add up to 1 for each product."
    (fault,) = faults(written(tmp_path, W | {"demand_lead_times": ahead | {"time": [-1, 14]}}))
    assert "Expected an object with `time`" in fault
    (fault,) = faults(written(tmp_path, W | {"shortage": "lost", "demand_lead_times": ahead}))
    assert fault.startswith("case.json demand_lead_times: Expected orders that wait.")


def test_all_faults_of_a_case_are_told_at_once(tmp_path: Path) -> None:
    found = faults(written(tmp_path, W | {"lam": [-1, 1], "L": [10, 0, 10], "h": [1, 1], "components": ["a", "a", "b"]}))

    assert found == [
        "case.json components: `a` stands there twice.",
        "case.json lam[1]: Expected a number of at least 0, found -1.",
        "case.json h: Expected 3 numbers, found 2.",
        "case.json L[2]: Expected a number above 0, found 0.",
    ]


def test_a_product_without_components_is_a_fault(tmp_path: Path) -> None:
    (fault,) = faults(written(tmp_path, W | {"A": [[1, 0, 1], [0, 0, 0]]}))

    assert fault.startswith("case.json A[2]: The product has no components")


def test_labels_that_do_not_match_are_a_fault(tmp_path: Path) -> None:
    (fault,) = faults(written(tmp_path, W | {"products": ["one"]}))

    assert fault == "case.json products: Expected 2 labels, as many as there are figures, found 1."


@pytest.mark.parametrize("text", ["", "[1]", "{", '{"A": 1}', "null", '{"lam": [1], "A": [[1]], "L": 1e400, "h": [1]}'])
def test_what_is_no_case_is_refused_with_a_place(tmp_path: Path, text: str) -> None:
    path = tmp_path / "case.json"
    path.write_text(text)

    assert all(fault.startswith("case.json") for fault in faults(path))


def folder_of(path: Path, **changes: str) -> Path:
    files = {
        "components": "component,lead_time,holding\nA,10,1\nB,10,1\nC,10,2\nD,3,0.5\n",
        "products": "product,rate,backorder_cost\nP,1,10\nQ,1,5\n",
        "quantities": "parent,component,quantity\nP,A,1\nP,C,1\nQ,B,1\nQ,C,1\nC,D,2\n",
    }
    for name, text in (files | changes).items():
        (path / f"{name}.csv").write_text(text)
    return path


def test_a_problem_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "system.toml").write_text('name = "shop"\nwarm_up = 5\nend = 50\n')
    folder = folder_of(tmp_path, lead_times="component,lead_time\nA,8\nA,12\n", order_sizes="product,units,share\nP,2,1\n")

    (system,) = read_systems(folder)

    assert system.name == "shop"
    assert system.component_rate.tolist() == [2, 1, 3, 6]  # P comes two at a time; two D in each C
    assert system.supply.seen[0].tolist() == [8, 12]
    assert system.supply.seen[1].tolist() == [10]
    assert system.window is not None
    assert system.window.length == 45


def test_all_faults_of_a_folder_are_told_at_once(tmp_path: Path) -> None:
    folder = folder_of(
        tmp_path,
        components="component,lead_time,holding\nA,0,1\nB,10,-1\nC,10,2\n",
        products="product,rate\nP,1\nP,2\nR,1\n",
        quantities="parent,component,quantity\nP,A,1\nP,X,1\nZ,B,0\n",
    )
    found = faults(folder)

    for place in ("components.csv:2", "components.csv:3", "products.csv:3", "quantities.csv:3", "quantities.csv:4"):
        assert any(fault.startswith(f"{place}:") for fault in found), place
    assert any("R has no components" in fault for fault in found)


def test_a_subassembly_that_contains_itself_is_a_fault(tmp_path: Path) -> None:
    quantities = "parent,component,quantity\nP,A,1\nQ,B,1\nC,D,1\nD,C,1\n"

    assert any("contains itself" in fault for fault in faults(folder_of(tmp_path, quantities=quantities)))


@pytest.mark.skipif(not INSTANCES.is_dir(), reason="the published cases are not there: put the instances beside the repository")
def test_each_kind_of_published_case_is_read_as_it_is() -> None:
    assert [system.name for system in read_systems(INSTANCES / "exact_fcfs_small.json")] == ["W", "N", "M", "PC6"]
    (simopt,) = read_systems(INSTANCES / "simopt_ato_8x5.json")
    assert (simopt.window, simopt.key.sum(), simopt.shortage) == (simopt.window, 6, Shortage.LOST)
    assert simopt.window is not None
    assert simopt.window.warm_up == 20
    (willems,) = read_systems(INSTANCES / "willems10_ato.json")
    assert (len(willems.components), len(willems.products)) == (45, 13)
    network = read_case(INSTANCES / "willems38" / "willems_34.json")
    assert isinstance(network, SupplyNetwork)
    assert (len(network.stages), len(network.arc)) == (1206, 4063)  # A16
    plan = read_case(INSTANCES / "gioia_default_ye3.json")
    assert isinstance(plan, CapacityPlan)
    assert plan.paths.shape == (3, 35, 24)
    costs = read_case(INSTANCES / "gsm_willems38_published.json")
    assert isinstance(costs, PublishedCosts)
    assert len(costs.chains) == 38
    known = read_case(INSTANCES / "simopt_ato_hetgp_reference.json")
    assert isinstance(known, Evaluations)
    assert known.levels.shape == (1000, 8)
    with pytest.raises(BadInput, match="supply network"):
        read_systems(INSTANCES / "willems38" / "willems_01.json")


@pytest.mark.skipif(not HISTORY.is_file(), reason="the order history is not there: put the data beside the repository")
def test_a_real_order_history_has_its_published_size() -> None:  # A19
    history = read_order_history(HISTORY)

    assert (len(history.product), len(history.components)) == (27_088, 146)


def test_a_history_with_a_short_line_is_refused_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("frame,gears\nS,8\nM\n")

    with pytest.raises(BadInput, match=r"orders\.csv:3"):
        read_order_history(path)
    path.write_text("frame,gears\nS,8\nM,8\nS,8\n")
    history = read_order_history(path)
    assert history.components == ("frame=M", "frame=S", "gears=8")
    assert history.product.tolist() == [1, 0, 1]
    assert np.diff(history.quantity.start).tolist() == [2, 2]
