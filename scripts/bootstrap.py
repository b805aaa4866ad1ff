"""Make `.venv`: the locked environment, from nothing but a Python of 3.11 or newer.

`make setup` runs this file, with the standard library alone. It finds uv (`.venv/bin`, then PATH) or installs the
version that uv.lock names, whose hash uv.lock holds too, and lets it install what uv.lock says. It downloads no
Python and writes only into `.venv` and uv's cache. pip's settings are honoured: `PIP_INDEX_URL` (or
`UV_DEFAULT_INDEX`), `PIP_CERT` (or `SSL_CERT_FILE`), and the proxy variables.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST_UV = (0, 9)
APART = ("bigquery", "snowflake")
"""Emulators whose servers cannot share `.venv`: `tests/engines/<name>` is locked into `.venv-<name>`."""

Wheel = Mapping[str, Any]
"""One wheel as uv.lock writes it: its `url` and its `hash` (`sha256:…`)."""


class SetupError(Exception):
    """What went wrong, and what to do about it."""


def main() -> int:
    """Exit code 0 when `.venv` holds what uv.lock says."""
    try:
        environment = settings(os.environ)
        uv = find_uv() or install_uv(environment)
        sync(uv, environment)
        for name in APART:
            sync_apart(name, uv, environment)
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    return 0


def settings(given: Mapping[str, str]) -> dict[str, str]:
    """What uv and pip are told: this machine's Python, its certificates, and pip's settings said in uv's words."""
    elsewhere = {"VIRTUAL_ENV", "PIP_TARGET", "PIP_PREFIX", "PIP_USER", "UV_SYSTEM_PYTHON", "UV_PROJECT"}
    result = {name: value for name, value in given.items() if name not in elsewhere}
    result["UV_PYTHON_DOWNLOADS"] = "never"
    result["UV_PROJECT_ENVIRONMENT"] = str(VENV)
    result["UV_PYTHON"] = str(PYTHON) if usable(PYTHON) else sys.executable
    result.setdefault("UV_HTTP_TIMEOUT", "180")
    result.setdefault("UV_SYSTEM_CERTS", "true")
    result.setdefault("UV_LINK_MODE", "copy" if other_disk(result) else "hardlink")
    if "PIP_CERT" in result:
        result.setdefault("SSL_CERT_FILE", result["PIP_CERT"])
    if "PIP_INDEX_URL" in result:
        result.setdefault("UV_DEFAULT_INDEX", result["PIP_INDEX_URL"])
    return result


def other_disk(environment: Mapping[str, str]) -> bool:
    """Whether uv's cache is on another disk than `.venv`, where files cannot be linked."""
    home = Path(environment.get("XDG_CACHE_HOME") or Path(environment.get("HOME") or ROOT) / ".cache")
    cache = Path(environment.get("UV_CACHE_DIR") or home / "uv")
    existing = next(folder for folder in (cache, *cache.parents) if folder.exists())
    return existing.stat().st_dev != ROOT.stat().st_dev


def usable(python: Path) -> bool:
    """Whether that file is a Python that runs and is new enough."""
    if not python.exists():
        return False
    code = "import sys; raise SystemExit(sys.version_info < (3, 11))"
    return subprocess.run([str(python), "-c", code], check=False, capture_output=True).returncode == 0


# ------------------------------------------------------------------------------------------ finding


def find_uv() -> Path | None:
    """A uv that is already here and new enough, or None."""
    on_path = shutil.which("uv")
    for candidate in (VENV / "bin" / "uv", Path(on_path) if on_path else None):
        if candidate is not None and uv_version(candidate) >= OLDEST_UV:
            return candidate
    return None


def uv_version(uv: Path) -> tuple[int, ...]:
    """`uv 0.9.1 (…)` → (0, 9, 1); nothing where the file is absent or does not run."""
    try:
        shown = subprocess.run([str(uv), "--version"], check=True, capture_output=True, text=True).stdout
        return tuple(int(part) for part in shown.split()[1].split("."))
    except (OSError, subprocess.CalledProcessError, IndexError, ValueError):
        return ()


# --------------------------------------------------------------------------------------- installing


