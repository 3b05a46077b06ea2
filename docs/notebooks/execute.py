"""Execute the notebooks of this folder and keep what they show: python docs/notebooks/execute.py

It needs no Jupyter, so that tests run the cells where only Atoll is installed.
"""

import ast
import io
import json
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

Notebook = dict[str, Any]


def main() -> None:
    """Execute all, or those named."""
    for path in [Path(name) for name in sys.argv[1:]] or sorted(Path(__file__).parent.glob("*.ipynb")):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        execute(notebook)
        path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def execute(notebook: Notebook) -> None:
    """Run the cells of code one after the other, in one namespace, and put what they show in their outputs."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for number, cell in enumerate(cells, 1):
        cell["execution_count"] = number
        cell["outputs"] = outputs("".join(cell["source"]), namespace, number)


def outputs(source: str, namespace: dict[str, Any], number: int) -> list[dict[str, Any]]:
    """What is printed, and the value of a last line that is an expression."""
    statements = ast.parse(source).body
    last = statements.pop() if statements and isinstance(statements[-1], ast.Expr) else None
    printed, value = io.StringIO(), None
    with redirect_stdout(printed):
        exec(compile(ast.Module(statements, []), f"cell {number}", "exec"), namespace)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), f"cell {number}", "eval"), namespace)
    found: list[dict[str, Any]] = []
    if printed.getvalue():
        found.append({"output_type": "stream", "name": "stdout", "text": printed.getvalue().splitlines(keepends=True)})
    if value is not None:
        shown = {"output_type": "execute_result", "execution_count": number, "metadata": {}, "data": forms(value)}
        found.append(shown)
    return found


def forms(value: Any) -> dict[str, list[str]]:
    """A value as text, and as HTML or SVG where it has such a form."""
    from matplotlib.figure import Figure

    from atoll.plots import to_svg

    if isinstance(value, Figure):
        return {"text/plain": [str(value.get_label())], "image/svg+xml": to_svg(value).splitlines(keepends=True)}
    data = {"text/plain": repr(value).splitlines(keepends=True)}
    if hasattr(value, "_repr_html_"):
        data |= {"text/plain": [f"<{type(value).__name__}>"], "text/html": value._repr_html_().splitlines(keepends=True)}
    return data


if __name__ == "__main__":
    main()
