from datetime import date

import duckdb
import pytest
from pydantic import TypeAdapter

from monitor.catalog import Catalog, Table, TableRef
from monitor.config.landings import SegmentLanding
from monitor.config.locators import Locator
from monitor.errors import ConfigError, Problems
from monitor.landing.app_versions import parse_version_map
from monitor.landing.columns import Columns
from monitor.landing.dates import DateWindows, parse_dates
from monitor.landing.held import Held, Row
from monitor.landing.versions import Listing, Places, VersionFile, json_path, one_group, version_expr, version_files
from monitor.plan.model import Event, EventVersion, Status
from monitor.sql import vocabulary as sql
from tests.unit.landing.conftest import Answers, CatalogOf

LISTING = Listing("0:web", "trackwarden.yml landings[0]")
ROWS = TableRef("main", "rows")
ORDERS = Event("Order Completed", "order_completed", tuple(EventVersion(v, {}) for v in ("1-0-0", "1-1-0", "2-0-0")))
PAGES = Event("Page Viewed", "page_viewed", (EventVersion("1-0-0", {}), EventVersion("3-0-0", {}, Status.DRAFT)))
HELD = (Held(ORDERS, ("Order Completed", "order_completed")), Held(PAGES, ("Page Viewed",)))


def chain(*written: object) -> tuple[Locator, ...]:
    """A chain as `trackwarden.yml` writes it."""
    return TypeAdapter(tuple[Locator, ...]).validate_python(written)


def segment(*written: object) -> SegmentLanding:
    return SegmentLanding.model_validate({"layout": "segment", "source": "web", "schema": "web", "version": written})


@pytest.fixture
def table(duck: duckdb.DuckDBPyConnection, catalog_of: CatalogOf) -> Table:
    duck.execute(
        "CREATE TABLE rows (event VARCHAR, v VARCHAR, n DOUBLE, i BIGINT, topic VARCHAR, app VARCHAR, doc JSON, "
        "happened TIMESTAMP)"
    )
    duck.execute("""INSERT INTO rows VALUES
        ('Order Completed', '1-1-0', 1.0, 2, 'orders_v4', '2.10', '{"v": "9-0-0", "deep": {"v v": 3}}',
         '2026-01-31 23:59:59'),
        ('order_completed', '', 1.5, NULL, 'orders', '2.9', '{"v": ""}', '2026-02-01'),
        ('Page Viewed', NULL, NULL, NULL, NULL, NULL, '{"v": null}', NULL),
        ('Never Planned', NULL, NULL, NULL, '', 'x', NULL, '2026-03-01')""")
    return catalog_of().tables[ROWS]


def places(table: Table, *, document: bool = True) -> Places:
    return Places(
        Columns(table, LISTING.where),
        Row(sql.Column("event"), sql.Literal("web"), HELD),
        time=sql.Column("happened"),
        document=sql.Column("doc") if document else None,
    )


def test_no_locator_resolves_nothing(table: Table, answers: Answers) -> None:
    assert answers(ROWS, version_expr((), places(table), LISTING)) == [None] * 4


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"column": "v"}, ["1-1-0", None, None, None]),
        ({"column": "n"}, ["1", "1.5", None, None]),
        ({"column": "i"}, ["2", None, None, None]),
        ({"json": "$.v"}, ["9-0-0", None, None, None]),
        ({"json": "$.deep['v v']"}, ["3", None, None, None]),
        ({"regex": "_v([0-9]+)$", "column": "topic"}, ["4", None, None, None]),
        ({"regex": "v[0-9]+", "column": "topic"}, ["v4", None, None, None]),
        ({"constant": "1-0-0"}, ["1-0-0"] * 4),
        ({"fallback": "oldest"}, ["1-0-0", "1-0-0", "1-0-0", None]),
        ({"fallback": "latest"}, ["2-0-0", "2-0-0", "1-0-0", None]),
        ({"fallback": "unknown"}, [None] * 4),
    ],
)
def test_each_locator_finds_the_version(
    table: Table, answers: Answers, written: object, expected: list[object]
) -> None:
    assert answers(ROWS, version_expr(chain(written), places(table), LISTING)) == expected


def test_the_first_locator_that_finds_a_version_wins(table: Table, answers: Answers) -> None:
    written = chain({"column": "v"}, {"column": "n"}, {"fallback": "oldest"})
    assert answers(ROWS, version_expr(written, places(table), LISTING)) == ["1-1-0", "1.5", "1-0-0", None]


def test_date_windows_go_by_whole_utc_days(table: Table, answers: Answers) -> None:
    written = chain(
        {"dates": {"1-0-0": {"until": "2026-02-01"}, "1-1-0": {"from": "2026-02-01", "until": "2026-03-01"}}}
    )
    assert answers(ROWS, version_expr(written, places(table), LISTING)) == ["1-0-0", "1-1-0", None, None]


