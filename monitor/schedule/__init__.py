"""Ticks: when the next run is due, and the loop that runs it."""
