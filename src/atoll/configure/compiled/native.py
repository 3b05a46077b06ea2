"""Functions in machine code, as the compiled forms use them."""

from atoll.native import inner, native, record

__all__ = ["inner", "native", "record"]
