"""What makes two findings the same one."""

import json
from hashlib import sha256

from monitor.judge.model import Finding


def fingerprint(finding: Finding) -> str:
    """`v1:` + 16 hex digits of kind, event, version, source and dimension; never of a value, severity, time or text.

    >>> from monitor.judge.model import Finding, Kind, Severity
    >>> one = Finding(Kind.NO_DATA, Severity.WARNING, "No row for 5 hours", event="Order Completed", source="ios")
    >>> worse = Finding(Kind.NO_DATA, Severity.CRITICAL, "No row for 9 hours", event="Order Completed", source="ios")
    >>> fingerprint(one) == fingerprint(worse)
    True
    """
    subject = [finding.kind.value, finding.event, finding.version, finding.source, finding.property]
    return "v1:" + sha256(json.dumps(subject, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()[:16]
