"""Files as text."""

from pathlib import Path

from atoll.io.faults import Faults


def read_text(path: Path, source: str, faults: Faults) -> str | None:
    """The text of a UTF-8 file; None, and a fault, when it cannot be had."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        faults.add(source, "missing-file", "The file is missing.", f"A company folder needs {source}.")
        return None
    except OSError as error:
        faults.add(source, "unreadable-file", f"The file cannot be read: {error.strerror}.")
        return None
    return decode(content, source, faults)


def decode(content: bytes, source: str, faults: Faults) -> str | None:
    """The text of UTF-8 bytes; None, and a fault, when they are none."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        faults.add(f"{source}:{line}", "not-utf-8", "The text is not UTF-8.", "Save the file with the encoding UTF-8.")
        return None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        faults.add(f"{source}:{line}", "not-text", "The file holds a zero byte, so it is no text.")
        return None
    return text
