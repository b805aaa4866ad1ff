"""The house itself: what `make` offers, what CI runs, and that every exception is explained."""

import importlib.util
import os
import re
import subprocess
import sys
import tomllib
import venv
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from dbt.config.profile import Profile
from dbt.config.renderer import ProfileRenderer
from dbt_common.context import set_invocation_context

from scripts import bootstrap, check_engines

ROOT = Path(__file__).resolve().parents[2]
TARGETS = ("setup", "check", "test", "demo", "bench", "fmt", "clean", "help")
ENGINES = {
    *("duckdb", "postgres", "snowflake", "bigquery", "redshift", "databricks", "trino", "clickhouse", "spark"),
}


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


# ------------------------------------------------------------------------------------------ make and CI


@pytest.mark.parametrize("target", TARGETS)
def test_make_has_each_target_and_help_tells_of_it(target: str) -> None:
    shown = subprocess.run(["make", "-C", str(ROOT), "help"], check=True, capture_output=True, text=True).stdout
    assert re.search(rf"^  make {target}\s+\S", shown, re.MULTILINE)


def test_make_without_a_target_is_help() -> None:
    shown = subprocess.run(["make", "-C", str(ROOT)], check=True, capture_output=True, text=True).stdout
    assert "make demo" in shown


def test_without_a_new_enough_python_setup_says_what_to_do() -> None:
    command = ["make", "-C", str(ROOT), "-W", "pyproject.toml", "setup", "PYTHON="]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    assert ended.returncode != 0
    assert "no Python 3.11 or newer on PATH" in ended.stderr


def test_ci_runs_check_and_test() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    text = script.read_text(encoding="utf-8")
    assert "set -euo pipefail" in text
    assert "for target in check test; do" in text


def test_pre_commit_calls_only_make() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [repo["repo"] for repo in config["repos"]] == ["local"]
    assert all(hook["entry"].startswith("make ") for hook in config["repos"][0]["hooks"])


def test_the_licence_is_the_whole_apache_licence() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text


# ------------------------------------------------------------------------------------ exceptions explained


def test_every_exception_from_ruff_and_from_warnings_is_explained() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    excepted = re.findall(r'^\s+"(?:[A-Z]+[0-9]*|(?:ignore|default):[^"]*)",(.*)$', text, re.MULTILINE)
    assert len(excepted) > 20
    assert [rest for rest in excepted if not re.match(r"\s+# \S", rest)] == []


def test_ruff_checks_everything_else(project: dict[str, Any]) -> None:
    assert project["tool"]["ruff"]["lint"]["select"] == ["ALL"]
    assert project["tool"]["mypy"]["strict"] is True


def test_every_part_of_the_package_has_a_layer(project: dict[str, Any]) -> None:
    layers, pure = project["tool"]["importlinter"]["contracts"]
    assert layers["exhaustive"] is True
    named = {name.strip(" ()") for layer in layers["layers"] for name in layer.split("|")}
    found = {path.stem for path in (ROOT / "monitor").iterdir() if (path / "__init__.py").exists()}
    found |= {path.stem for path in (ROOT / "monitor").glob("[a-z]*.py")}
    assert found <= named
    assert {"monitor.plan", "monitor.contract", "monitor.measure", "monitor.judge"} <= set(pure["source_modules"])


# --------------------------------------------------------------------------------------------- profiles


@pytest.fixture(scope="module")
def profile() -> dict[str, Any]:
    set_invocation_context({})  # dbt's `env_var` reads it
    loaded = yaml.safe_load((ROOT / "profiles.example.yml").read_text(encoding="utf-8"))
    found: dict[str, Any] = loaded["trackwarden"]
    return found


def test_the_example_profiles_have_one_output_per_engine(profile: dict[str, Any]) -> None:
    kinds = [output["type"] for output in profile["outputs"].values()]
    assert sorted(kinds) == sorted(ENGINES)


def test_the_example_profiles_hold_no_secret(profile: dict[str, Any]) -> None:
    secrets = [
        value
        for output in profile["outputs"].values()
        for key, value in output.items()
        if re.search("password|token|keyfile|secret", key)
    ]
    assert secrets
    assert all(str(secret).startswith("{{ env_var(") for secret in secrets)


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_dbt_renders_each_example_output_with_nothing_set(engine: str, profile: dict[str, Any]) -> None:
    name = next(name for name, output in profile["outputs"].items() if output["type"] == engine)
    target, rendered = Profile.render_profile(profile, "trackwarden", name, ProfileRenderer({}))
    assert target == name
    assert rendered["type"] == engine
    assert "{{" not in str(rendered)


def test_dbt_makes_credentials_of_the_duckdb_output(profile: dict[str, Any]) -> None:
    target, rendered = Profile.render_profile(profile, "trackwarden", None, ProfileRenderer({}))
    credentials = Profile._credentials_from_profile(rendered, "trackwarden", target)
    assert (credentials.type, credentials.schema) == ("duckdb", "main")


# ------------------------------------------------------------------------------------- engine comparisons


