"""Revisions of product models over the API: read, check, draft, edit, discard, release, compare, UVL."""

from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from atoll_web.accounts.acting import Actor, business_time
from atoll_web.catalogue import services, tasks
from atoll_web.catalogue.errors import DraftChanged, OneDocument
from atoll_web.catalogue.models import Revision
from atoll_web.door import Fault, Input, NotFound, actor_for, answers, plain
from atoll_web.once import Repeatable, once

router = Router()


class RevisionRow(Schema):
    """A revision without its document."""

    model: str
    revision: str
    state: str
    valid_from: date
    valid_until: date | None = Field(description="First day on which it can no longer be ordered")
    digest: str = Field(description="Equal documents have equal digests")


class DocumentOut(RevisionRow):
    """A revision with its document."""

    document: dict[str, Any]
    text: str = Field(description="The same as TOML")


class DocumentIn(Input):
    """A product model, as an object or as text."""

    document: dict[str, Any] | None = None
    text: str | None = Field(None, description="TOML or JSON, in place of `document`")

    def content(self) -> dict[str, Any]:
        """The document.

        Raises
        ------
        OneDocument
            When there is none, or there are two.
        BadInput
            When the text cannot be read.
        """
        if (self.document is None) == (self.text is None):
            raise OneDocument()
        return services.read_document(self.text) if self.text is not None else dict(self.document or {})


class DraftIn(DocumentIn):
    """A draft to write."""

    valid_from: date | None = Field(None, description="First day; default: today, or that of the draft")
    reason: str = Field("", description="Kept in the history")


class EditIn(DraftIn):
    """A draft to change."""

    digest: str = Field("", description="That of the draft as it was read; refused with `draft-changed` when it is another now")


class BeginIn(Repeatable):
    """A draft to begin with what a revision says."""

    revision: str
    reason: str = ""


class ReasonIn(Input):
    """Why something is done."""

    reason: str = ""


class ReleaseDraftIn(ReasonIn):
    """A draft to release."""

    valid_from: date | None = Field(None, description="First day, today or later; default: that of the draft")


class RuleOut(Schema):
    """A rule in words."""

    name: str
    text: str


class FindingOut(Schema):
    """What is wrong or odd about a product model."""

    code: str = Field(description="A stable word for programs, such as `dead-option`")
    text: str
    blocks_release: bool
    rules: list[RuleOut] = Field(description="The smallest set of rules that brings it about")


class CheckedOut(Schema):
    """What the checks find."""

    can_be_released: bool
    issues: list[Fault] = Field(description="Faults for which the document cannot be read; there are no findings then")
    findings: list[FindingOut]
    configurations: str | None = Field(description="How many, in decimal digits; empty when they are too many to be counted")


class ChangeOut(Schema):
    """A part of the document that differs."""

    what: str
    code: str
    sort: str = Field(description="added, removed or changed")
    fields: list[list[Any]] = Field(description="Name, value before and after of each field that differs")


class ConfigurationsOut(Schema):
    """Configurations of two revisions."""

    before: int
    after: int
    won: int
    lost: int


class ComparisonOut(Schema):
    """What the later of two revisions changes."""

    before: str
    after: str
    changes: list[ChangeOut]
    count: ConfigurationsOut | None = Field(description="Empty when there are too many to be compared one by one")


class UvlOut(Schema):
    """A product model in the Universal Variability Language."""

    text: str
    issues: list[Fault] = Field(description="What of the model is not in the text, since UVL cannot say it")


def _row(revision: Revision) -> dict[str, Any]:
    return {
        "model": revision.product_model.code,
        "revision": revision.name,
        "state": revision.state,
        "valid_from": revision.valid_from,
        "valid_until": revision.valid_until,
        "digest": revision.digest,
    }


def _revision(code: str, name: str) -> Revision:
    row = Revision.objects.select_related("product_model").filter(product_model__code=code, name=name).first()
    if row is None:
        raise NotFound(what=f"revision of {code}", name=name, where=f"GET /api/v1/models/{code}/revisions")
    return row


