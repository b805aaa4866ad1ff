"""Schema drift as a diff: what landed beside what was expected."""

from monitor.judge.model import Finding, Kind

_SIGNS = {
    Kind.UNEXPECTED_COLUMN: "+",
    Kind.UNDECLARED_PROPERTY: "+",
    Kind.MISSING_COLUMN: "-",
    Kind.COLUMN_TYPE_CHANGED: "~",
}


def drift(finding: Finding) -> tuple[str, ...]:
    """The finding and the drift that it absorbed as lines of a diff, raw; empty when its kind is no drift.

    `+ coupon_code VARCHAR (12%)`, `- currency`, `~ price DOUBLE → VARCHAR`.
    """
    if not _line(finding):
        return ()
    return tuple(line for part in (finding, *finding.absorbed) if (line := _line(part)))


def _line(finding: Finding) -> str:
    sign = _SIGNS.get(finding.kind)
    facts = {name: str(fact) for name, fact in finding.evidence.facts if fact not in (None, "")}
    column = facts.get("column", finding.property)
    if sign is None or not column:
        return ""
    before, after = facts.get("was") or facts.get("plan", ""), facts.get("landed as") or facts.get("type", "")
    types = f" {before} → {after}" if before and after else f" {after or before}".rstrip()
    share = f" ({facts['share']})" if "share" in facts else ""
    return f"{sign} {column}{types}{share}"
