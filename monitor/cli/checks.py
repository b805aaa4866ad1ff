"""The doctor's checks, in the order in which one depends on the other."""

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor.alert.channel import described, service_of
from monitor.alert.sender import Refused
from monitor.alert.slack import may_listen, whoami
from monitor.alert.wording import lasted
from monitor.catalog import Catalog
from monitor.cli.answer import Answer
from monitor.cli.boundary import code_of, errors_of
from monitor.cli.partitions import partitions
from monitor.cli.words import near
from monitor.config import Landing, place_of
from monitor.errors import ConfigError, ExitCode, TrackwardenError
from monitor.judge.words import count, listed
from monitor.landing.model import Landed, LandedTable
from monitor.measure.probe import PROBE_ARMS, probe, read_probe
from monitor.measure.rows import arrival
from monitor.measure.windows import moment_of
from monitor.plan.lint import LintSeverity, lint
from monitor.plan.model import Plan
from monitor.readers.dbt_manifest import read_manifests
from monitor.sql.engines import writer
from monitor.warehouse import Warehouse, read_profile
from monitor.warehouse.profile import find_profiles
from monitor.wiring import Workspace

_WINDOW = timedelta(hours=1)


def examine(folder: Path) -> Iterator[Answer]:
    """All checks, one after the other; those that need what failed are left out."""
    try:
        workspace = Workspace.open(folder)
    except TrackwardenError as error:
        yield from _problems("configuration", error)
        return
    settings = workspace.settings
    yield Answer(
        "configuration", f"{near(workspace.root / 'trackwarden.yml')}: {count(len(settings.landings), 'landing')}"
    )
    plan: Plan | None = None
    try:
        plan = workspace.plan()
        yield _plan(plan)
    except TrackwardenError as error:
        yield from _problems("plan", error)
    yield from _warehouse(workspace, plan)
    yield from _history(workspace)
    yield from _slack(workspace)
    yield from _channels(workspace, plan)
    yield from _downstream(workspace)
    yield from _folders(workspace)


def _problems(name: str, error: TrackwardenError) -> Iterator[Answer]:
    for one in errors_of(error):
        where = f"{one.where}: " if one.where else ""
        yield Answer(name, f"{where}{one.problem}", code_of(error), one.hint)


def _plan(plan: Plan) -> Answer:
    versions = sum(len(event.versions) for event in plan.events)
    warnings = sum(one.severity is LintSeverity.WARNING for one in lint(plan))
    refused = f", {len(plan.refused)} refused" if plan.refused else ""
    said = f"{count(len(plan.events), 'event')}, {count(versions, 'version')}{refused}"
    hint = f"`trackwarden plan lint` lists {count(warnings, 'warning')}" if warnings else ""
    return Answer("plan", said, hint=hint)


# ── the warehouse ───────────────────────────────────────────────────────────────────────────────────


def _warehouse(workspace: Workspace, plan: Plan | None) -> Iterator[Answer]:
    asked = workspace.settings.profile
    try:
        file = find_profiles(workspace.root, asked.dir, workspace.env)
        profile = read_profile(file, asked.name, asked.target, workspace.env)
    except TrackwardenError as error:
        yield from _problems("profile", error)
        return
    yield Answer("profile", f"{near(file)}: {profile.name}.outputs.{profile.target} ({profile.type})")
    try:
        with workspace.warehouse() as warehouse:
            catalog = warehouse.catalog(workspace.schemas())
            yield Answer(
                "warehouse", f"{warehouse.engine}, {near(Path(warehouse.where))}: {count(len(catalog.tables), 'table')}"
            )
            if plan is not None:
                landed = workspace.landed(plan, catalog)
                yield from _tables(workspace, landed, catalog)
                yield from (
                    Answer("landings", f"{note.where}: {note.problem}", hint=_next(note)) for note in landed.notes
                )
                newest = _newest(landed, warehouse)
                yield from _times(landed, newest)
                yield from partitions(landed.tables, newest, warehouse, workspace.settings.measure.statement.bytes)
    except TrackwardenError as error:
        yield from _problems("warehouse", error)


