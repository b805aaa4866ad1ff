"""One run of the main job; `line` is the line itself."""

from monitor.outcome import Options, Outcome, Place, Sum, Totals, Witness
from monitor.run.judging import past_of
from monitor.run.line import explain, run
from monitor.run.telling import told

__all__ = ["Options", "Outcome", "Place", "Sum", "Totals", "Witness", "explain", "past_of", "run", "told"]
