"""What assembly refuses."""

from atoll.errors import AtollError


class NotYetPromised(AtollError):
    """{line} is {state}; only a confirmed line is released for assembly."""


class WrongState(AtollError):
    """{order} is {state}, this needs it {needed}. Open it again to see who changed it."""


class NotInKit(AtollError):
    """{item} is not in the kit of {order} in that quantity. Report only what was laid out."""
