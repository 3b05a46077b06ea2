"""Product models, rules, the configuration engine, explanations, prices and order bills."""

from atoll.configure.checking import Finding, check
from atoll.configure.company import read_company_folder
from atoll.configure.engine import Configurator, Conflict
from atoll.configure.errors import InvalidConfiguration, UnknownFeature, UnknownOption
from atoll.configure.pricing import Price, price
from atoll.configure.reading import read_product_model
from atoll.configure.super_bill import OrderBill, OrderBillItem, order_bill
from atoll.configure.writing import write_product_model
from atoll.model.product import Configuration, ProductModel

__all__ = [
    "Configuration",
    "Configurator",
    "Conflict",
    "Finding",
    "InvalidConfiguration",
    "OrderBill",
    "OrderBillItem",
    "Price",
    "ProductModel",
    "UnknownFeature",
    "UnknownOption",
    "check",
    "order_bill",
    "price",
    "read_company_folder",
    "read_product_model",
    "write_product_model",
]
