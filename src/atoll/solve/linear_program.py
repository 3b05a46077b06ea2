"""Linear programs that are solved again and again with other figures, by HiGHS."""

from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class LinearOptimum:
    """An optimum.

    Parameters
    ----------
    value
        Of each column; shape (n,).
    price
        By how much the cost changes with the bound of each row; shape (m,).
    cost
        Of all columns.
    """

    value: Floats
    price: Floats
    cost: float


class LinearProgram:
    """Minimise ``cost · x`` so that ``rows[0] <= A x <= rows[1]`` and ``columns[0] <= x <= columns[1]``; one thread.

    A solution begins from the basis of the last one, so a few changed figures cost little.

    Parameters
    ----------
    matrix
        A; shape (m, n).
    cost
        Of each column; shape (n,).
    columns, rows
        Lower and upper bounds, which may be infinite.
    """

    def __init__(
        self, matrix: sparse.spmatrix, cost: Floats, columns: tuple[Floats, Floats], rows: tuple[Floats, Floats]
    ) -> None:
        by_row = sparse.csr_matrix(matrix)
        model = highspy.HighsLp()
        model.num_row_, model.num_col_ = by_row.shape
        model.col_cost_ = cost
        model.col_lower_, model.col_upper_ = columns
        model.row_lower_, model.row_upper_ = rows
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = by_row.indptr, by_row.indices, by_row.data
        self._solver = highspy.Highs()  # type: ignore[no-untyped-call]
        self._solver.setOptionValue("output_flag", False)
        self._solver.setOptionValue("threads", 1)
        self._solver.setOptionValue("solver", "simplex")
        self._solver.passModel(model)

    def set_costs(self, cost: Floats) -> None:
        """Change the costs of all columns; shape (n,)."""
        self._solver.changeColsCost(len(cost), np.arange(len(cost), dtype=np.int32), cost)

    def set_column_bounds(self, columns: Integers, lower: Floats, upper: Floats) -> None:
        """Change the bounds of some columns."""
        self._solver.changeColsBounds(len(columns), columns.astype(np.int32), lower, upper)

    def set_row_bounds(self, first: int, lower: Floats, upper: Floats) -> None:
        """Change the bounds of the rows from `first` on."""
        for row, (low, high) in enumerate(zip(lower.tolist(), upper.tolist(), strict=True), first):
            self._solver.changeRowBounds(row, low, high)

    def solve(self) -> LinearOptimum:
        """The optimum.

        Raises
        ------
        ArithmeticError
            If HiGHS finds none; programs are to be made so that there is one.
        """
        self._solver.run()
        status = self._solver.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            raise ArithmeticError(f"HiGHS ended with {self._solver.modelStatusToString(status)}.")
        solution = self._solver.getSolution()
        cost = float(self._solver.getInfo().objective_function_value)
        return LinearOptimum(np.array(solution.col_value), np.array(solution.row_dual), cost)
