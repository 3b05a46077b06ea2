"""Order histories: one row for each order, one column for each choice."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from atoll.io.faults import Faults
from atoll.io.text import decode, read_content
from atoll.model.system import Integers, QuantityPer


@dataclass(frozen=True, slots=True, eq=False)
class OrderHistory:
    """Configured orders in order of time, their option values taken as components.

    Parameters
    ----------
    components
        Option values, such as ``engine=2``; m of them.
    quantity
        The option values of each different configuration; k parents.
    product
        The configuration of each order; shape (n,).
    """

    components: tuple[str, ...]
    quantity: QuantityPer
    product: Integers


def read_order_history(path: Path) -> OrderHistory:
    """Read a CSV file, gzipped or not, with the names of the choices in its first line.

    Raises
    ------
    BadInput
        With every line that has too few or too many cells.
    """
    faults = Faults()
    content = read_content(path, path.name, faults)
    text = None if content is None else decode(content, path.name, faults)
    lines = [line.split(",") for line in (text or "").splitlines() if line.strip()]
    if text is not None and len(lines) < 2:
        faults.add(path.name, "no-orders", "There is no order.", "Expected a line of names and a line for each order.")
    for number, line in enumerate(lines[1:], 2):
        if len(line) != len(lines[0]):
            faults.add(f"{path.name}:{number}", "wrong-size", f"Expected {len(lines[0])} cells, found {len(line)}.")
    faults.raise_any()
    names, cells = [name.strip() for name in lines[0]], np.array(lines[1:])
    components: list[str] = []
    item = np.zeros(cells.shape, dtype=np.int64)
    for column, name in enumerate(names):
        values, place = np.unique(cells[:, column], return_inverse=True)
        item[:, column] = place + len(components)
        components.extend(f"{name}={value.strip()}" for value in values)
    kits, product = np.unique(item, axis=0, return_inverse=True)
    start = np.arange(len(kits) + 1) * len(names)
    bill = QuantityPer(start, kits.ravel(), np.ones(kits.size, dtype=np.int64))
    return OrderHistory(tuple(components), bill, product.astype(np.int64).ravel())
