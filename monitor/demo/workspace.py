"""The demo's workspace: a folder with the shop's plan, its configuration and the way to its warehouse."""

import json
import shutil
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from monitor.errors import ConfigError

MARK = ".trackwarden-demo"
"""The file by which a demo's folder is known, so that only such a folder is ever written over."""

ORIGINALS = ("tracking_plan", "trackwarden.yml")
"""What a demo's workspace and the repository's root have in common, byte for byte."""

WRITTEN = (*ORIGINALS, "profiles.yml", "warehouse.duckdb", "warehouse.duckdb.wal")
WRITTEN_BY_RUNS = ("state", "reports", "expectations", "dbt_project")

PROFILES = """\
# A dbt profiles file: dbt and trackwarden read the same one.
trackwarden:
  target: demo
  outputs:
    demo:
      type: duckdb
      path: {path}
      schema: main
      threads: 2
      settings: {{TimeZone: UTC}}
"""


@dataclass(frozen=True, slots=True)
class Workspace:
    """A demo's workspace on disk."""

    folder: Path
    config: Path
    """`trackwarden.yml`."""
    plan: Path
    """The folder of the tracking plan."""
    warehouse: Path
    """Where the DuckDB file belongs; `warehouse.build` writes it."""


def make_workspace(folder: Path) -> Workspace:
    """Write the demo's workspace into `folder`, which is made if it is absent.

    An earlier demo in the folder is replaced, with its warehouse, history and reports. Raises ConfigError
    when the folder holds anything else, or cannot be written.
    """
    try:
        _clear(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MARK).write_text("Made by `trackwarden demo`, which replaces what it made here before.\n")
        for name in ORIGINALS:
            _copy(name, folder)
        warehouse = folder.resolve() / "warehouse.duckdb"
        # A JSON string is a YAML string, whatever the folder is called. dbt takes a relative path from where it is
        # started, so the path is a full one.
        (folder / "profiles.yml").write_text(PROFILES.format(path=_yaml(warehouse)), encoding="utf-8")
    except OSError as error:
        problem = f"the demo's workspace cannot be written: {error.strerror or error}"
        raise ConfigError(problem, where=str(folder), hint="choose another folder with --dir") from error
    return Workspace(folder, folder / "trackwarden.yml", folder / "tracking_plan", warehouse)


def _yaml(path: Path) -> str:
    """A double-quoted YAML string in which no Jinja runs."""
    return json.dumps(str(path), ensure_ascii=False).replace("{{", "{{ '{{' }}").replace("{%", "{{ '{%' }}")


def _clear(folder: Path) -> None:
    """Take away an earlier demo; anything else is refused."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise ConfigError("is a file, not a folder", where=str(folder), hint="choose another folder with --dir")
    if not (folder / MARK).exists():
        if any(folder.iterdir()):
            hint = "choose an empty or a new folder with --dir"
            raise ConfigError("the folder is not empty and holds no demo", where=str(folder), hint=hint)
        return
    for name in (*WRITTEN, *WRITTEN_BY_RUNS):
        path = folder / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _copy(name: str, folder: Path) -> None:
    """One original: installed, it lies in this package (pyproject.toml puts it there); in a checkout, at the root."""
    packaged = files("monitor.demo").joinpath("workspace_files", name)
    checkout = Path(__file__).parents[2] / name
    if packaged.is_dir() or packaged.is_file():
        with as_file(packaged) as original:
            _copy_path(original, folder / name)
    else:
        _copy_path(checkout, folder / name)


def _copy_path(original: Path, copy: Path) -> None:
    """File contents only: an installed package may be read-only, and its copy must not be."""
    if original.is_file():
        copy.write_bytes(original.read_bytes())
        return
    copy.mkdir()
    for entry in sorted(original.iterdir()):
        _copy_path(entry, copy / entry.name)
