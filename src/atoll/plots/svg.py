"""Figures as SVG: the same figure gives the same bytes, and a screen reader hears what it shows."""

import io
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import matplotlib as mpl
from matplotlib.figure import Figure

REPRODUCIBLE: dict[Any, Any] = {"svg.hashsalt": "atoll", "svg.fonttype": "none"}
"""Ids that do not change from run to run; text stays text, to be searched and read aloud."""


def to_svg(figure: Figure) -> str:
    """The figure as an SVG document, with its label as the text for those who do not see it."""
    document = io.StringIO()
    with mpl.rc_context(REPRODUCIBLE):
        figure.savefig(document, format="svg", metadata={"Date": None, "Creator": "Atoll"})
    return document.getvalue().replace("<svg ", f'<svg role="img" aria-label={quoteattr(str(figure.get_label()))} ', 1)


def write_svg(figure: Figure, path: Path) -> None:
    """Write the figure to a file."""
    path.write_text(to_svg(figure), encoding="utf-8")
