"""XML as a tree of elements. Document types are refused, and with them entities, so that a small file stays small when read."""

from dataclasses import dataclass, field
from xml.parsers import expat

from atoll.io.faults import Faults

MOST_ELEMENTS = 2_000_000


@dataclass(slots=True, eq=False)
class Element:
    """An element with what stands in it.

    Parameters
    ----------
    text
        Its text, without that of its children.
    """

    tag: str
    attributes: dict[str, str]
    line: int
    children: list["Element"] = field(default_factory=list)
    text: str = ""

    def only(self, tag: str) -> list["Element"]:
        """The children with a tag."""
        return [child for child in self.children if child.tag == tag]


class _RefusedError(Exception):
    """Something in the document that is not read."""


class _Builder:
    """Keeps the open elements; expat calls it."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.top = Element("", {}, 0)
        self.open = [self.top]
        self.texts: list[list[str]] = [[]]
        self.count = 0

    def _doctype(self, *_: object) -> None:
        raise _RefusedError("A document type with entities is not read. Take <!DOCTYPE …> out.")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if self.count > MOST_ELEMENTS:
            raise _RefusedError(f"There are more than {MOST_ELEMENTS:,} elements.")
        element = Element(tag, attributes, self.parser.CurrentLineNumber)
        self.open[-1].children.append(element)
        self.open.append(element)
        self.texts.append([])

    def _end(self, _: str) -> None:
        self.open.pop().text = "".join(self.texts.pop())

    def _text(self, text: str) -> None:
        self.texts[-1].append(text)


def read_element(text: str, source: str, faults: Faults) -> Element | None:
    """The outermost element of a document; None, and a fault, when it is none."""
    builder = _Builder()
    try:
        builder.parser.Parse(text, True)
    except expat.ExpatError as error:
        reason = expat.errors.messages.get(error.code, str(error))
        faults.add(f"{source}:{error.lineno}", "bad-xml", f"Column {error.offset + 1}: this is no XML: {reason}.")
        return None
    except _RefusedError as refused:
        faults.add(f"{source}:{builder.parser.CurrentLineNumber}", "refused-xml", str(refused))
        return None
    return builder.top.children[0]