def install_uv(environment: Mapping[str, str]) -> Path:
    """The uv that uv.lock names, in `.venv/bin`, checked against the hash that uv.lock holds."""
    make_venv()
    version, wheels = locked_uv((ROOT / "uv.lock").read_text(encoding="utf-8"))
    routes: list[Callable[[], None]] = [
        lambda: unpack(fetch(wheel_for(wheels, platform.machine()), environment)),
        lambda: pip_install(version, wheels, environment),
    ]
    if "UV_DEFAULT_INDEX" in environment:
        routes.reverse()  # where an index of one's own is configured, pip knows it; the lock does not
    reasons = []
    for route in routes:
        try:
            route()
        except (OSError, SetupError, zipfile.BadZipFile) as error:
            reasons.append(str(error))
            continue
        return VENV / "bin" / "uv"
    message = "; ".join(reasons)
    raise SetupError(
        f"uv {version} could not be installed ({message}). Check the network (PIP_INDEX_URL, PIP_CERT, https_proxy), "
        "or install uv yourself so that it is on PATH, and run `make setup` again."
    )


def make_venv() -> None:
    """An empty environment in `.venv`, unless a working one is there."""
    if usable(PYTHON) and (VENV / "pyvenv.cfg").exists():
        return
    try:
        import venv  # noqa: PLC0415 - Debian ships it apart from the smallest Python
    except ImportError as error:
        raise SetupError("this Python has no venv module: run `apt-get install python3-venv`") from error
    venv.create(VENV, clear=VENV.exists(), symlinks=True, with_pip=False)


def locked_uv(lock: str) -> tuple[str, Sequence[Wheel]]:
    """The version of uv that uv.lock names, and its wheels."""
    import tomllib  # noqa: PLC0415 - absent before 3.11, which `main` must be able to say

    package = next(entry for entry in tomllib.loads(lock)["package"] if entry["name"] == "uv")
    return package["version"], package["wheels"]


def wheel_for(wheels: Iterable[Wheel], machine: str) -> Wheel:
    """The wheel that runs on this Linux machine or Mac."""
    libc = platform.libc_ver()[0]
    kind = "macosx" if sys.platform == "darwin" else ("manylinux" if libc == "glibc" else "musllinux")
    for wheel in wheels:
        name = str(wheel["url"]).rsplit("/", 1)[-1]
        if kind in name and name.endswith((f"_{machine}.whl", f"_{machine}.musllinux_1_1_{machine}.whl")):
            return wheel
    raise SetupError(f"uv.lock has no uv for {kind} {machine}")


def fetch(wheel: Wheel, environment: Mapping[str, str]) -> bytes:
    """The wheel's bytes, if they are what uv.lock says."""
    import ssl  # noqa: PLC0415 - Debian ships it apart from the smallest Python
    import urllib.request  # noqa: PLC0415 - as above

    print(f"setup: fetching {str(wheel['url']).rsplit('/', 1)[-1]}", flush=True)
    trust = ssl.create_default_context(cafile=environment.get("SSL_CERT_FILE"))
    with urllib.request.urlopen(wheel["url"], timeout=180, context=trust) as answer:
        content: bytes = answer.read()
    kind, _, expected = str(wheel["hash"]).partition(":")
    if hashlib.new(kind, content).hexdigest() != expected:
        raise SetupError("the downloaded uv is not the one that uv.lock names")
    return content


def unpack(content: bytes) -> None:
    """A wheel's programs in `.venv/bin`, its modules beside the other packages."""
    modules = next((VENV / "lib").glob("python3.*")) / "site-packages"
    with tempfile.TemporaryDirectory(dir=VENV) as folder:
        archive = Path(folder) / "uv.whl"
        archive.write_bytes(content)
        with zipfile.ZipFile(archive) as wheel:
            wheel.extractall(folder)
        archive.unlink()
        for program in Path(folder).glob("*.data/scripts/*"):
            program.chmod(0o755)
            program.replace(VENV / "bin" / program.name)
        for part in Path(folder).iterdir():
            if not part.name.endswith(".data"):
                shutil.copytree(part, modules / part.name, dirs_exist_ok=True)