def _tables(workspace: Workspace, landed: Landed, catalog: Catalog) -> Iterator[Answer]:
    """Per landing: the tables that were found, and those that are configured and absent."""
    for position, landing in enumerate(workspace.settings.landings):
        held = [table for table in landed.tables if table.landing.startswith(f"{position}:")]
        unplanned = [table for table in landed.unplanned if table.landing.startswith(f"{position}:")]
        absent = [one for one in landed.missing if one.landing.startswith(f"{position}:")]
        name = f"landing {position}"
        events = {event.event for table in held for event in table.events}
        said = f"{_named(landing)}: {count(len(held), 'table')} for {count(len(events), 'planned event')}"
        if unplanned:
            said += f", {len(unplanned)} unplanned"
        required = [str(one.ref) for one in absent if one.required]
        if required:
            schemas = listed(sorted({ref.schema for ref in catalog.tables}))
            hint = f"check the landing and the grants of the user; schemas seen: {schemas or 'none'}"
            yield Answer(name, f"{said}; not there: {listed(required)}", ExitCode.PARTIAL, hint)
        elif absent:
            yield Answer(name, f"{said}; without a table yet: {listed([one.event for one in absent])}")
        elif not held:
            yield Answer(
                name, said, hint="no table of the landing holds a planned event: check its settings and the names"
            )
        else:
            yield Answer(name, said)


def _next(note: ConfigError) -> str:
    return note.hint or "look whether that is meant"


def _named(landing: Landing) -> str:
    return f"{landing.layout} {place_of(landing)}"


def _newest(landed: Landed, warehouse: Warehouse) -> Mapping[str, int]:
    """The hour of each table's newest arrival; only of tables with rows and a time."""
    tables = [table for table in landed.tables if arrival(table) is not None]
    newest: dict[str, int] = {}
    for start in range(0, len(tables), PROBE_ARMS):
        part = tables[start : start + PROBE_ARMS]
        span = (moment_of(0), datetime.now(UTC))
        rows = warehouse.query(probe(part, [span] * len(part), writer(warehouse.engine)))
        seen = zip(part, read_probe(rows, len(part)), strict=True)
        newest.update({table.key: one.newest for table, one in seen if one.newest is not None})
    return newest


def _times(landed: Landed, newest: Mapping[str, int]) -> Iterator[Answer]:
    """The newest arrival of each landing's tables, and how long ago that was."""
    tables = [table for table in landed.tables if arrival(table) is not None]
    timeless = [table.key for table in landed.tables if arrival(table) is None]
    if timeless:
        hint = "set time:, received: or loaded: on the landing"
        yield Answer("times", f"no column says when a row came: {listed(timeless)}", ExitCode.PARTIAL, hint)
    by_landing: dict[str, int] = {}
    for table in tables:
        if table.key in newest:
            by_landing[table.landing] = max(newest[table.key], by_landing.get(table.landing, 0))
    yield from _ages(tables, {name: moment_of(hour) for name, hour in by_landing.items()})


def _ages(tables: Sequence[LandedTable], newest: Mapping[str, datetime]) -> Iterator[Answer]:
    now = datetime.now(UTC)
    for table in {table.landing: table for table in tables}.values():
        arrived = newest.get(table.landing)
        if arrived is None:
            yield Answer("times", f"{table.landing}: no rows yet", hint="a run will measure them when they come")
            continue
        said = f"{table.landing}: newest rows of {arrived:%Y-%m-%d %H:00} UTC"
        if now - arrived > table.lag * 2 + _WINDOW:
            ago = lasted(now - arrived)
            hint = f"that is {ago} ago: if its loads are slow, set lag: on the landing; else look at the load"
            yield Answer("times", said, hint=hint)
        else:
            yield Answer("times", said)


# ── history, Slack, folders ─────────────────────────────────────────────────────────────────────────