def test_files_are_found_by_their_path_as_configured(table: Table, answers: Answers) -> None:
    files: dict[str, VersionFile] = {
        "versions.yml": parse_version_map({"web": {"Order Completed": {">=2.10": "2-0-0"}}}, "versions.yml"),
        "days.yml": parse_dates({"1-1-0": {"from": date(2026, 2, 1)}}, "days.yml"),
    }
    listing = Listing("0:web", "trackwarden.yml landings[0]", files)
    written = chain({"app_version": "versions.yml", "column": "app"}, {"dates": "days.yml"})
    assert answers(ROWS, version_expr(written, places(table), listing)) == ["2-0-0", "1-1-0", None, "1-1-0"]


def test_the_landings_say_which_files_they_need_and_how_they_are_read() -> None:
    web = segment({"app_version": "a.yml"}, {"dates": "d.yml"}, {"dates": {}}, {"column": "v"})
    assert dict(version_files([web])) == {"a.yml": parse_version_map, "d.yml": parse_dates}


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            {"column": "vv"},
            "trackwarden.yml landings[0].version[0].column: column 'vv' is not in main.rows (did you mean",
        ),
        (
            {"regex": "(", "column": "v"},
            "version[0].regex: '(' cannot be asked of a warehouse: the pattern is not valid",
        ),
        ({"regex": "(?=a)b", "column": "v"}, "look-around is not matched by warehouses"),
        ({"regex": "(a)(b)", "column": "v"}, "has 2 groups (write all but one of them as (?:…))"),
        ({"json": "$.a..b"}, "version[0].json: '$.a..b' is not a path of keys"),
        ({"json": "$[0]"}, "is not a path of keys"),
        ({"app_version": "versions.yml", "column": "app"}, "versions.yml was not read as what this locator needs"),
        ({"dates": "days.yml"}, "days.yml was not read as what this locator needs"),
    ],
)
def test_a_locator_that_cannot_work_says_where_and_how(table: Table, written: object, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        version_expr(chain(written), places(table), LISTING)
    assert said in str(caught.value)


def test_a_json_path_needs_a_document(table: Table) -> None:
    with pytest.raises(ConfigError, match="no document to look into"):
        version_expr(chain({"json": "$.v"}), places(table, document=False), LISTING)


def test_an_app_version_needs_its_column(table: Table) -> None:
    listing = Listing("0:web", "trackwarden.yml landings[0]", {"versions.yml": parse_version_map({}, "versions.yml")})
    with pytest.raises(ConfigError, match="does not say where the app's version is"):
        version_expr(chain({"app_version": "versions.yml"}), places(table), listing)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (None, "days.yml: is not a mapping of versions to days"),
        ({1.1: {}}, "version 1.1 is not text (quote it: '1.1')"),
        ({"1-0-0": {"since": "2026-01-01"}}, "days.yml 1-0-0: is not a pair of days"),
        ({"1-0-0": "2026-01-01"}, "days.yml 1-0-0: is not a pair of days"),
        ({"1-0-0": {"from": "2026-02-01", "until": "2026-02-01"}}, "days.yml 1-0-0: ends before it begins"),
        ({"a": {"from": "2026-02-01"}, "b": {"from": "2026-03-01"}}, "the days of a and b overlap"),
        ({"a": {}, "b": {}}, "the days of a and b overlap"),
    ],
)
def test_days_of_another_shape_say_where_and_how(data: object, said: str) -> None:
    with pytest.raises(Problems) as caught:
        parse_dates(data, "days.yml")
    assert said in str(caught.value)


def test_open_windows_that_meet_do_not_overlap() -> None:
    found = parse_dates({"b": {"from": "2026-02-01"}, "a": {"until": "2026-02-01"}}, "days.yml")
    assert isinstance(found, DateWindows)
    assert len(found.windows) == 2


def test_paths_and_patterns_are_read_as_written() -> None:
    assert json_path("$.a.b", "") == ("a", "b")
    assert json_path("$['a.b'][\"c d\"]", "") == ("a.b", "c d")
    assert one_group("(?:x|y)(z)", "") == "(?:x|y)(z)"
    assert one_group("(?:x|y)z", "") == "((?:x|y)z)"
    assert one_group("(?<version>[0-9]+)\\p{L}", "") == "(?<version>[0-9]+)\\p{L}"


def test_a_column_that_only_other_tables_have_has_no_value_yet(table: Table, answers: Answers) -> None:
    columns = Columns(table, LISTING.where, frozenset({"schema_version"}))
    seen = Places(columns, Row(sql.Literal("Order Completed"), sql.Literal("web"), HELD[:1]))
    written = chain({"column": "schema_version"}, {"fallback": "oldest"})
    assert answers(ROWS, version_expr(written, seen, LISTING)) == ["1-0-0"] * 4


def test_an_empty_catalog_has_a_hint_too() -> None:
    empty = Table(TableRef("main", "empty"), ())
    assert Catalog.of("duckdb", [empty]).tables
    with pytest.raises(ConfigError, match="it has no columns"):
        version_expr(chain({"column": "v"}), places(empty), LISTING)


def test_version_files_may_stand_in_folders() -> None:
    assert list(version_files([segment({"app_version": "maps/app.yml"})])) == ["maps/app.yml"]
