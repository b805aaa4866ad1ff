"""What is built from the rows that a message is about: dbt's models, and what people look at."""

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

from monitor.alert.escape import code, prose
from monitor.errors import ConfigError
from monitor.judge.model import Finding
from monitor.readers.dbt_manifest import Lineage, Reached, read_manifests

_EXPOSURES = 5
_MODELS = 5
_WHY = 200

Below: TypeAlias = Callable[[Finding], Reached]
"""What a finding reaches."""


def nothing(_: Finding) -> Reached:
    """No manifest is named: nobody asks."""
    return Reached()


class Downstream:
    """Manifests that are read when the first message asks, and not in the many runs that have nothing to tell."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = tuple(files)

    def __call__(self, finding: Finding) -> Reached:
        """What the finding's event or, without one, its tables reach; a manifest that cannot be read is said."""
        lineage = self._lineage
        if isinstance(lineage, str):
            return Reached(unknown=lineage)
        return lineage.reached(finding.event, finding.tables)

    @cached_property
    def _lineage(self) -> Lineage | str:
        try:
            return read_manifests(self._files)
        except ConfigError as error:
            return f"{Path(error.where).name}: {error.problem}" if error.where else error.problem


def told(reached: Reached) -> str:
    """Exposures and models as mrkdwn; empty where there is nothing to say."""
    if reached.unknown:
        return f"*Downstream*\nnot known: {prose(reached.unknown, _WHY)}"
    seen = [f"• {' '.join(_exposure(one.name, one.type, one.owner))}" for one in reached.exposures[:_EXPOSURES]]
    if len(reached.exposures) > _EXPOSURES:
        seen.append(f"… {len(reached.exposures) - _EXPOSURES} more exposures")
    if reached.models:
        names = ", ".join(code(name, 80) for name in reached.models[:_MODELS])
        more = f" and {len(reached.models) - _MODELS} more" if len(reached.models) > _MODELS else ""
        seen.append(f"• {'models' if len(reached.models) > 1 else 'model'} {names}{more}")
    return "\n".join(["*Downstream*", *seen]) if seen else ""


def _exposure(name: str, kind: str, owner: str) -> Sequence[str]:
    about = ", ".join(prose(part, 60) for part in (kind, owner) if part)
    return [code(name, 100), *([f"({about})"] if about else [])]
