"""From measurements to findings: one file per kind, one precedence. Pure."""
