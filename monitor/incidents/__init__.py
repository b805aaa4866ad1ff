"""Findings through time: what is new, what goes on, what is over. Pure."""
