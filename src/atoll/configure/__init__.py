"""Product models, rules, the configuration engine, explanations, prices and order bills."""

from atoll.configure.checking import Finding, check
from atoll.configure.company import read_company_folder
from atoll.configure.comparing import Change, Comparison, Count, compare, count, still_valid
from atoll.configure.completing import can_find_cheapest, cheapest, most_popular, priced_together
from atoll.configure.costing import Cost, Margin, margin, roll_up, standard_costs
from atoll.configure.engine import Configurator, Conflict
from atoll.configure.errors import InvalidConfiguration, UnknownFeature, UnknownOption
from atoll.configure.material import Need
from atoll.configure.pricing import Price, Pricing, price
from atoll.configure.product_form import Outline, ProductForm
from atoll.configure.reading import read_product_model
from atoll.configure.share import Bond, OptionShares, bonds, marginals_of, shares_from_history, shares_from_marginals
from atoll.configure.super_bill import Alternates, OrderBill, OrderBillItem, RoutingStep, SuperBill, order_bill
from atoll.configure.terms import Terms, price_on_terms
from atoll.configure.uvl import UvlDocument, write_product_uvl
from atoll.configure.writing import write_product_model
from atoll.model.product import Configuration, ProductModel

__all__ = [
    "Alternates",
    "Bond",
    "Change",
    "Comparison",
    "Configuration",
    "Configurator",
    "Conflict",
    "Cost",
    "Count",
    "Finding",
    "InvalidConfiguration",
    "Margin",
    "Need",
    "OptionShares",
    "OrderBill",
    "OrderBillItem",
    "Outline",
    "Price",
    "Pricing",
    "ProductForm",
    "ProductModel",
    "RoutingStep",
    "SuperBill",
    "Terms",
    "UnknownFeature",
    "UnknownOption",
    "UvlDocument",
    "bonds",
    "can_find_cheapest",
    "cheapest",
    "check",
    "compare",
    "count",
    "margin",
    "marginals_of",
    "most_popular",
    "order_bill",
    "price",
    "price_on_terms",
    "priced_together",
    "read_company_folder",
    "read_product_model",
    "roll_up",
    "shares_from_history",
    "shares_from_marginals",
    "standard_costs",
    "still_valid",
    "write_product_model",
    "write_product_uvl",
]
