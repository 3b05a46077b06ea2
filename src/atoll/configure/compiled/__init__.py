"""Models in compiled form: circuits, what they answer, and the two compilers that make them.

`circuit` is the form, `passes` the questions. `diagram` compiles tables and sums (with `layered`, `rule_diagram` and
`variable_order`), `knowledge` compiles clauses (with `simplification`, `dissection`, `branching` and `solving`).
"""
