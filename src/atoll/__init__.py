"""Atoll: the science of assemble-to-order as a plain library.

The packages of this library know neither database nor web framework; the information system over them is `atoll_web`.
"""

__version__ = "0.1.0"
