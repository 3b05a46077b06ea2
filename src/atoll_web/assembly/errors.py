"""What assembly refuses."""

from atoll.errors import AtollError


class NotYetPromised(AtollError):
    """{line} is {state}; only a confirmed line is released for assembly."""


class BillChanged(AtollError):
    """The bill of {items} has changed since these builds were planned. Promise anew what rests on them, then open the rest."""


class NoLongerPlanned(AtollError):
    """A build of {items} is not planned any more: it was opened, or nothing needs it. Look again at what is planned."""


class WrongState(AtollError):
    """{order} is {state}, this needs it {needed}. Open it again to see who changed it."""


class NotLeft(AtollError):
    """{order} has {left} unit(s) left to assemble, {asked} were reported. Report one at least, and no more than are left."""


class NotFinished(AtollError):
    """{line} has {finished} finished unit(s), {asked} were to leave. Ship one at least, and no more than there are."""


class LeavesTwice(AtollError):
    """{line} is named twice. Name it once, with all its units that leave."""


class UnitNotFinished(AtollError):
    """The unit(s) {numbers} of {line} are not finished, or have left already. Ship units that are finished: {finished}."""


class NotInKit(AtollError):
    """{item} is not in the kit of {order} in that quantity. Report only what was laid out."""


class OrderHeld(AtollError):
    """{line} is held: {reason}. Lift the hold before it is released for assembly."""


class KitsGone(AtollError):
    """The kits of {lines} are no longer there together. Ask for a new proposal."""


class UnknownKitRule(AtollError):
    """“{rule}” is no rule for kits. Choose one of {known}."""


class NoBottleneck(AtollError):
    """Margin per bottleneck hour needs an assembly line and the hours it has. Choose a line ({known}) and enter its hours."""


class NoKitProposal(AtollError):
    """Run {run} is no proposal of kits that can be carried out. Ask for a new proposal."""
