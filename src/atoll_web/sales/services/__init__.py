"""Use cases of sales, by what they do: promise, enter and quote, cancel and expire, promise anew."""

from atoll_web.sales.services.changing import By, Changed, ChangedLine, LineChange, change_order, preview_change
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
from atoll_web.sales.services.holding import hold, lift_hold
from atoll_web.sales.services.importing import EnteredOrder, enter_batch, import_orders, preview_import
from atoll_web.sales.services.inquiring import Inquiry, inquire, plan_into_stock
from atoll_web.sales.services.notifying import confirm_by_email, deliver_due, resend, subscribe, unsubscribe
from atoll_web.sales.services.releasing import cancel, expire_quotes
from atoll_web.sales.services.repromising import last_assembly_day, lines_to_promise_anew, repromise
from atoll_web.sales.services.taking import Asked, take

__all__ = [
    "MOST_UNITS",
    "Asked",
    "By",
    "Changed",
    "ChangedLine",
    "EnteredOrder",
    "Explored",
    "Inquiry",
    "LineChange",
    "LineExplored",
    "NewLine",
    "NewOrder",
    "accept_quote",
    "cancel",
    "change_order",
    "confirm_by_email",
    "deliver_due",
    "enter_batch",
    "enter_order",
    "enter_orders",
    "expire_quotes",
    "explore",
    "hold",
    "import_orders",
    "inquire",
    "last_assembly_day",
    "lift_hold",
    "lines_to_promise_anew",
    "order_in_shop",
    "plan_into_stock",
    "preview_change",
    "preview_import",
    "quote",
    "repromise",
    "resend",
    "save_customers",
    "subscribe",
    "take",
    "unsubscribe",
]
