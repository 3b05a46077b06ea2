"""Use cases of assembly: build ahead, release on order, kit, assemble, ship; and which waiting lines get their kits."""

from atoll_web.assembly.services.kits import (
    HORIZON_DAYS,
    KIND,
    KINDS_OF_RULES,
    MOST_DAYS,
    MOST_HOURS,
    RULES,
    ClearToBuild,
    KitRule,
    apply_kits,
    clear_to_build,
    propose_kits,
    release_kits,
)
from atoll_web.assembly.services.making import (
    TO_RELEASE,
    complete,
    complete_builds,
    kit,
    kit_builds,
    open_builds,
    release,
)
from atoll_web.assembly.services.proposals import Released, release_proposals
from atoll_web.assembly.services.shipping import Part, ship, ship_parts

__all__ = [
    "HORIZON_DAYS",
    "KIND",
    "KINDS_OF_RULES",
    "MOST_DAYS",
    "MOST_HOURS",
    "RULES",
    "TO_RELEASE",
    "ClearToBuild",
    "KitRule",
    "Part",
    "Released",
    "apply_kits",
    "clear_to_build",
    "complete",
    "complete_builds",
    "kit",
    "kit_builds",
    "open_builds",
    "propose_kits",
    "release",
    "release_kits",
    "release_proposals",
    "ship",
    "ship_parts",
]
