"""One cause, one finding: which finding explains which. What is explained becomes evidence and is not told apart.

Two causes act before any finding is made: a table that could not be measured keeps everything about its rows unjudged
(`judge.known_only`), and a payload that did not land leaves no columns to miss (`columns.uses`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from monitor.judge.model import Finding, Kind, Severity


@dataclass(frozen=True, slots=True)
class Absorbs:
    """A finding of kind `cause` explains one of kind `effect`, where `where(cause, effect)` holds."""

    cause: Kind
    effect: Kind
    where: Callable[[Finding, Finding], bool]
    reason: str


def _same_event(cause: Finding, effect: Finding) -> bool:
    return cause.event == effect.event


def _same_flow(cause: Finding, effect: Finding) -> bool:
    return (cause.event, cause.source) == (effect.event, effect.source)


def _source_of(cause: Finding, effect: Finding) -> bool:
    return not cause.event and bool(effect.event) and cause.source == effect.source


def _same_version(cause: Finding, effect: Finding) -> bool:
    return _same_event(cause, effect) and cause.version == effect.version


def _same_property(cause: Finding, effect: Finding) -> bool:
    """As wide as the cause, or narrower: a cause in one source does not explain failures in all."""
    return (
        cause.property == effect.property
        and cause.event in ("", effect.event)
        and cause.version in ("", effect.version)
        and cause.source in ("", effect.source)
    )


def _row_of(cause: Finding, effect: Finding) -> bool:
    """A rule on the row as a whole, in a version that the cause touches."""
    return _same_event(cause, effect) and not effect.property and cause.version in ("", effect.version)


PRECEDENCE: tuple[Absorbs, ...] = (
    *(
        Absorbs(cause, effect, _source_of, "the whole source is down: its events are not down one by one")
        for cause in (Kind.NO_DATA, Kind.VOLUME_DROP)
        for effect in (Kind.NO_DATA, Kind.VOLUME_DROP)
    ),
    Absorbs(Kind.VOLUME_SPIKE, Kind.VOLUME_SPIKE, _source_of, "the whole source sends more: so do its events"),
    Absorbs(Kind.NO_DATA, Kind.VOLUME_DROP, _same_flow, "silence is the end of a drop"),
    Absorbs(Kind.PAYLOAD_NOT_LANDED, Kind.MISSING_COLUMN, _same_version, "without the payload every column is missing"),
    Absorbs(Kind.PAYLOAD_NOT_LANDED, Kind.FAILURE_RATE, _same_version, "without the payload required properties fail"),
    Absorbs(
        Kind.COLUMN_TYPE_CHANGED, Kind.FAILURE_RATE, _same_property, "values of another type break the property's rules"
    ),
    Absorbs(
        Kind.MISSING_COLUMN, Kind.FAILURE_RATE, _same_property, "a property without a column is empty in every row"
    ),
    Absorbs(
        Kind.UNEXPECTED_COLUMN, Kind.FAILURE_RATE, _row_of, "a row with more than its version allows fails as a whole"
    ),
    Absorbs(
        Kind.UNDECLARED_PROPERTY, Kind.FAILURE_RATE, _row_of, "a row with more than its version allows fails whole"
    ),
    Absorbs(
        Kind.UNEXPECTED_COLUMN,
        Kind.UNDECLARED_PROPERTY,
        lambda cause, effect: _same_event(cause, effect) and cause.property == effect.property,
        "a column that no version declares is undeclared in each of them",
    ),
)


def settle(findings: Iterable[Finding], precedence: Sequence[Absorbs] = PRECEDENCE) -> tuple[Finding, ...]:
    """The findings that stand, each with what it explains, as loud as the loudest of it.

    A cause that is only info explains only info: it must not hush what it may not be the cause of.
    """
    standing = dict(enumerate(findings))
    places: dict[tuple[Kind, str, str], list[int]] = {}
    for place, one in standing.items():
        places.setdefault((one.kind, one.env, one.event), []).append(place)
    for rule in precedence:
        for place in [place for place, one in standing.items() if one.kind is rule.cause]:
            cause = standing.get(place)
            if cause is None:
                continue
            for other in _candidates(places, rule, cause):
                effect = standing.get(other)
                if effect is not None and other != place and _explains(rule, cause, effect):
                    del standing[other]
                    severity = max(cause.severity, effect.severity)
                    cause = replace(cause, severity=severity, absorbed=(*cause.absorbed, effect))
            standing[place] = cause
    return tuple(standing.values())


def _candidates(places: Mapping[tuple[Kind, str, str], Sequence[int]], rule: Absorbs, cause: Finding) -> Iterable[int]:
    """Where effects may stand: under the cause's own event, or any where the cause speaks of none."""
    if cause.event:
        return places.get((rule.effect, cause.env, cause.event), ())
    wanted = (some for (kind, env, _), some in places.items() if kind is rule.effect and env == cause.env)
    return [place for some in wanted for place in some]


def _explains(rule: Absorbs, cause: Finding, effect: Finding) -> bool:
    heard = cause.severity > Severity.INFO or effect.severity is Severity.INFO
    return heard and rule.where(cause, effect)
