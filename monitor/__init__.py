"""trackwarden: holds the event tables that landed in a warehouse against the tracking plan."""

__version__ = "0.1.0"