def _actor(request: HttpRequest, reason: str) -> Actor:
    return actor_for(request, "catalogue", reason)


@router.get("/models/{code}/revisions", response=answers(list[RevisionRow]))
def list_revisions(request: HttpRequest, code: str) -> list[dict]:
    """List the revisions of a product model, the latest first."""
    rows = Revision.objects.select_related("product_model").defer("document").filter(product_model__code=code)
    return [_row(row) for row in rows.order_by("-valid_from", "-id")]


@router.get("/models/{code}/revisions/{name}", response=answers(DocumentOut))
def get_revision(request: HttpRequest, code: str, name: str) -> dict:
    """Show a revision with its whole document, as JSON and as TOML."""
    row = _revision(code, name)
    return _row(row) | {"document": row.document, "text": services.document_text(row.document)}


@router.get("/models/{code}/revisions/{name}/uvl", response=answers(UvlOut))
def get_uvl(request: HttpRequest, code: str, name: str) -> dict:
    """Export a revision as UVL, with what UVL cannot say."""
    found = services.uvl_of(_revision(code, name))
    return {"text": found.text, "issues": plain(found.issues)}


@router.post("/documents/check", response=answers(CheckedOut))
def check_document(request: HttpRequest, payload: DocumentIn) -> dict:
    """Check a document under the rules of today; writes nothing."""
    found = services.check_document(payload.content(), business_time().date())
    return {
        "can_be_released": found.can_be_released,
        "issues": plain(found.issues),
        "findings": plain(found.findings),
        "configurations": found.digits,
    }


@router.post("/drafts", response=answers(RevisionRow, 201))
def write_draft(request: HttpRequest, payload: DraftIn) -> Status:
    """Write a draft from a document: of a new product model, or a new one of a model that there is."""
    actor = _actor(request, payload.reason)
    first_day = payload.valid_from or actor.today
    row = services.draft_revision(actor=actor, document=payload.content(), valid_from=first_day, source=services.DRAFT)
    return Status(201, _row(row))


@router.post("/models/{code}/drafts", response=answers(RevisionRow, 201))
@once
def begin_draft(request: HttpRequest, code: str, payload: BeginIn) -> Status:
    """Begin a draft with what a revision says. It gets the next free name."""
    actor = _actor(request, payload.reason)
    return Status(201, _row(services.new_draft(actor=actor, revision=_revision(code, payload.revision))))


@router.put("/models/{code}/revisions/{name}", response=answers(RevisionRow))
def edit_draft(request: HttpRequest, code: str, name: str, payload: EditIn) -> dict:
    """Give a draft another document."""
    actor, row = _actor(request, payload.reason), _revision(code, name)
    if payload.digest and payload.digest != row.digest:
        raise DraftChanged(revision=str(row))
    first_day = payload.valid_from or row.valid_from
    return _row(services.edit_draft(actor=actor, revision=row, document=payload.content(), valid_from=first_day))


@router.post("/models/{code}/revisions/{name}/discard", response=answers(RevisionRow))
def discard_draft(request: HttpRequest, code: str, name: str, payload: ReasonIn) -> dict:
    """Give a draft up. It stays in the history."""
    services.discard_draft(actor=_actor(request, payload.reason), revision=_revision(code, name))
    return _row(_revision(code, name))


@router.post("/models/{code}/revisions/{name}/release", response=answers(RevisionRow))
def release_draft(request: HttpRequest, code: str, name: str, payload: ReleaseDraftIn) -> dict:
    """Make a draft orderable from its first day on; the revision before ends then. Orders that run keep theirs."""
    actor, row = _actor(request, payload.reason), _revision(code, name)
    return _row(tasks.release(actor=actor, revision=row, valid_from=payload.valid_from))


@router.get("/models/{code}/compare", response=answers(ComparisonOut))
def compare(request: HttpRequest, code: str, before: str, after: str) -> dict:
    """Compare two revisions: what differs, and how many configurations were won and lost."""
    found = services.compare_revisions(_revision(code, before), _revision(code, after))
    return {"before": before, "after": after, "changes": plain(found.changes), "count": plain(found.count)}
