"""The report: a static site that opens from disk, without a network, in light and dark."""
