"""The command line: parse, call, exit code. Nothing heavy is imported before a command needs it."""

from monitor.cli.entry import main

__all__ = ["main"]
