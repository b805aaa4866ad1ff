"""Plan formats, one file each: a folder in, a `Plan` out."""

from collections.abc import Callable, Mapping
from pathlib import Path

from monitor.errors import PlanError
from monitor.plan.model import Plan
from monitor.plan.nearest import did_you_mean
from monitor.readers.iglu import read_iglu
from monitor.readers.native import read_native

READERS: Mapping[str, Callable[[Path], Plan]] = {
    "native": read_native,
    "iglu": read_iglu,
}


def read_plan(path: Path, format: str | None = None) -> Plan:  # noqa: A002 - the configuration's word
    """Read the plan in a folder, in the format that is named or that the folder's layout shows.

    Raises PlanError where there is no plan or its format is not certain, and what the reader raises.
    """
    if format is not None and format not in READERS:
        raise PlanError(f"plan format {format!r} is not known", where="plan.format", hint=did_you_mean(format, READERS))
    return READERS[format or _detected(path)](path)


def _detected(path: Path) -> str:
    where = str(path)
    if not path.exists():
        hint = "create it with `trackwarden init`, or set plan.path in trackwarden.yml"
        raise PlanError("there is no such folder", where=where, hint=hint)
    if not path.is_dir():
        raise PlanError("is a file, but a plan is a folder", where=where, hint="set plan.path to the folder")
    native = (path / "events").is_dir()
    iglu = (path / "schemas").is_dir() or any(path.glob("*/*/jsonschema"))
    if native == iglu:
        shown = "both native and Iglu" if native else "neither native (events/*.yml) nor Iglu (schemas/…)"
        hint = f"set plan.format in trackwarden.yml: one of {', '.join(READERS)}"
        raise PlanError(f"the folder's layout is {shown}", where=where, hint=hint)
    return "native" if native else "iglu"
