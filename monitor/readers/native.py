"""The native plan format: one YAML file per event, with shared definitions beside them."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictStr, ValidationError

from monitor.errors import PlanError, Problems
from monitor.plan.build import build_plan
from monitor.plan.keywords import Path as Inside
from monitor.plan.keywords import is_draft_4, types, walk
from monitor.plan.model import Event, EventVersion, Plan, Schema, Status, Tier
from monitor.plan.refs import expand, resolve
from monitor.plan.sanity import Flaw, flaws
from monitor.plan.schemaver import aliases
from monitor.readers.told import told
from monitor.readers.yaml_safe import Document, flatten, read_yaml

FILES = 20_000
_ENDINGS = (".yml", ".yaml")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._+-]{0,79}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_BROKEN = "refers to a document that has errors of its own"
_YES_NO = re.compile(r"yes|no|on|off", re.ASCII | re.IGNORECASE)


def _a_name(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty")
    if _CONTROL.search(text):
        raise ValueError("must not hold control characters or line breaks")
    return text


def _a_version(text: str) -> str:
    if not _VERSION.fullmatch(text):
        raise ValueError("must be a version such as 1-0-0: letters, digits and . _ + -, at most 80")
    return text


def _a_day(value: object) -> object:
    if isinstance(value, str | date):
        return value
    raise ValueError("must be a day such as 2026-06-30")


Name = Annotated[StrictStr, Field(max_length=200), AfterValidator(_a_name)]
Version = Annotated[StrictStr, AfterValidator(_a_version)]
Day = Annotated[date, BeforeValidator(_a_day)]


class VersionBody(BaseModel):
    """What a plan file says of one version."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: Status = Status.LIVE
    until: Day | None = None
    body: dict[str, Any] = Field(alias="schema")


class EventFile(BaseModel):
    """One file of `tracking_plan/events`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    event: Name
    description: StrictStr = ""
    team: Annotated[StrictStr, Field(max_length=200)] = ""
    tier: Tier = Tier.STANDARD
    sources: tuple[Name, ...] = ()
    versions: Annotated[dict[Version, VersionBody], Field(min_length=1)]


def read_native(folder: Path) -> Plan:
    """Read `folder/events/**/*.yml` and what these files refer to inside the folder.

    Raises PlanError where there is no plan, and Problems with every error of every file.
    """
    reading = _Reading(folder)
    files = list(reading.files())
    events = [event for file in files if (event := reading.event(file))]
    reading.twins(events)
    if reading.errors:
        raise Problems({str(error): error for error in reading.errors}.values())
    return build_plan(events)


@dataclass(slots=True)
class _Reading:
    """One reading of a plan folder: the documents it has opened and the errors it has met."""

    folder: Path
    errors: list[PlanError] = field(default_factory=list)
    _documents: dict[str, Document] = field(default_factory=dict)
    _broken: set[str] = field(default_factory=set)
    _checked: set[tuple[str, Inside]] = field(default_factory=set)
    _inside: Path = field(init=False)
    _shown: str = field(init=False)

    def __post_init__(self) -> None:
        self._inside = self.folder.resolve()
        self._shown = self._inside.name

    def files(self) -> Iterator[Path]:
        """The event files, sorted, symbolic links that leave the folder refused."""
        start = self.folder / "events"
        if not start.is_dir():
            missing = self.folder if not self.folder.is_dir() else start
            hint = "create it with `trackwarden init`, or set plan.path in trackwarden.yml"
            raise PlanError("there is no such folder", where=str(missing), hint=hint)
        found = sorted(self._yaml_files(start)) if self._stays(start) else []
        if not found and self.errors:
            return
        if not found:
            raise PlanError("holds no event files (*.yml)", where=str(start), hint="add one file per event")
        if len(found) > FILES:
            raise PlanError(f"holds more than {FILES} event files", where=str(start), hint="set plan.path")
        yield from found

    def _yaml_files(self, start: Path) -> Iterator[Path]:
        for where, folders, names in os.walk(start, onerror=self._unreadable):
            folders[:] = [name for name in folders if not name.startswith(".")]
            for name in folders:
                self._stays(Path(where, name))  # a link to a folder is not walked; one that leaves is told
            for name in names:
                file = Path(where, name)
                if file.suffix.lower() in _ENDINGS and not name.startswith(".") and self._stays(file):
                    if file.is_file():
                        yield file
                    else:
                        self.errors.append(PlanError("is not a file that can be read", where=self._name(file)))

    def _unreadable(self, error: OSError) -> None:
        self.errors.append(PlanError(f"cannot be read: {error.strerror}", where=str(error.filename)))

    def _stays(self, file: Path) -> bool:
        if not file.is_symlink() or file.resolve().is_relative_to(self._inside):
            return True
        hint = "copy the file into the plan"
        self.errors.append(PlanError("is a link that leaves the plan's folder", where=self._name(file), hint=hint))
        return False

    def _name(self, file: Path) -> str:
        return f"{self._shown}/{file.relative_to(self.folder).as_posix()}"

    def event(self, file: Path) -> Event | None:
        """One file's event, or None where the file has errors."""
        before = len(self.errors)
        try:
            document = read_yaml(file, self._name(file))
            body = _validated(document)
        except (PlanError, Problems) as error:
            self.errors.extend(flatten(error))
            return None
        versions = tuple(self._version(file, document, version, held) for version, held in body.versions.items())
        self._same_version(document, tuple(body.versions))
        if len(self.errors) > before:
            return None
        about = (body.description.strip(), body.team.strip(), body.tier, body.sources)
        return Event(body.event, "", versions, *about, where=document.place(("event",)))

    def _version(self, file: Path, document: Document, version: str, body: VersionBody) -> EventVersion:
        start: Inside = ("versions", version, "schema")

        def fetch(home: str, reference: str) -> tuple[str, Any]:
            found = self._fetch(file.parent if not home else (self._inside / home).parent, reference)
            if found in self._broken:
                raise PlanError(_BROKEN)
            return found, self._documents[found].value

        self._tell(document, start, flaws(body.body))
        self._tell(document, start, _unquoted(document, start, body.body))
        expanded = expand(body.body, fetch)
        for home, flaw in expanded.flaws:
            if flaw.problem != _BROKEN:
                self._tell(self._documents[home] if home else document, () if home else start, (flaw,))
        for home, at in sorted(expanded.used - self._checked, key=str):
            self._check_shared(home, at, old=is_draft_4(body.body))
        return EventVersion(version, expanded.schema, body.status, body.until, document.place(start[:2]))

    def _check_shared(self, home: str, at: Inside, *, old: bool) -> None:
        """Shared definitions are judged where they are written, once for all events that use them."""
        self._checked.add((home, at))
        document = self._documents[home]
        schema = resolve(document.value, at)
        if isinstance(schema, Mapping):
            self._tell(document, at, flaws(schema, draft_4=old))
            self._tell(document, at, _unquoted(document, at, schema))

    def _tell(self, document: Document, start: Inside, found: tuple[Flaw, ...]) -> None:
        for flaw in found:
            path = (*start, *flaw.path)
            place = f"{document.place(path)} {_spoken(path)}".rstrip()
            self.errors.append(PlanError(flaw.problem, where=place, hint=flaw.hint))

    def _fetch(self, start: Path, reference: str) -> str:
        """The document that a reference names, by its path inside the plan; it is opened once."""
        if ":" in reference or "\\" in reference or "\0" in reference or reference.startswith("/"):
            hint = 'write a path relative to this file, such as "../properties.yml#/order_id"'
            raise PlanError(f"$ref {reference[:80]!r} is not a relative path", hint=hint)
        try:
            file = (start / reference).resolve()
            exists = file.is_file()
        except (OSError, RuntimeError) as error:
            raise PlanError(f"$ref {reference[:80]!r} cannot be followed: {type(error).__name__}") from error
        if not file.is_relative_to(self._inside):
            hint = "move the definition into the plan"
            raise PlanError(f"$ref {reference[:80]!r} leaves the plan's folder", hint=hint)
        name = file.relative_to(self._inside).as_posix()
        if name not in self._documents:
            if not exists:
                raise PlanError(f"$ref {reference[:80]!r}: there is no such file", hint=f"looked for {name}")
            self._documents[name] = self._open(file, name)
        return name

    def _open(self, file: Path, name: str) -> Document:
        """A document of definitions; one that cannot be read is told once, not at every reference to it."""
        try:
            return read_yaml(file, f"{self._shown}/{name}")
        except (PlanError, Problems) as error:
            self.errors.extend(flatten(error))
            self._broken.add(name)
            return Document(f"{self._shown}/{name}", {}, {}, {})

    def _same_version(self, document: Document, versions: tuple[str, ...]) -> None:
        seen: dict[str, str] = {}
        for version in versions:
            for spelling in aliases(version):
                if seen.setdefault(spelling, version) != version:
                    problem = f"versions {seen[spelling]!r} and {version!r} are the same once landed"
                    place = document.place(("versions", version))
                    self.errors.append(PlanError(problem, where=place, hint="keep one"))
                    break

    def twins(self, events: list[Event]) -> None:
        """Tell events that two files plan."""
        first: dict[str, Event] = {}
        for event in events:
            other = first.setdefault(event.name, event)
            if other is not event:
                problem = f"event {event.name!r} is also planned in {other.where}"
                self.errors.append(PlanError(problem, where=event.where, hint="keep one of the two files"))


