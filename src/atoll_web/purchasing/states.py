"""States of a purchase order."""

SENT, RECEIVED, CANCELLED = "sent", "received", "cancelled"
STATES = (SENT, RECEIVED, CANCELLED)
INITIAL = {SENT}
TRANSITIONS = {(SENT, RECEIVED), (SENT, CANCELLED)}
