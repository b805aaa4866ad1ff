"""The written report, opened from disk by a real browser: it shows, filters, and breaks no policy."""

import shutil
import subprocess
from pathlib import Path

import pytest

from monitor.report.build import build_site
from monitor.report.write import write_site
from tests.fakes.sites import hostile, shop

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (Debian: apt-get install chromium)"),
    pytest.mark.slow,
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = shop(never_seen=40)
    folder = tmp_path_factory.mktemp("site")
    write_site(build_site(made.contract, made.past, made.findings, made.incidents, made.info), folder)
    return folder


def opened(page: Path, profile: Path, *options: str) -> tuple[str, str]:
    """The page's DOM after its script has run, and what the browser's console said."""
    command = [
        str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
        "--enable-logging=stderr", "--v=0", f"--user-data-dir={profile}", *options, "--dump-dom", page.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, check=True, timeout=120)
    said = done.stderr.decode("utf-8", "replace")
    return done.stdout.decode("utf-8"), "\n".join(line for line in said.splitlines() if "CONSOLE" in line)


def test_the_overview_shows_and_its_filter_has_run(folder: Path, tmp_path: Path) -> None:
    dom, console = opened(folder / "index.html", tmp_path)

    assert console == ""
    assert "What holds now" in dom
    assert 'id="filter-found" role="status">12 of 12<' in dom
    assert "40 planned events never seen" in dom


def test_an_event_page_shows_its_charts_and_breaks_no_policy(folder: Path, tmp_path: Path) -> None:
    page = next((folder / "events").glob("order-completed-*.html"))
    dom, console = opened(page, tmp_path)

    assert console == ""
    assert dom.count('class="chart"') == 4
    assert "currency is one of EUR, GBP, USD" in dom


def test_a_hostile_site_runs_nothing_of_its_own(tmp_path: Path) -> None:
    payload = "</script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    made = hostile(payload)
    site = build_site(made.contract, made.past, made.findings, made.incidents, made.info)
    write_site(site, tmp_path / "site")

    for file in ("index.html", site.pages[0].file):
        dom, console = opened(tmp_path / "site" / file, tmp_path / "profile")
        assert console == ""
        assert "<title>owned</title>" not in dom
        assert "<img" not in dom


def test_the_policy_is_in_force(folder: Path, tmp_path: Path) -> None:
    """A page with an injected script proves that the browser reads the policy: the script is refused, and said."""
    page = folder / "index.html"
    broken = tmp_path / "broken.html"
    broken.write_text(
        page.read_text("utf-8").replace("</main>", "<script>document.title='owned'</script></main>"), "utf-8"
    )
    dom, console = opened(broken, tmp_path / "profile")

    assert "Content Security Policy" in console
    assert "<title>owned</title>" not in dom
