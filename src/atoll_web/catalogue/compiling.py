"""Use cases of compiled forms: which are wanted, making one in a run, what the pages tell of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from time import process_time
from typing import Any

from atoll.errors import AtollError
from atoll_web.accounts.acting import Actor, acting
from atoll_web.catalogue import snapshot, states
from atoll_web.catalogue.models import NOT_COMPILED, CompiledForm, Revision
from atoll_web.runs import services as runs
from atoll_web.runs import states as run_states
from atoll_web.runs.models import Run

COMPILATION = "compilation"
"""Kind of the runs that compile a product model."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A form that is to be made: a revision with the rules that hold since a day."""

    revision: Revision
    since: date

    @property
    def parameters(self) -> dict[str, Any]:
        """As its run keeps them."""
        code, name = self.revision.product_model.code, self.revision.name
        return {"model": code, "revision": name, "digest": self.revision.digest, "since": self.since.isoformat()}


def wanted_of(revision: Revision, today: date) -> list[Wanted]:
    """The forms of a revision: one for each span of days, from now to its end, on which the same rules hold."""
    first = max(today, revision.valid_from)
    later = [
        day for day in snapshot.changes(revision) if day > first and (not revision.valid_until or day < revision.valid_until)
    ]
    return [Wanted(revision, snapshot.since(revision, day)) for day in (first, *later)]


def missing(today: date) -> Iterator[Wanted]:
    """Forms of released revisions that are not there or no longer fit, and that no run is about to make or failed to make."""
    released = Revision.objects.select_related("product_model").filter(state=states.RELEASED)
    settled = Run.objects.filter(kind=COMPILATION).exclude(state=run_states.DONE)
    tried = list(settled.values_list("parameters", flat=True))
    for revision in released.exclude(valid_until__lte=today).defer("document"):
        for wanted in wanted_of(revision, today):
            if wanted.parameters not in tried and not _fits(wanted):
                yield wanted


def _fits(wanted: Wanted) -> bool:
    """Whether the form is there, or is known to be beyond the budget."""
    row = CompiledForm.objects.filter(digest=wanted.revision.digest, since=wanted.since).defer("data").first()
    if row is None:
        return False
    if row.engine == NOT_COMPILED:
        return row.outline == _digest(wanted)
    return snapshot.compiled_form(wanted.revision, wanted.since) is not None


def _digest(wanted: Wanted) -> str:
    """Of what the form speaks of; empty where that cannot be told."""
    try:
        return snapshot.outline(wanted.revision, wanted.since).digest
    except AtollError:
        return ""


def request(*, actor: Actor, wanted: Wanted) -> Run:
    """Ask for a form."""
    return runs.create(actor=actor, kind=COMPILATION, parameters=wanted.parameters)


def make(*, actor: Actor, run: Run) -> Run:
    """Compile what a run asks for, within the budget, and keep it.

    A model that cannot be compiled is kept as such; whatever happens here, SAT goes on to answer for it.
    """
    digest, since = run.parameters["digest"], date.fromisoformat(run.parameters["since"])
    revision = Revision.objects.select_related("product_model").filter(digest=digest)[0]

    def work(report: runs.Report) -> Mapping[str, Any]:
        report(0.0, f"compiles {revision}")
        start = process_time()
        fields = _compiled(revision, since)
        fields |= {"outline": _digest(Wanted(revision, since)), "seconds": round(process_time() - start, 3)}
        fields |= {"made_at": datetime.now(UTC), "run": run}
        with acting(actor):
            CompiledForm.objects.update_or_create(digest=digest, since=since, defaults=fields)
        return {name: fields[name] for name in ("engine", "nodes", "seconds", "configurations")}

    return runs.carry_out(actor=actor, run=run, work=work, input_version=digest)


def _compiled(revision: Revision, since: date) -> dict[str, Any]:
    """Engine, data, nodes and configurations of a form."""
    try:
        form = snapshot.compile_revision(revision, since)
    except AtollError:  # too large, or its bills have faults
        return {"engine": NOT_COMPILED, "data": None, "nodes": 0, "configurations": ""}
    return {"engine": form.engine, "data": form.write(), "nodes": form.nodes, "configurations": str(form.count({}))}


def compile_all(*, actor: Actor) -> list[Run]:
    """Make all forms that are missing, at once."""
    return [make(actor=actor, run=request(actor=actor, wanted=wanted)) for wanted in list(missing(actor.today))]


def form_row(revision: Revision, on: date) -> CompiledForm | None:
    """What is known of the form of a revision with the rules of a date, without its data; None as long as there is none."""
    wanted = snapshot.since(revision, max(on, revision.valid_from))
    return CompiledForm.objects.filter(digest=revision.digest, since=wanted).defer("data").select_related("run").first()
