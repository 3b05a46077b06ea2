"""Three demonstration companies, how customers order from them and how their suppliers deliver. All of it is seeded."""

from atoll.demo.company import COMPANIES, UnknownCompany, load
from atoll.demo.demand import CustomerOrder, demand
from atoll.demo.supply import SupplyOutcome, supply_outcome

__all__ = ["COMPANIES", "CustomerOrder", "SupplyOutcome", "UnknownCompany", "demand", "load", "supply_outcome"]
