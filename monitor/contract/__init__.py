"""The plan bound to landed tables: for each event version its table, its columns and its rules. Pure."""

from monitor.contract.bind import Binder, bind

__all__ = ["Binder", "bind"]
