"""The words and numbers of messages: who, what, when, how many, in one place and one style."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from monitor.alert.escape import code, plain, prose
from monitor.incidents.model import Intent
from monitor.judge.model import Finding, Severity
from monitor.judge.words import percent

MARKS = {Severity.INFO: "🔵", Severity.WARNING: "🟠", Severity.CRITICAL: "🔴"}
DONE = "✅"
_OPENINGS = {
    Intent.ESCALATED: "{mark} Worse",
    Intent.REOPENED: "{mark} Back",
    Intent.REPEATED: "{mark} Still",
    Intent.REGRESSED: "{mark} Regressed",
    Intent.FLAPPING: "{mark} Comes and goes",
    Intent.ACKNOWLEDGED: "👀 Acknowledged",
    Intent.SNOOZED: "💤 Snoozed",
    Intent.RESOLVED: "✅ Resolved",
    Intent.WITHDRAWN: "⚪ Closed",
}
"""How a message begins, by why it is sent; what is new begins with its severity's mark alone."""
_SUBJECT = 70
_PART = 48
_NAMES = frozenset({"table", "column", "type", "was", "landed as", "plan", "near"})
"""Facts whose value is one name."""
_SHARES = frozenset({"rate", "limit", "share", "usual", "change"})
"""Facts whose value is a share, where it is a float."""


def opening(intent: Intent | None, severity: Severity, detail: str = "") -> str:
    """How a line about an incident begins.

    >>> opening(Intent.ESCALATED, Severity.CRITICAL), opening(Intent.RESOLVED, Severity.WARNING, " after 5 h")
    ('🔴 Worse:', '✅ Resolved after 5 h:')
    >>> opening(Intent.OPENED, Severity.WARNING)
    '🟠'
    """
    mark = MARKS[severity]
    said = _OPENINGS.get(intent) if intent else None
    return mark if said is None else f"{said.format(mark=mark)}{detail}:"


def severity_of(text: str) -> Severity:
    """How loud a message is, by the mark that it begins with; without one it is no alarm.

    >>> severity_of("🟠 Worse: Sign Up")
    <Severity.WARNING: 2>
    """
    return next((severity for severity, mark in MARKS.items() if text.startswith(mark)), Severity.INFO)


def subject(finding: Finding) -> str:
    """Who it is about, raw: `Order Completed 1-1-0 on ios`; without an event the table or source.

    >>> from monitor.judge.model import Kind
    >>> subject(Finding(Kind.FAILURE_RATE, Severity.INFO, "", event="Sign Up", version="1-0-0", source="ios"))
    'Sign Up 1-0-0 on ios'
    """
    what = finding.event or finding.property or finding.source or "The warehouse"
    version = f" {_cut(finding.version, 20)}" if finding.version else ""
    source = f" on {_cut(finding.source, 20)}" if finding.source and finding.source != what else ""
    return f"{_cut(what, _PART)}{version}{source}"


def subject_code(finding: Finding) -> str:
    """`subject` for a line of mrkdwn: each name in a code span."""
    what = finding.event or finding.property or finding.source or "warehouse"
    version = f" {code(finding.version, 24)}" if finding.version else ""
    source = f" on {code(finding.source, 24)}" if finding.source and finding.source != what else ""
    return f"{code(what, _PART)}{version}{source}"


def title(opening: str, finding: Finding, limit: int, joint: str = ": ") -> str:
    """One escaped line that says it all: `🔴 Order Completed 1-1-0 on ios: 18.2% of 12,480 rows fail (limit 1%)`."""
    head = f"{opening}{plain(subject(finding), _SUBJECT)}"
    return f"{head}{joint}{plain(finding.message, limit - len(head) - len(joint))}" if finding.message else head


def line(mark: str, finding: Finding, limit: int) -> str:
    """One finding in a list, as mrkdwn."""
    head = f"{mark} {subject_code(finding)}"
    return f"{head}: {prose(finding.message, limit - len(head) - 2)}" if finding.message else head


def label(name: str) -> str:
    """A fact's name as a field's label, as it is: in findings about many things it is one of their names."""
    return prose(name, 60) or "fact"


def value(name: str, fact: str | float) -> str:
    """A fact's value as mrkdwn: counts with thousands, shares as percentages, moments in words, names in code.

    >>> value("failing rows", 12480), value("rate", 0.182), value("since", "2026-06-29T14:00Z")
    ('12,480', '18.2%', '2026-06-29 14:00 UTC')
    >>> value("landed as", "VARCHAR"), value("sources", "ios 3, web 2")
    ('`VARCHAR`', 'ios 3, web 2')
    """
    if isinstance(fact, str):
        moment = _moment(fact)
        return at(moment) if moment else code(fact, 200) if name in _NAMES else prose(fact, 200)
    if isinstance(fact, int):
        return f"{fact:,}"
    if name in _SHARES:
        return percent(fact)
    return f"{fact:,.0f}" if abs(fact) >= 100 else f"{fact:,.3g}"  # noqa: PLR2004 - from here decimals say nothing


def at(moment: datetime) -> str:
    """A moment as findings say it: `2026-06-29 14:00 UTC`."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def lasted(span: timedelta) -> str:
    """A span in the two units that matter: `35 min`, `5 h`, `2 days 3 h`.

    >>> lasted(timedelta(minutes=35)), lasted(timedelta(hours=5)), lasted(timedelta(days=2, hours=3))
    ('35 min', '5 h', '2 days 3 h')
    """
    minutes = max(0, int(span.total_seconds() // 60))
    days, hours = divmod(minutes // 60, 24)
    if days:
        return f"{days} day{'s' if days > 1 else ''}" + (f" {hours} h" if hours else "")
    return f"{hours} h" if hours else f"{minutes} min"


def tally(severities: Iterable[Severity]) -> str:
    """Counts by severity, worst first: `2 critical, 5 warning`."""
    found = list(severities)
    counts = [(severity, found.count(severity)) for severity in sorted(Severity, reverse=True)]
    return ", ".join(f"{count:,} {severity.word}" for severity, count in counts if count)


def _moment(text: str) -> datetime | None:
    if len(text) < len("2026-06-29T14") or text[4:5] != "-" or text[10:11] not in ("T", " "):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _cut(name: str, limit: int) -> str:
    return name if len(name) <= limit else name[: limit - 1] + "…"
