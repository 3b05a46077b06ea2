"""Use cases of sales, by what they do: promise, enter and quote, cancel and expire, propose new promises and apply them."""

from atoll_web.sales.services.applying import apply_proposal, discard_proposal
from atoll_web.sales.services.changing import By, Changed, ChangedLine, LineChange, change_order, preview_change
from atoll_web.sales.services.correcting import Corrected, count, receive, scrap, slip
from atoll_web.sales.services.customers import class_of, save_customers
from atoll_web.sales.services.drafting import Price
from atoll_web.sales.services.entering import (
    LONGEST_QUOTE,
    MOST_UNITS,
    NewLine,
    NewOrder,
    accept_quote,
    enter_order,
    enter_orders,
    order_in_shop,
    quote,
)
from atoll_web.sales.services.exploring import MOST_LINES, Chosen, Explored, LineExplored, LineRefused, explore
from atoll_web.sales.services.fewer import Fewer, fewer_units
from atoll_web.sales.services.hastening import hasten, ways_to_hasten
from atoll_web.sales.services.holding import hold, lift_hold
from atoll_web.sales.services.importing import EnteredOrder, enter_batch, import_orders, preview_import
from atoll_web.sales.services.inquiring import Inquiry, available, inquire, plan_into_stock
from atoll_web.sales.services.levers import Faster
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
from atoll_web.sales.services.reading import read_lines
from atoll_web.sales.services.releasing import cancel, expire_quotes
from atoll_web.sales.services.repromising import (
    LineAtRisk,
    Repromised,
    last_assembly_day,
    lines_at_risk,
    lines_to_promise_anew,
    repromise,
)
from atoll_web.sales.services.sureness import Sureness, sureness
from atoll_web.sales.services.taking import Asked, take

__all__ = [
    "LONGEST_QUOTE",
    "MOST_LINES",
    "MOST_UNITS",
    "PROPOSING",
    "REPROMISING",
    "Asked",
    "By",
    "Changed",
    "ChangedLine",
    "Chosen",
    "Corrected",
    "EnteredOrder",
    "Explored",
    "Faster",
    "Fewer",
    "Inquiry",
    "LineAtRisk",
    "LineChange",
    "LineExplored",
    "LineRefused",
    "NewLine",
    "NewOrder",
    "Policy",
    "Price",
    "Repromised",
    "Sureness",
    "Weighing",
    "accept_quote",
    "applied_by",
    "apply_proposal",
    "ask_proposal",
    "ask_rush",
    "available",
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
    "fewer_units",
    "hasten",
    "hold",
    "import_orders",
    "inquire",
    "last_assembly_day",
    "lift_hold",
    "lines_at_risk",
    "lines_to_promise_anew",
    "moved_ranks",
    "order_in_shop",
    "plan_into_stock",
    "preview_change",
    "preview_import",
    "quote",
    "read_lines",
    "receive",
    "repromise",
    "resend",
    "save_customers",
    "scrap",
    "slip",
    "subscribe",
    "sureness",
    "take",
    "unsubscribe",
    "ways_to_hasten",
]
