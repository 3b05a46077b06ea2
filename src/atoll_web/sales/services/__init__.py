"""Use cases of sales, by what they do: promise, enter and quote, cancel and expire, promise anew."""

from atoll_web.sales.services.customers import save_customers
from atoll_web.sales.services.entering import (
    MOST_UNITS,
    NewLine,
    NewOrder,
    accept_quote,
    enter_order,
    enter_orders,
    order_in_shop,
    quote,
)
from atoll_web.sales.services.exploring import Explored, LineExplored, explore
from atoll_web.sales.services.inquiring import Inquiry, inquire, plan_into_stock
from atoll_web.sales.services.releasing import cancel, expire_quotes
from atoll_web.sales.services.repromising import last_assembly_day, lines_to_promise_anew, repromise
from atoll_web.sales.services.taking import Asked, take

__all__ = [
    "MOST_UNITS",
    "Asked",
    "Explored",
    "Inquiry",
    "LineExplored",
    "NewLine",
    "NewOrder",
    "accept_quote",
    "cancel",
    "enter_order",
    "enter_orders",
    "expire_quotes",
    "explore",
    "inquire",
    "last_assembly_day",
    "lines_to_promise_anew",
    "order_in_shop",
    "plan_into_stock",
    "quote",
    "repromise",
    "save_customers",
    "take",
]
