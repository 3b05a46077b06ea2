"""The roles that people have, and what each may do. A role is a group; a capability is asked for at the door."""

from enum import StrEnum


class Role(StrEnum):
    """One job in the company."""

    SALES = "sales"
    PLANNER = "planner"
    BUYER = "buyer"
    ASSEMBLER = "assembler"
    WAREHOUSE = "warehouse"
    MANAGER = "manager"
    ADMIN = "admin"


CAPABILITIES: dict[str, frozenset[Role]] = {
    "order": frozenset({Role.SALES}),
    "margin": frozenset({Role.SALES, Role.PLANNER}),
    "plan": frozenset({Role.PLANNER}),
    "purchase": frozenset({Role.BUYER, Role.PLANNER}),
    "receive": frozenset({Role.WAREHOUSE, Role.BUYER}),
    "release": frozenset({Role.PLANNER, Role.ASSEMBLER}),
    "kit": frozenset({Role.WAREHOUSE}),
    "assemble": frozenset({Role.ASSEMBLER}),
    "ship": frozenset({Role.WAREHOUSE}),
    "count": frozenset({Role.WAREHOUSE}),
    "catalogue": frozenset({Role.PLANNER}),
    "company": frozenset(),
    "users": frozenset(),
}
"""Who may do what. Managers and admins may do everything; everybody signed in may read, but what is left of a
price (`margin`)."""


def may(roles: frozenset[str], capability: str) -> bool:
    """Whether somebody with these roles may do it."""
    return bool(roles & {Role.MANAGER, Role.ADMIN}) or bool(roles & CAPABILITIES[capability])
