"""Solvers of mathematical programs, as the rest of the science uses them."""