def _validated(document: Document) -> EventFile:
    if not isinstance(document.value, dict):
        what = "is empty" if document.value is None else "must be a mapping"
        raise PlanError(what, where=document.name, hint="start with `event: Order Completed`")
    try:
        return EventFile.model_validate(document.value)
    except ValidationError as error:
        raise Problems(told(error, document, EventFile)) from error


def _unquoted(document: Document, start: Inside, schema: Schema) -> tuple[Flaw, ...]:
    """Values of enum and const that YAML read as something else than was meant: `[NO, SE]` holds false."""
    found = []
    for path, here in walk(schema):
        listed = here.get("enum")
        held: list[tuple[Inside, Any]] = [(("const",), here["const"])] if "const" in here else []
        held += [(("enum", n), value) for n, value in enumerate(listed)] if isinstance(listed, list) else []
        for more, value in held:
            written = document.written((*start, *path, *more))
            if written is not None and (_YES_NO.fullmatch(written) or _never_fits(value, here)):
                problem = f"{more[0]} holds {written}, which is read as {_json_word(value)}"
                found.append(Flaw((*path, *more), problem, f'quote it: "{written}"'))
    return tuple(found)


def _never_fits(value: object, schema: Schema) -> bool:
    said = schema.get("type")
    if not isinstance(said, str | list) or value is None:
        return False
    return bool(types(schema)) and set(map(str, types(schema))) <= {"string", "null"}


def _json_word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else f"the number {value}"


def _spoken(path: Inside) -> str:
    """The part of a path that a reader looks for: the property's name, or else the whole path."""
    for place in range(len(path) - 2, -1, -1):
        if path[place] in {"properties", "patternProperties"} and isinstance(path[place + 1], str):
            return str(path[place + 1])
    return "/".join(str(part) for part in path)
