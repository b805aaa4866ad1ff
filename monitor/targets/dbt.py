"""The dbt project's generated part: sources for the landed tables, and a staging model per event.

Ours in the YAML files are `description` (where the plan has one), `data_type`, `quote`, `quoting`, `schema`,
`config.meta.trackwarden` and `config.meta.owner`, `config.loaded_at_field`, `config.freshness.warn_after`, tags and
data tests whose names begin with `trackwarden`. Every other key is the user's, and stays (`monitor.targets.merge`).
"""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Literal, TypeAlias

from monitor.contract.model import Contract
from monitor.sql.engines import writer
from monitor.targets.dbt_sources import source
from monitor.targets.dbt_staging import staged
from monitor.targets.model import MARK, GeneratedFile, Mode
from monitor.targets.names import slug
from monitor.targets.yaml_text import Value, dump

DataTests: TypeAlias = Literal["none", "keys", "full"]

SOURCES = PurePosixPath("models/sources")
STAGING = PurePosixPath("models/staging")

_HEAD = f"""\
# {MARK}: `trackwarden generate` writes its own keys anew and leaves every other key as it is.
# Ours are description, data_type, quote, schema, quoting, meta.trackwarden, meta.owner, loaded_at_field,
# freshness.warn_after, and the tags and data tests whose names begin with "trackwarden".
"""


def sources_and_staging(contract: Contract, engine: str, data_tests: DataTests = "keys") -> tuple[GeneratedFile, ...]:
    """All generated files, in the SQL of `engine` (`duckdb`). Raises TargetError where dbt cannot name a table.

    `data_tests`: `none`; `keys`: the event's id is unique and not null, required properties are not null; `full`: also
    accepted values. All of them warn: the scan has already counted every rule and judged it.
    """
    return (*_sources(contract, engine, data_tests), *_staging(contract, engine))


def _sources(contract: Contract, engine: str, data_tests: DataTests) -> Iterator[GeneratedFile]:
    named = [table for table in contract.tables if table.planned and table.landed.stands]
    for schema in sorted({table.landed.table.ref.schema for table in named}):
        tables = [table for table in named if table.landed.table.ref.schema == schema]
        tables.sort(key=lambda table: table.landed.table.ref)
        said: dict[str, Value] = {"version": 2, "sources": [source(contract, schema, tables, (engine, data_tests))]}
        yield _shared(SOURCES / f"{slug(schema or 'landed')}.yml", said)


def _staging(contract: Contract, engine: str) -> Iterator[GeneratedFile]:
    for model in staged(contract):
        yield GeneratedFile(STAGING / f"{model.name}.sql", model.sql(writer(engine)))
        yield _shared(STAGING / f"{model.name}.yml", {"version": 2, "models": [model.properties()]})


def _shared(path: PurePosixPath, said: dict[str, Value]) -> GeneratedFile:
    return GeneratedFile(path, _HEAD + dump(said), Mode.SHARED)
