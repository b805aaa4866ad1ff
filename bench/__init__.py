"""Benchmarks: the whole run beside hand-written SQL over the same rows. `make bench`."""
