"""What the catalogue refuses."""

from atoll.errors import AtollError


class UnknownModel(AtollError):
    """There is no product model {model}. Known are {known}."""


class ModelNotOrderable(AtollError):
    """{model} cannot be ordered on {day}: {why}. Choose another model, or ask for a revision to be released."""


class NotReleasable(AtollError):
    """{revision} cannot be released: {findings}"""


class StillInUse(AtollError):
    """{code} cannot be taken out of use: {users} rest on it."""


class ObsoleteItem(AtollError):
    """{item} is obsolete: neither bought nor built any more. Take {successor} instead, or put it back into use."""


class NotADraft(AtollError):
    """{revision} is {state}, and only a draft can be changed. Make a new draft from it."""


class RevisionNameTaken(AtollError):
    """{model} has a revision {name} already. Give the draft another name."""


class EndItemTaken(AtollError):
    """The item {item} is the end item of {model} already. Each product model has its own: name another one as `end_item`."""


class AnotherModel(AtollError):
    """The document is of the product model {found}, but the draft is of {model}. Open the draft of {found}, or correct `code`."""


class ReleaseInThePast(AtollError):
    """A revision cannot be released from {day}, which is before the business date {today}. Release it from {today} or later."""


class NotADay(AtollError):
    """“{text}” is no date. Write it like 2026-03-20."""


class DraftChanged(AtollError):
    """Somebody else has changed {revision} since you opened it.
    What you typed is still here: look at the draft in another window, then save again to put yours in its place.
    """


class OneDocument(AtollError):
    """Expected the product model either as `document` or as `text`."""


class NotAWeek(AtollError):
    """The week of line {line} is not complete. Give it minutes a day, and for a week of its own seven numbers from Monday on,
    not all of them 0.
    """


class DayIsPast(AtollError):
    """The calendar of {day} stays as it was, since today is {today}. Name today or a later day."""
