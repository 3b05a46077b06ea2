"""How values look in a notebook."""

from collections.abc import Iterable, Sequence
from html import escape


def table(caption: str, rows: Iterable[Sequence[str]]) -> str:
    """A table whose first column names the rows.

    Examples
    --------
    >>> table("Cost", [("W", "< 3")])
    '<table><caption>Cost</caption><tr><th>W</th><td>&lt; 3</td></tr></table>'
    """
    lines = (
        f"<tr><th>{escape(name)}</th>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>" for name, *cells in rows
    )
    return f"<table><caption>{escape(caption)}</caption>{''.join(lines)}</table>"