def _history(workspace: Workspace) -> Iterator[Answer]:
    url = workspace.settings.history_url()
    file = Path(url.partition(":///")[2].partition("?")[0]) if url.startswith("sqlite:///") else None
    if file is not None and not file.exists():
        yield Answer("history", f"{near(file)}: not there yet; the first run makes it")
        return
    try:
        history = workspace.history()
        try:
            runs, waiting = history.runs(1), len(history.pending())
        finally:
            history.close()
    except TrackwardenError as error:
        yield from _problems("history", error)
        return
    last = f"last run {runs[0].started_at:%Y-%m-%d %H:%M} UTC, exit code {runs[0].exit_code}" if runs else "no run yet"
    more = f"; {count(waiting, 'message')} waiting to be sent" if waiting else ""
    yield Answer("history", f"{near(file) if file else 'database'}: {last}{more}")


def _slack(workspace: Workspace) -> Iterator[Answer]:
    slack = workspace.settings.slack
    if not workspace.has_slack:
        elsewhere = "only the channels are told" if workspace.channels() else "messages are printed, not sent"
        yield Answer("Slack", f"no token: {elsewhere}")
    elif slack.token is None:
        yield Answer("Slack", "a webhook is set; it cannot be tried without posting")
    else:
        yield _auth_test(workspace, slack.token.get_secret_value())
        if slack.app_token is not None:
            yield _buttons(workspace, slack.app_token.get_secret_value())


def _auth_test(workspace: Workspace, token: str) -> Answer:
    found = whoami(token, base_url=workspace.env.get("SLACK_API_URL"))
    if isinstance(found, str):
        return Answer("Slack", f"the token is {found}; channel {workspace.settings.slack.channel}")
    return Answer("Slack", f"the token was refused: {found.error}", ExitCode.NOT_NOTIFIED, found.hint)


def _buttons(workspace: Workspace, token: str) -> Answer:
    refused = may_listen(token, base_url=workspace.env.get("SLACK_API_URL"))
    if refused is None:
        return Answer("Slack", "the app token may listen to buttons")
    return Answer("Slack", f"the app token was refused: {refused.error}", ExitCode.NOT_NOTIFIED, refused.hint)


def _channels(workspace: Workspace, plan: Plan | None) -> Iterator[Answer]:
    """Each channel's service, by its URL; nothing is sent."""
    on = {channel.name: channel for channel in workspace.channels()}
    teams = {event.team for event in plan.events} if plan is not None else None
    for name, said in workspace.settings.channels.items():
        if name not in on:
            yield Answer("channels", f"{name}: off, its url is empty")
            continue
        service = service_of(on[name].place, said.url.get_secret_value())
        if isinstance(service, Refused):
            yield Answer("channels", f"{name}: {service.error}", ExitCode.USAGE, service.hint)
            continue
        unknown = [team for team in said.team if teams is not None and team not in teams]
        hint = f"no event of the plan belongs to {listed(unknown)}: nobody is told there of it" if unknown else ""
        yield Answer("channels", f"{name}: {described(service)}; it cannot be tried without sending", hint=hint)


def _downstream(workspace: Workspace) -> Iterator[Answer]:
    files = [workspace.settings.resolve(file) for file in workspace.settings.downstream]
    if not files:
        return
    try:
        lineage = read_manifests(files)
    except ConfigError as error:
        yield from _problems("downstream", error)
        return
    built = count(len(lineage.nodes), "model or exposure", "models and exposures")
    said = f"{built} over {count(len(lineage.sources), 'source table')} in {count(len(files), 'manifest')}"
    yield Answer("downstream", said)


def _folders(workspace: Workspace) -> Iterator[Answer]:
    targets = workspace.settings.targets
    named = {"report": workspace.report_folder}
    if targets.gx is not None:
        named["gx target"] = workspace.settings.resolve(targets.gx.project)
    if targets.dbt is not None:
        named["dbt target"] = workspace.settings.resolve(targets.dbt.project)
    for name, folder in named.items():
        there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        if there.is_dir() and os.access(there, os.W_OK):
            yield Answer(name, near(folder) + ("" if folder.exists() else ": will be made"))
        else:
            hint = "give this user write permission, or set another folder in trackwarden.yml"
            yield Answer(name, f"{near(folder)} cannot be written", ExitCode.USAGE, hint)
