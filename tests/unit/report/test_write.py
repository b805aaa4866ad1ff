"""Files: whole or not at all, only what changed, and nothing of anybody else."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.errors import ReportError
from monitor.links import event_page, safe_address, slug
from monitor.report.build import build_site
from monitor.report.pages import Site
from monitor.report.write import INDEX, MANIFEST, write_site
from tests.fakes.sites import hostile, shop


@pytest.fixture(scope="module")
def site() -> Site:
    """Some events, with and without charts: enough to see files come and go."""
    made = shop(never_seen=2)
    whole = build_site(made.contract, made.past, made.findings, made.incidents, made.info)
    return replace(whole, pages=(whole.pages[7], *whole.pages[-2:]))


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_site_is_an_overview_and_a_page_for_each_event(site: Site, tmp_path: Path) -> None:
    written = write_site(site, tmp_path / "reports")

    assert written.pages == 4
    assert set(files(tmp_path / "reports")) == {INDEX, MANIFEST, *(page.file for page in site.pages)}


def test_the_same_site_again_writes_nothing(site: Site, tmp_path: Path) -> None:
    write_site(site, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.html")}
    again = write_site(site, tmp_path)

    assert (again.pages, again.unchanged) == (0, 4)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.html")} == before


def test_only_the_page_that_changed_is_written(site: Site, tmp_path: Path) -> None:
    write_site(site, tmp_path)
    changed = replace(site, pages=(*site.pages[:-1], replace(site.pages[-1], description="Said anew.")))

    assert write_site(changed, tmp_path).pages == 1
    assert "Said anew." in (tmp_path / site.pages[-1].file).read_text("utf-8")


def test_a_page_that_somebody_removed_comes_back(site: Site, tmp_path: Path) -> None:
    write_site(site, tmp_path)
    (tmp_path / site.pages[0].file).unlink()

    assert write_site(site, tmp_path).pages == 1


def test_the_page_of_an_event_that_left_the_plan_goes_and_others_stay(site: Site, tmp_path: Path) -> None:
    write_site(site, tmp_path)
    mine = tmp_path / "events" / "notes.html"
    mine.write_text("mine", "utf-8")
    written = write_site(replace(site, pages=site.pages[:-1]), tmp_path)

    assert written.removed == 1
    assert not (tmp_path / site.pages[-1].file).exists()
    assert mine.read_text("utf-8") == "mine"


def test_a_manifest_cannot_make_us_remove_a_file_that_is_no_page_of_ours(site: Site, tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    write_site(site, folder)
    outside = tmp_path / "precious.html"
    outside.write_text("keep", "utf-8")
    said = json.loads((folder / MANIFEST).read_text("utf-8"))
    said["pages"] |= {"../precious.html": "", "events/../../precious.html": "", "events/notes.html": ""}
    (folder / MANIFEST).write_text(json.dumps(said), "utf-8")

    assert write_site(site, folder).removed == 0
    assert outside.read_text("utf-8") == "keep"


@pytest.mark.parametrize("broken", ["", "{", "[]", '{"pages": 3}'])
def test_a_broken_manifest_means_that_all_is_written_again(broken: str, site: Site, tmp_path: Path) -> None:
    write_site(site, tmp_path)
    (tmp_path / MANIFEST).write_text(broken, "utf-8")

    assert write_site(site, tmp_path).pages == 4


def test_somebody_elses_index_is_not_overwritten(site: Site, tmp_path: Path) -> None:
    (tmp_path / INDEX).write_text("<h1>My site</h1>", "utf-8")

    with pytest.raises(ReportError, match="did not write") as caught:
        write_site(site, tmp_path)
    assert "report.path" in caught.value.hint
    assert (tmp_path / INDEX).read_text("utf-8") == "<h1>My site</h1>"


def test_a_folder_that_cannot_be_written_is_one_clear_error(site: Site, tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("a file", "utf-8")

    with pytest.raises(ReportError, match="cannot be written") as caught:
        write_site(site, tmp_path / "reports")
    assert caught.value.where.endswith("reports")
    assert caught.value.hint


def test_a_failure_half_way_leaves_every_old_page_whole(site: Site, tmp_path: Path) -> None:
    write_site(site, tmp_path)
    before = files(tmp_path)
    blocked = tmp_path / event_page("blocked")
    blocked.mkdir()
    (blocked / "inside").touch()
    page = replace(site.pages[0], file=event_page("blocked"), description="new")

    with pytest.raises(ReportError):
        write_site(replace(site, pages=(page, *site.pages)), tmp_path)
    after = files(tmp_path)
    assert all(after[name] == content for name, content in before.items() if name != MANIFEST)
    assert not [name for name in os.listdir(tmp_path / "events") if name.endswith(".part")]  # noqa: PTH208 - hidden ones too


def test_hostile_keys_stay_inside_the_folder(tmp_path: Path) -> None:
    made = hostile("../../../escaped\x00")
    whole = build_site(made.contract, made.past, made.findings, made.incidents, made.info)
    write_site(replace(whole, pages=whole.pages[-1:]), tmp_path / "reports")

    assert {path.name for path in tmp_path.iterdir()} == {"reports"}
    assert slug(whole.pages[0].key) == "escaped"


@pytest.mark.parametrize(
    "keys", [("Signup", "signup"), ("caf\u00e9", "cafe\u0301"), ("日本", "中国"), ("a" * 300, "a" * 301)]
)
def test_keys_that_look_alike_have_pages_of_their_own(keys: tuple[str, str]) -> None:
    one, other = (event_page(key).lower() for key in keys)

    assert one != other
    assert len(one) < 100


@pytest.mark.parametrize("key", ["CON", "nul", "..", "", "/", "\\", ".", "aux.html"])
def test_no_key_becomes_a_name_that_some_system_reserves(key: str) -> None:
    assert event_page(key).startswith("events/")
    assert event_page(key).count("/") == 1
    assert len(event_page(key)) > len("events/.html") + 10


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:x",
        " javascript:x",
        "data:text/html,x",
        "vbscript:x",
        "//evil.example",
        "\x01x",
        "https://a b",
        'https://a"b',
        "http://a\n",
        "https://a<b",
        "",
    ],
)
def test_an_address_that_is_not_plain_becomes_no_link(address: str) -> None:
    assert safe_address(address) == ""
