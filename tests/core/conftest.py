"""Settings of the property tests."""

from hypothesis import settings

# Examples are timed by the wall clock, which says little on a busy machine.
settings.register_profile("atoll", deadline=None)
settings.load_profile("atoll")