@pytest.mark.parametrize(
    "code",
    [
        'if connection.dialect.name == "duckdb": pass',
        'if "sqlite" == engine.dialect.name: pass',
        'if url.get_backend_name() in ("sqlite", "duckdb"): pass',
        'if catalog.engine != "duckdb": pass',
        'match dialect.name:\n    case "postgresql": pass',
        'if dialect.name.startswith("sqlite"): pass',
        'x = 1 if self.engine.dialect.name == "duckdb" else 2',
    ],
)
def test_asking_which_engine_it_is_fails_the_check(code: str, tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(code, encoding="utf-8")
    assert check_engines.main([str(tmp_path)]) == 1


@pytest.mark.parametrize(
    "code",
    ['if name == "duckdb": pass', "if catalog.engine == other.engine: pass", 'ENGINES["duckdb"]', 'x = "duckdb"'],
)
def test_naming_an_engine_without_asking_is_fine(code: str, tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(code, encoding="utf-8")
    assert check_engines.main([str(tmp_path)]) == 0


# --------------------------------------------------------------------------------------------- bootstrap


def test_pip_settings_are_said_in_words_of_uv() -> None:
    given = {"PIP_INDEX_URL": "https://mirror.example/simple", "PIP_CERT": "/ca.pem", "VIRTUAL_ENV": "/other"}
    found = bootstrap.settings(given)
    assert found["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert found["SSL_CERT_FILE"] == "/ca.pem"
    assert found["UV_PYTHON_DOWNLOADS"] == "never"
    assert "VIRTUAL_ENV" not in found


def test_settings_of_uv_win_over_those_of_pip() -> None:
    given = {"PIP_INDEX_URL": "https://a.example", "UV_DEFAULT_INDEX": "https://b.example"}
    assert bootstrap.settings(given)["UV_DEFAULT_INDEX"] == "https://b.example"


def test_the_lock_names_a_uv_for_the_usual_machines() -> None:
    version, wheels = bootstrap.locked_uv((ROOT / "uv.lock").read_text(encoding="utf-8"))
    for machine in ("x86_64", "aarch64"):
        wheel = bootstrap.wheel_for(wheels, machine)
        assert f"uv-{version}-" in wheel["url"]
        assert wheel["hash"].startswith("sha256:")


def test_a_machine_that_the_lock_does_not_know_is_a_clear_error() -> None:
    _, wheels = bootstrap.locked_uv((ROOT / "uv.lock").read_text(encoding="utf-8"))
    with pytest.raises(bootstrap.SetupError, match=r"has no uv for .* pdp11"):
        bootstrap.wheel_for(wheels, "pdp11")


def test_a_download_with_another_hash_is_refused(tmp_path: Path) -> None:
    (tmp_path / "uv.whl").write_bytes(b"not uv")
    wheel = {"url": (tmp_path / "uv.whl").as_uri(), "hash": "sha256:" + "0" * 64}
    with pytest.raises(bootstrap.SetupError, match=r"not the one that uv\.lock names"):
        bootstrap.fetch(wheel, {})


def _elsewhere(folder: Path) -> ModuleType:
    """The bootstrap of another checkout: it must touch that one's `.venv` only."""
    script = folder / "scripts" / "bootstrap.py"
    script.parent.mkdir()
    script.write_text((ROOT / "scripts" / "bootstrap.py").read_text(encoding="utf-8"), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("elsewhere_bootstrap", script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_with_an_index_of_ones_own_only_the_project_environment_is_a_target(tmp_path: Path) -> None:
    module = _elsewhere(tmp_path)
    venv.create(tmp_path / ".venv", symlinks=True)
    uv = tmp_path / "uv"
    uv.write_text(f'#!/bin/sh\necho "${{UV_PYTHON:-none}} $@" >> {tmp_path}/calls\n', encoding="utf-8")
    uv.chmod(0o755)
    module.sync(
        uv, {"UV_DEFAULT_INDEX": "https://mirror.example", "UV_PYTHON": sys.executable, "PATH": "/bin:/usr/bin"}
    )
    calls = (tmp_path / "calls").read_text(encoding="utf-8").splitlines()
    pips = [call for call in calls if " pip " in call]
    assert len(pips) == 2
    assert all(call.startswith("none ") and f"--python {tmp_path}/.venv/bin/python " in call for call in pips)


def test_a_python_of_the_machine_is_never_a_target() -> None:
    machine = Path(sys.base_prefix) / "bin" / "python3"
    with pytest.raises(bootstrap.SetupError, match="is not the Python of"):
        bootstrap.refuse_other_target(machine)


def test_without_an_index_of_ones_own_the_lock_is_installed_as_it_is(tmp_path: Path) -> None:
    module = _elsewhere(tmp_path)
    uv = tmp_path / "uv"
    uv.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\n', encoding="utf-8")
    uv.chmod(0o755)
    module.sync(uv, {"PATH": "/bin:/usr/bin"})
    assert (tmp_path / "calls").read_text(encoding="utf-8") == "sync --frozen\n"


# ------------------------------------------------------------------------------------------ test network


def test_the_suite_refuses_to_leave_this_machine(no_network: list[str]) -> None:
    import socket  # noqa: PLC0415 - only this test talks of sockets

    with socket.socket() as connection, pytest.raises(ConnectionRefusedError, match="tests stay on this machine"):
        connection.connect(("192.0.2.1", 80))
    with pytest.raises(ConnectionRefusedError, match="tests stay on this machine"):
        socket.getaddrinfo("example.com", 80)
    assert len(no_network) == 2
    no_network.clear()


@pytest.mark.xdist_group("house")
def test_tests_of_one_group_share_a_process(request: pytest.FixtureRequest) -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        pytest.skip("nothing to share: there is one process")
    assert request.node.nodeid.endswith("@house"), "xdist groups nothing: every worker starts every engine"
