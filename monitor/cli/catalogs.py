"""The catalog of a workspace: from the warehouse, or, where it cannot be read, as it was last known."""

from dataclasses import dataclass

from monitor.catalog import Catalog
from monitor.errors import ConfigError, TrackwardenError, WarehouseError
from monitor.wiring import Workspace


@dataclass(frozen=True, slots=True)
class Known:
    """A catalog, and where it comes from."""

    catalog: Catalog
    source: str
    """For people: `the warehouse`, `history, as last measured`, …"""
    problem: TrackwardenError | None = None
    """Why it does not come from the warehouse; None: it does."""


def live(workspace: Workspace) -> Known:
    """What the warehouse shows now. Raises ConfigError or WarehouseError."""
    with workspace.warehouse() as warehouse:
        return Known(warehouse.catalog(workspace.schemas()), "the warehouse")


def live_or_measured(workspace: Workspace) -> Known:
    """The warehouse's; else the tables with the columns that they were last measured with.

    Raises what reading the warehouse raised where nothing has been measured yet.
    """
    try:
        return live(workspace)
    except (ConfigError, WarehouseError) as problem:
        history = workspace.history()
        try:
            tables = history.landed_tables()
        finally:
            history.close()
        if not tables:
            raise
        return Known(Catalog.of(engine(workspace), tables), "history: the columns as last measured", problem)


def live_or_kept(workspace: Workspace) -> Known:
    """The warehouse's; else the file that `generate` keeps. Raises what reading the warehouse raised without one."""
    from monitor.targets.catalog_file import CATALOG_FILE

    try:
        return live(workspace)
    except (ConfigError, WarehouseError) as problem:
        if not (workspace.root / CATALOG_FILE).is_file():
            raise
        return Known(kept(workspace).catalog, str(CATALOG_FILE), problem)


def kept(workspace: Workspace) -> Known:
    """The catalog that `generate` wrote beside what it generated. Raises ConfigError where there is none."""
    from monitor.targets.catalog_file import CATALOG_FILE, read

    return Known(read(workspace.root), str(CATALOG_FILE))


def engine(workspace: Workspace) -> str:
    """The engine that the profile names; the default one where there is no profile to be read."""
    from monitor.warehouse import read_profile
    from monitor.warehouse.profile import find_profiles

    profile = workspace.settings.profile
    try:
        file = find_profiles(workspace.root, profile.dir, workspace.env)
        return read_profile(file, profile.name, profile.target, workspace.env).type
    except ConfigError:
        return "duckdb"
