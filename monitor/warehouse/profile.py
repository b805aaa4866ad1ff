"""dbt's own `profiles.yml`, read as dbt reads it: one credentials file for dbt and for us."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from monitor.errors import ConfigError
from monitor.warehouse.rendering import rendered


@dataclass(frozen=True, slots=True)
class Profile:
    """One output of a dbt profile. Its fields may hold secrets: never shown, never logged."""

    type: str
    """dbt's adapter: `duckdb`, `postgres`, …"""
    fields: Mapping[str, Any] = field(repr=False)
    file: Path
    """The `profiles.yml` it came from; relative paths in it start at its folder."""
    name: str
    target: str

    @property
    def where(self) -> str:
        """The place an error names: `profiles.yml trackwarden.outputs.dev`."""
        return f"{self.file} {self.name}.outputs.{self.target}"


def find_profiles(root: Path, folder: Path | None, env: Mapping[str, str]) -> Path:
    """The `profiles.yml` that counts: the configured folder, DBT_PROFILES_DIR, the workspace, `~/.dbt`."""
    if folder is not None:
        candidates = [root / folder.expanduser()]
    else:
        named = env.get("DBT_PROFILES_DIR")
        candidates = [Path(named)] if named else []
        candidates += [root, Path(env.get("HOME", "~")).expanduser() / ".dbt"]
    for candidate in candidates:
        if (candidate / "profiles.yml").is_file():
            return candidate / "profiles.yml"
    looked = ", ".join(str(candidate) for candidate in candidates)
    raise ConfigError(
        "no profiles.yml found",
        where=looked,
        hint="copy profiles.example.yml there, or set profile.dir in trackwarden.yml",
    )


def read_profile(file: Path, name: str, target: str | None, env: Mapping[str, str]) -> Profile:
    """One output of a profile, its `env_var` calls rendered. `target` defaults to the profile's own."""
    try:
        text = file.read_text(encoding="utf-8")
        parsed = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("the profiles file cannot be read", where=str(file), hint=type(error).__name__) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{file}:{mark.line + 1}" if mark else str(file)
        raise ConfigError(
            "the profiles file is not YAML", where=where, hint=getattr(error, "problem", "") or ""
        ) from None
    profile = _entry(parsed, name, str(file), "profile")
    chosen = target or str(rendered(profile.get("target", "default"), env, str(file)))
    outputs = profile.get("outputs")
    output = _entry(outputs, chosen, f"{file} {name}.outputs", "target")
    where = f"{file} {name}.outputs.{chosen}"
    fields = {key: rendered(value, env, f"{where}.{key}") for key, value in output.items()}
    kind = fields.get("type")
    if not isinstance(kind, str):
        raise ConfigError("the output has no type", where=where, hint="add `type: duckdb` or another adapter's name")
    return Profile(kind, fields, file, name, chosen)


def _entry(parsed: Any, name: str, where: str, what: str) -> Mapping[str, Any]:
    if isinstance(parsed, Mapping) and isinstance(parsed.get(name), Mapping):
        found: Mapping[str, Any] = parsed[name]
        return found
    there = ", ".join(str(key) for key in parsed if key != "config") if isinstance(parsed, Mapping) else ""
    raise ConfigError(
        f"there is no {what} '{name}'", where=where, hint=f"there are: {there}" if there else "the file is empty"
    )
