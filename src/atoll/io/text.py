"""Files as text."""

import gzip
import zlib
from io import BytesIO
from pathlib import Path

from atoll.io.faults import Faults

MOST_BYTES = 100_000_000
"""Of a file, when it is unpacked."""

GZIP = b"\x1f\x8b"


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


def read_content(path: Path, source: str, faults: Faults) -> bytes | None:
    """The bytes of a file, unpacked if it is packed, so far as they are not too many."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        faults.add(source, "missing-file", "The file is missing.")
        return None
    except OSError as error:
        faults.add(source, "unreadable-file", f"The file cannot be read: {error.strerror}.")
        return None
    try:
        if content.startswith(GZIP):
            with gzip.GzipFile(fileobj=BytesIO(content)) as packed:
                content = packed.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        faults.add(source, "bad-gzip", f"The file cannot be unpacked: {error}.", "It may be damaged or cut off.")
        return None
    if len(content) > MOST_BYTES:
        faults.add(source, "too-large", f"The file has more than {MOST_BYTES:,} bytes.", "Larger ones are not read.")
        return None
    return content
