"""States of customer orders and their lines."""

DRAFT, CONFIRMED, IN_ASSEMBLY, ASSEMBLED, SHIPPED, CANCELLED = (
    "draft",
    "confirmed",
    "in assembly",
    "assembled",
    "shipped",
    "cancelled",
)

ORDER_STATES = (DRAFT, CONFIRMED, IN_ASSEMBLY, SHIPPED, CANCELLED)
OPEN = (DRAFT, CONFIRMED, IN_ASSEMBLY)
"""States of an order that is still to be shipped."""
ORDER_TRANSITIONS = {
    (DRAFT, CONFIRMED),
    (DRAFT, CANCELLED),
    (CONFIRMED, IN_ASSEMBLY),
    (CONFIRMED, CANCELLED),
    (IN_ASSEMBLY, SHIPPED),
}

LINE_STATES = (DRAFT, CONFIRMED, IN_ASSEMBLY, ASSEMBLED, SHIPPED, CANCELLED)
LINE_TRANSITIONS = {
    (DRAFT, CONFIRMED),
    (DRAFT, CANCELLED),
    (CONFIRMED, IN_ASSEMBLY),
    (CONFIRMED, CANCELLED),
    (IN_ASSEMBLY, ASSEMBLED),
    (ASSEMBLED, SHIPPED),
}
PROMISED = (CONFIRMED, IN_ASSEMBLY, ASSEMBLED, SHIPPED)
"""States of a line that has a promise in force; in the others it has none."""