def pip_install(version: str, wheels: Iterable[Wheel], environment: Mapping[str, str]) -> None:
    """The same uv through this machine's pip, and so through its settings."""
    pip = [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    if not succeeds([sys.executable, "-m", "pip", "--version"], environment):
        if not succeeds([str(PYTHON), "-m", "ensurepip"], environment):
            raise SetupError("this Python has no pip: `apt-get install python3-pip` brings one")
        pip = [str(PYTHON), "-m", "pip"]
    hashes = " ".join(f"--hash={wheel['hash']}" for wheel in wheels)
    with tempfile.NamedTemporaryFile("w", suffix=".txt", dir=VENV) as wanted:
        wanted.write(f"uv=={version} {hashes}\n")
        wanted.flush()
        command = [*pip, "install", "--quiet", "--require-hashes", "--no-deps", "--requirement", wanted.name]
        if subprocess.run(command, check=False, env=dict(environment)).returncode:
            raise SetupError("pip could not install it")


def succeeds(command: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Whether a command ends with 0; its output is of no interest."""
    return subprocess.run(command, check=False, capture_output=True, env=dict(environment)).returncode == 0


# ------------------------------------------------------------------------------------------ syncing


def sync(uv: Path, environment: Mapping[str, str]) -> None:
    """`.venv` as uv.lock says: from the addresses it holds, or from one's own index by the hashes it holds."""
    print(f"setup: {uv} installs what uv.lock names", flush=True)
    if "UV_DEFAULT_INDEX" not in environment:
        run([str(uv), "sync", "--frozen"], environment)
        return
    make_venv()
    refuse_other_target(PYTHON)
    # Unlike `uv sync`, `uv pip` installs into the Python it is given: a machine's own, if UV_PYTHON named that.
    inside = {name: value for name, value in environment.items() if name != "UV_PYTHON"}
    target = ["--python", str(PYTHON)]
    with tempfile.NamedTemporaryFile(suffix=".txt", dir=VENV) as wanted:
        run([str(uv), "export", "--frozen", "--quiet", "--no-emit-project", "--output-file", wanted.name], inside)
        run([str(uv), "pip", "sync", *target, "--require-hashes", wanted.name], inside)
    run([str(uv), "pip", "install", *target, "--quiet", "--no-deps", "--editable", str(ROOT)], inside)


def sync_apart(name: str, uv: Path, environment: Mapping[str, str]) -> None:
    """An emulator's environment as its own lock says. Tests that need it are skipped where it cannot be had.

    `uv sync` alone, which writes into the environment it is given and nowhere else.
    """
    inside = {**environment, "UV_PROJECT_ENVIRONMENT": str(ROOT / f".venv-{name}")}
    command = [str(uv), "sync", "--frozen", "--quiet", "--project", str(ROOT / "tests" / "engines" / name)]
    print(f"setup: {name}'s emulator in .venv-{name}", flush=True)
    if subprocess.run(command, check=False, cwd=ROOT, env=inside).returncode:
        print(f"setup: {name}'s emulator could not be installed: its tests are skipped", file=sys.stderr)


def refuse_other_target(python: Path) -> None:
    """Stop unless that Python installs into `.venv` and nowhere else on the machine."""
    asked = [str(python), "-c", "import sys; print(sys.prefix); print(sys.base_prefix)"]
    shown = subprocess.run(asked, check=False, capture_output=True, text=True).stdout.splitlines()
    prefixes = [Path(line).resolve() for line in shown]
    if len(prefixes) != 2 or prefixes[0] != VENV.resolve() or prefixes[0] == prefixes[1]:  # noqa: PLR2004 - two lines
        raise SetupError(f"{python} is not the Python of {VENV}: remove {VENV} and run `make setup` again")


def run(command: Sequence[str], environment: Mapping[str, str]) -> None:
    """One command in the repository, or a SetupError that names it."""
    if subprocess.run(command, check=False, cwd=ROOT, env=dict(environment)).returncode:
        raise SetupError(f"`{' '.join(command)}` failed: what it said stands above; run `make setup` again")


if __name__ == "__main__":
    sys.exit(main())
