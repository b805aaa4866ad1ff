"""The history database: one file per record kind, each with its table, its writes and its reads."""
