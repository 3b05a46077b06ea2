"""States of a product model's revision."""

DRAFT, RELEASED, OBSOLETE = "draft", "released", "obsolete"
STATES = (DRAFT, RELEASED, OBSOLETE)
INITIAL = {DRAFT}
TRANSITIONS = {(DRAFT, RELEASED), (DRAFT, OBSOLETE), (RELEASED, OBSOLETE)}
