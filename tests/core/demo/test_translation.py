"""What a demonstration has translated beforehand serves what it does later."""

import numpy as np

from atoll.demo.translation import translate
from atoll.model.system import AssemblySystem
from atoll.promise import Availability, Wanted, WantedLine, booked, booking, promise, tables
from atoll.promise import kernel as promising
from atoll.simulate import Experiment, Policy
from atoll.simulate import kernel as simulating


def test_the_smallest_examples_translate_what_other_systems_and_orders_need() -> None:
    translate()
    known = translations()
    there = Availability(
        supply_item=np.array([0, 1]),
        supply_day=np.array([0, 4]),
        supply_free=np.array([3, 2]),
        lead_days=np.array([8, 9, 5]),
        build_days=np.array([0, 0, 1]),
        working=np.array([day % 7 < 5 for day in range(28)]),
    )
    wanted = Wanted.of([WantedLine({0: 2}, alternatives={0: [1]}), WantedLine({0: 2})])
    promises = promise(there, wanted)
    assert promises.is_promised.all()
    assert booked(wanted, promises, supplies=2).allocation_quantity.sum() == 4
    system = AssemblySystem.simple([[1, 0, 1], [0, 1, 1]], rate=[1, 1], lead_time=10, holding=[1, 1, 2], backorder_cost=[10, 5])
    Experiment(system, 2, 1).run(Policy.base_stock([12, 12, 20]))
    assert translations() == known
    assert (len(promising.promise.signatures), len(simulating.run.signatures)) == (1, 1)


def translations() -> list[int]:
    """Of each function around the kernel, for how many types of arguments it has been translated."""
    functions = (tables.laid_out, tables.orders_laid_out, booking._planned, booking._required_and_allocated)
    return [len(function.signatures) for function in functions]
