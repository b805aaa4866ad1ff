"""The chart of a finding: the hours that it was judged from. The same in Slack and in the report."""

from collections.abc import Sequence

from monitor.charts.model import HOURLY, Chart, Line, Unit
from monitor.judge.model import Finding, Kind


def chart_of(finding: Finding) -> Chart | None:
    """Rows against the expected, or the failing part of all rows; None: the finding was not judged from hours."""
    evidence = finding.evidence
    count = len(evidence.series)
    if count < 2 or len(evidence.reference) != count:  # noqa: PLR2004 - a line needs two points
        return None
    start = evidence.series_until - count
    where = f" on {finding.source}" if finding.source else ""
    if finding.kind is Kind.FAILURE_RATE:
        rates = tuple(
            None if failed is None or not rows else failed / rows
            for failed, rows in zip(evidence.series, evidence.reference, strict=True)
        )
        line = Line(finding.property or "failing", rates)
        title = f"Failure rate per hour{where}{f', {finding.version}' if finding.version else ''}"
        return Chart(title, Unit.SHARE, start, HOURLY, (line,))
    line = Line("rows", _floats(evidence.series))
    expected = _floats(evidence.reference)
    return Chart(f"Rows per hour{where}", Unit.ROWS, start, HOURLY, (line,), expected=expected)


def _floats(values: Sequence[int | None]) -> tuple[float | None, ...]:
    return tuple(None if value is None else float(value) for value in values)
