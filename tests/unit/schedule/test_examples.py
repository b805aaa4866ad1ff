"""The examples of docs/schedule.md are files that their programs take."""

import re
import shutil
import subprocess
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from monitor.config import parse_settings
from monitor.schedule.crontab import crontab
from monitor.schedule.loop import trigger

DOCS = Path(__file__).parents[3] / "docs"
TEXT = (DOCS / "schedule.md").read_text(encoding="utf-8")


def examples(language: str) -> list[str]:
    found = re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    assert found
    return found


@pytest.mark.parametrize("source", examples("python"))
def test_python_examples_compile(source: str) -> None:
    compile(source, "docs/schedule.md", "exec")


@pytest.mark.parametrize("source", examples("yaml"))
def test_yaml_examples_are_yaml(source: str) -> None:
    assert list(yaml.safe_load_all(source))


def test_the_configuration_is_one_that_is_understood(tmp_path: Path) -> None:
    text = "plan: {path: p}\nprofile: {name: x}\nlandings: [{source: web, layout: segment, schema: web}]\n"
    said = parse_settings(
        text + examples("yaml")[0], {"HEARTBEAT_URL": "https://watch.example/1"}, name="trackwarden.yml", root=tmp_path
    )

    assert trigger(said.schedule)
    assert said.schedule.heartbeat is not None
    assert "watch.example" not in repr(said)


def test_cron_lines_are_cron_lines() -> None:
    cronjob = next(one for one in map(yaml.safe_load, examples("yaml")) if one.get("kind") == "CronJob")
    for line in (cronjob["spec"]["schedule"], " ".join(examples("cron")[0].split()[:5])):
        assert crontab(line, ZoneInfo("UTC"))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="this machine has no systemd-analyze")
def test_units_are_units(tmp_path: Path) -> None:
    files = []
    for source in examples("ini"):
        name = re.findall(r"^# /etc/systemd/system/(\S+)$", source, re.MULTILINE)[0]
        (tmp_path / name).write_text(source)
        files.append(tmp_path / name)

    checked = subprocess.run(
        ["systemd-analyze", "verify", *files], capture_output=True, text=True, check=False, timeout=60
    )

    ours = [line for line in checked.stderr.splitlines() if any(file.name in line for file in files)]
    assert ours == []
