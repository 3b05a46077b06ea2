"""Supplies, capacity and lead times around order lines, as a promise problem of the science."""

from atoll_web.sales.snapshot.master import MASTER, Items, Master, integers, latest, master, master_of
from atoll_web.sales.snapshot.problem import PromiseSnapshot, Work
from atoll_web.sales.snapshot.question import Question, alternatives, own_units, question, snapshot
from atoll_web.sales.snapshot.statements import Lock, lock

__all__ = [
    "MASTER",
    "Items",
    "Lock",
    "Master",
    "PromiseSnapshot",
    "Question",
    "Work",
    "alternatives",
    "integers",
    "latest",
    "lock",
    "master",
    "master_of",
    "own_units",
    "question",
    "snapshot",
]
