"""Asking the warehouse: one probe over all tables, one scan per table that has something new, follow-ups where needed.

Everything about SQL and rows is decided in `measure`; here it is only run. `loop` goes over the tables and `table`
measures one of them; `probing` says what has arrived, `lanes` are the sessions that are asked side by side, `purse` is
the budget, and `explain` says what a run would ask. A table that fails is unknown and named; the others go on.
"""

from monitor.survey.explain import Planned, explain
from monitor.survey.loop import survey
from monitor.survey.model import Answer, Budget, Reach, Tools, Untouched, Warehouse, chosen

__all__ = ["Answer", "Budget", "Planned", "Reach", "Tools", "Untouched", "Warehouse", "chosen", "explain", "survey"]
