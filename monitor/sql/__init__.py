"""The operations a scan is made of, and how each engine says them. No I/O."""
