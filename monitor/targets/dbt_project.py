"""A dbt project: its settings, written once where there are none."""

from pathlib import PurePosixPath

from monitor.targets.model import GeneratedFile, Mode
from monitor.targets.yaml_text import scalar

_SETTINGS = """\
# A dbt project, written once by `trackwarden generate`; from here on it is yours.
# models/sources and models/staging are GENERATED: see the first lines of their files for what is yours in them.
name: trackwarden
version: "1.0.0"
profile: {profile}

flags:
  send_anonymous_usage_stats: false

models:
  trackwarden:
    staging:
      +materialized: view
"""

_IGNORED = "target/\ndbt_packages/\nlogs/\n.user.yml\n"


def project_files(profile: str) -> tuple[GeneratedFile, ...]:
    """What a project needs beside its models. `profile` is a name in dbt's profiles.yml."""
    return (
        GeneratedFile(PurePosixPath("dbt_project.yml"), _SETTINGS.format(profile=scalar(profile)), Mode.ONCE),
        GeneratedFile(PurePosixPath(".gitignore"), _IGNORED, Mode.ONCE),
    )
