"""All that is generated from a contract, for every target that the settings name."""

from pathlib import Path, PurePosixPath

from monitor.config.model import DbtTarget, Settings
from monitor.contract.model import Contract
from monitor.targets import dbt, dbt_project, expectations, gx_project
from monitor.targets.model import Tree


def generate(contract: Contract, settings: Settings, engine: str) -> tuple[Tree, ...]:
    """The trees of the configured targets, in the SQL of `engine` (`duckdb`), for `write.check` and `write.write`.

    Reads each project's own settings (where its suites are, what it is called) and nothing else. Raises TargetError.
    """
    targets = settings.targets
    trees: list[Tree] = []
    if targets.gx is not None:
        trees.append(_gx(contract, settings.resolve(targets.gx.project), engine))
    if targets.dbt is not None:
        trees.append(_dbt(contract, targets.dbt, settings, engine))
    return tuple(trees)


def _gx(contract: Contract, project: Path, engine: str) -> Tree:
    folder = gx_project.suite_folder(project)
    files = (*gx_project.project_files(), *expectations.suites(contract, engine, folder))
    return Tree(project, files, (PurePosixPath(folder),))


def _dbt(contract: Contract, target: DbtTarget, settings: Settings, engine: str) -> Tree:
    generated = dbt.sources_and_staging(contract, engine, target.data_tests)
    files = (*dbt_project.project_files(settings.profile.name), *generated)
    return Tree(settings.resolve(target.project), files, (dbt.SOURCES, dbt.STAGING))
