"""States of customer orders and their lines, and of proposals of new promises."""

DRAFT, QUOTED, CONFIRMED, IN_ASSEMBLY, ASSEMBLED, SHIPPED, EXPIRED, CANCELLED = (
    "draft",
    "quoted",
    "confirmed",
    "in assembly",
    "assembled",
    "shipped",
    "expired",
    "cancelled",
)

INITIAL = frozenset({DRAFT, QUOTED, CONFIRMED})
"""An order whose lines are all promised at once is never a draft."""

ORDER_STATES = (DRAFT, QUOTED, CONFIRMED, IN_ASSEMBLY, SHIPPED, EXPIRED, CANCELLED)
OPEN = (DRAFT, QUOTED, CONFIRMED, IN_ASSEMBLY)
"""States of an order that is still to be shipped."""
BOOKED = (QUOTED, CONFIRMED, IN_ASSEMBLY)
"""States of an order of which lines may still be promised anew."""
ORDER_TRANSITIONS = {
    (DRAFT, CONFIRMED),
    (DRAFT, QUOTED),
    (DRAFT, CANCELLED),
    (QUOTED, CONFIRMED),
    (QUOTED, EXPIRED),
    (QUOTED, CANCELLED),
    (CONFIRMED, IN_ASSEMBLY),
    (CONFIRMED, CANCELLED),
    (IN_ASSEMBLY, SHIPPED),
}

LINE_STATES = (DRAFT, QUOTED, CONFIRMED, IN_ASSEMBLY, ASSEMBLED, SHIPPED, EXPIRED, CANCELLED)
LINE_TRANSITIONS = {
    (DRAFT, CONFIRMED),
    (DRAFT, QUOTED),
    (DRAFT, CANCELLED),
    (QUOTED, CONFIRMED),
    (QUOTED, EXPIRED),
    (QUOTED, CANCELLED),
    (CONFIRMED, IN_ASSEMBLY),
    (CONFIRMED, CANCELLED),
    (IN_ASSEMBLY, ASSEMBLED),
    (ASSEMBLED, SHIPPED),
}
HOLDING = (QUOTED, CONFIRMED)
"""States of a line that holds supply and slots which can still be given back."""
BEGUN = (IN_ASSEMBLY, ASSEMBLED)
"""States of a line whose assembly has begun, and of which something is still here."""
PROMISED = (QUOTED, CONFIRMED, IN_ASSEMBLY, ASSEMBLED, SHIPPED)
"""States of a line that has a promise in force; in the others it has none."""

WAITING, DELIVERED, DEAD = "waiting", "delivered", "dead"
NOTICE_STATES = (WAITING, DELIVERED, DEAD)
OPTION, SUBSTITUTE, SPLIT, OVERTIME, EXPEDITE, EXPRESS = LEVERS = (
    "option",
    "substitute",
    "split",
    "overtime",
    "expedite",
    "express",
)
"""What makes a line earlier: another option, a substitute of an item, a part of it first, longer work, an order sped up, a
purchase sent at once."""

COMPUTING, PROPOSED, APPLIED, DISCARDED = "computing", "proposed", "applied", "discarded"
PROPOSAL_STATES = (COMPUTING, PROPOSED, APPLIED, DISCARDED)
PROPOSAL_TRANSITIONS = {
    (COMPUTING, PROPOSED),
    (COMPUTING, DISCARDED),  # stopped, or nothing could be computed; its run says why
    (PROPOSED, APPLIED),
    (PROPOSED, DISCARDED),
}
