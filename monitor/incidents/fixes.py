"""Version-aware acknowledgements: "fixed in 2-1-0". Pure.

An older version that still fails is the past arriving late, and stays quiet; that one or a newer one is a regression.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from monitor.incidents.fingerprint import fingerprint
from monitor.incidents.model import Incident
from monitor.judge.model import Finding
from monitor.plan.schemaver import version_key


@dataclass(frozen=True, slots=True)
class Fixes:
    """What somebody said is fixed, by subject whatever its version."""

    by_subject: Mapping[str, Incident]

    @classmethod
    def of(cls, known: Iterable[Incident]) -> "Fixes":
        """Of the newest episodes; where two speak of one subject, the later version holds."""
        said: dict[str, Incident] = {}
        for one in sorted(known, key=lambda one: version_key(one.fixed_in)):
            if one.fixed_in:
                said[_any_version(one.finding)] = one
        return cls(said)

    def about(self, finding: Finding) -> Incident | None:
        """The acknowledgement that speaks of the finding's subject, in its source or in all; None: there is none."""
        if not finding.version:
            return None
        exact = self.by_subject.get(_any_version(finding))
        return exact or self.by_subject.get(_any_version(replace(finding, source="")))


def is_older(version: str, fixed_in: str) -> bool:
    """Whether a version is from before the fix.

    >>> is_older("2-0-0", "2-1-0"), is_older("2-1-0", "2-1-0"), is_older("2-10-0", "2-9-0")
    (True, False, False)
    """
    return version_key(version) < version_key(fixed_in)


def _any_version(finding: Finding) -> str:
    return fingerprint(replace(finding, version=""))
