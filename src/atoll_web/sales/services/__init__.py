"""Use cases of sales, by what they do: promise, enter and quote, cancel and expire, propose new promises and apply them."""

from atoll_web.sales.services.applying import apply_proposal, discard_proposal
from atoll_web.sales.services.changing import By, Changed, ChangedLine, LineChange, change_order, preview_change
from atoll_web.sales.services.correcting import count, receive, scrap
from atoll_web.sales.services.customers import class_of, save_customers
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
from atoll_web.sales.services.open_lines import Weighing
from atoll_web.sales.services.proposing import (
    PROPOSING,
    REPROMISING,
    Policy,
    applied_by,
    ask_proposal,
    ask_rush,
    compute_proposal,
)
from atoll_web.sales.services.ranking import book, moved_ranks
from atoll_web.sales.services.releasing import cancel, expire_quotes
from atoll_web.sales.services.repromising import Repromised, last_assembly_day, lines_to_promise_anew, repromise
from atoll_web.sales.services.taking import Asked, take

__all__ = [
    "MOST_UNITS",
    "PROPOSING",
    "REPROMISING",
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
    "Policy",
    "Repromised",
    "Weighing",
    "accept_quote",
    "applied_by",
    "apply_proposal",
    "ask_proposal",
    "ask_rush",
    "book",
    "cancel",
    "change_order",
    "class_of",
    "compute_proposal",
    "confirm_by_email",
    "count",
    "deliver_due",
    "discard_proposal",
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
    "moved_ranks",
    "order_in_shop",
    "plan_into_stock",
    "preview_change",
    "preview_import",
    "quote",
    "receive",
    "repromise",
    "resend",
    "save_customers",
    "scrap",
    "subscribe",
    "take",
    "unsubscribe",
]
