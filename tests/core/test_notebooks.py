"""The notebooks of the documentation run, and show what was kept of them."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
LARGEST = 150_000
"""Bytes of a notebook with its outputs."""


def code(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


@pytest.mark.long
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_top_to_bottom_and_its_claims_hold(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cells assert what they claim."""
    monkeypatch.syspath_prepend(str(FOLDER))
    from execute import execute

    notebook = json.loads(path.read_text(encoding="utf-8"))
    kept = [[sorted(output.get("data", output)) for output in cell["outputs"]] for cell in code(notebook)]

    execute(notebook)
    sys.modules.pop("execute")

    assert [[sorted(output.get("data", output)) for output in cell["outputs"]] for cell in code(notebook)] == kept


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_executed_and_small(path: Path) -> None:
    notebook = json.loads(path.read_text(encoding="utf-8"))

    assert len(NOTEBOOKS) == 2
    assert path.stat().st_size < LARGEST
    assert [cell["execution_count"] for cell in code(notebook)] == list(range(1, len(code(notebook)) + 1))
    assert any("image/svg+xml" in output.get("data", {}) for cell in code(notebook) for output in cell["outputs"])
