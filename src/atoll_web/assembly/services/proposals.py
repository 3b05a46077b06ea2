"""What planning proposed is carried out: purchases are sent, and build orders are opened."""

from collections.abc import Sequence
from dataclasses import dataclass

from atoll_web.accounts.acting import Actor, acting, begun_again_after_deadlock
from atoll_web.assembly.models import BuildOrder
from atoll_web.assembly.services.making import open_builds
from atoll_web.bulk import update_each
from atoll_web.planning import services as planning
from atoll_web.planning.models import PlannedOrder
from atoll_web.purchasing.models import PurchaseOrder


@dataclass(frozen=True, slots=True)
class Released:
    """What came of proposals."""

    builds: Sequence[BuildOrder]
    purchases: Sequence[PurchaseOrder]


@begun_again_after_deadlock
def release_proposals(*, actor: Actor, planned: Sequence[PlannedOrder]) -> Released:
    """Build and buy what was proposed: all of it, or nothing. A build has its components allocated and is opened at once.

    Raises
    ------
    NotProposed, NoSupplier, CannotPromise
    """
    with acting(actor):
        builds = _opened(actor, [row for row in planned if row.kind == "build"])
        purchases = [row for row in planned if row.kind == "purchase"]
        return Released(builds, planning.release_purchases(actor=actor, planned=purchases) if purchases else ())


def _opened(actor: Actor, planned: Sequence[PlannedOrder]) -> list[BuildOrder]:
    if not planned:
        return []
    builds = open_builds(actor=actor, supplies=planning.plan_builds(actor=actor, planned=planned))
    number = {f"supply {build.supply_id}": build.number for build in builds}
    rows = list(PlannedOrder.objects.filter(id__in=[row.pk for row in planned]))
    for row in rows:
        row.reference = number[row.reference]
    update_each(rows, ["reference"])
    return builds
