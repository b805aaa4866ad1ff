"""A Great Expectations project: its settings, written once, and where its suites are kept."""

from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from monitor.errors import TargetError
from monitor.targets.expectations import SUITES
from monitor.targets.model import GeneratedFile, Mode

SETTINGS = "great_expectations.yml"

_SETTINGS = """\
# A Great Expectations project, written once by `trackwarden generate`; from here on it is yours.
#
#   import great_expectations as gx
#   context = gx.get_context(mode="file", context_root_dir="expectations")
#   suite = context.suites.get("…")                      # the names: [suite.name for suite in context.suites.all()]
#   warehouse = context.data_sources.get("warehouse")    # see fluent_datasources below
#   rows = warehouse.add_query_asset("rows", query=suite.meta["trackwarden"]["query"])
#   batch = rows.add_batch_definition_whole_table("all").get_batch()
#   print(batch.validate(suite))
config_version: 4

# ${…} is an environment variable or a key of this file, which is not kept in version control.
config_variables_file_path: uncommitted/config_variables.yml

stores:
  expectations_store:
    class_name: ExpectationsStore
    store_backend:
      class_name: TupleFilesystemStoreBackend
      base_directory: suites/               # GENERATED: by `trackwarden generate`
      suppress_store_backend_id: true
  validation_results_store:
    class_name: ValidationResultsStore
    store_backend:
      class_name: TupleFilesystemStoreBackend
      base_directory: uncommitted/validations/
      suppress_store_backend_id: true
  checkpoint_store:
    class_name: CheckpointStore
    store_backend:
      class_name: TupleFilesystemStoreBackend
      base_directory: checkpoints/
      suppress_store_backend_id: true
  validation_definition_store:
    class_name: ValidationDefinitionStore
    store_backend:
      class_name: TupleFilesystemStoreBackend
      base_directory: validation_definitions/
      suppress_store_backend_id: true

expectations_store_name: expectations_store
validation_results_store_name: validation_results_store
checkpoint_store_name: checkpoint_store

data_docs_sites:
  local_site:
    class_name: SiteBuilder
    show_how_to_buttons: false
    store_backend:
      class_name: TupleFilesystemStoreBackend
      base_directory: uncommitted/data_docs/local_site/
    site_index_builder:
      class_name: DefaultSiteIndexBuilder

# The warehouse, as an SQLAlchemy URL that is read when it is connected to. DuckDB needs both `kwargs`: without
# them a connection is rolled back before its rows are fetched.
fluent_datasources:
  warehouse:
    type: sql
    connection_string: ${TRACKWARDEN_WAREHOUSE_URL}
    kwargs:
      isolation_level: AUTOCOMMIT
      skip_autocommit_rollback: true
    assets: {}

# Nothing leaves this machine.
analytics_enabled: false
"""

_IGNORED = "uncommitted/\n"


def project_files() -> tuple[GeneratedFile, ...]:
    """What a project needs beside its suites."""
    return (
        GeneratedFile(PurePosixPath(SETTINGS), _SETTINGS, Mode.ONCE),
        GeneratedFile(PurePosixPath(".gitignore"), _IGNORED, Mode.ONCE),
    )


def suite_folder(project: Path) -> str:
    """The folder of the project's suite store, as its own settings say. Raises TargetError where it is no folder."""
    file = project / SETTINGS
    try:
        settings = yaml.safe_load(file.read_text("utf-8"))
    except FileNotFoundError:
        return SUITES
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise TargetError("cannot be read", where=str(file), hint=str(error).splitlines()[0]) from None
    match _backend(settings):
        case {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)} if _inside(folder):
            return folder.strip("/")
    raise TargetError(
        "does not keep its suites in a folder of the project",
        where=f"{file} expectations_store",
        hint="give it a TupleFilesystemStoreBackend with a base_directory such as suites/",
    )


def _backend(settings: Any) -> Any:
    try:
        return settings["stores"][settings["expectations_store_name"]]["store_backend"]
    except (KeyError, TypeError):
        return None


def _inside(folder: str) -> bool:
    path = PurePosixPath(folder)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts
