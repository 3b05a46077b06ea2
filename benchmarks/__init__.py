"""How fast it is on this machine: promise, plan, configure and the whole demonstration.

Run all with ``python -m benchmarks``; see ``python -m benchmarks --help``.
"""
