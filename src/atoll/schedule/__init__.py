"""Slots on assembly lines."""

from atoll.schedule.slot import Slot, earliest_slots, latest_slots

__all__ = ["Slot", "earliest_slots", "latest_slots"]
