from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from monitor.config import (
    AppVersionLocator,
    ColumnLocator,
    ConstantLocator,
    Dates,
    DatesLocator,
    FallbackLocator,
    InColumn,
    JsonLanding,
    JsonLocator,
    RegexLocator,
    SegmentLanding,
    Settings,
    SnowplowLanding,
    load_settings,
    parse_settings,
)
from monitor.config.values import duration, share
from monitor.errors import ConfigError, ExitCode, Problems

LEAST = """\
plan: {path: tracking_plan}
profile: {name: trackwarden}
landings:
  - {source: web, layout: segment, schema: web_prod}
"""

LOCATORS = "json, regex, app_version, dates, constant, fallback, column"

FULL = """\
plan: {path: tracking_plan, format: iglu}
profile: {name: trackwarden, target: dev, dir: profiles}
history: {url: "postgresql+psycopg://me:hunter2@host/db"}
landings:
  - source: {column: platform}
    layout: json
    table: raw.events
    event: {column: event_name}
    properties: {column: payload}
    version:
      - json: "$.schema_version"
      - {regex: "v(.*)", column: name}
      - {app_version: versions.yml, column: app}
      - dates: {"1-0-0": {until: 2026-02-01}, "1-1-0": {from: 2026-02-01}}
      - dates: dates.yml
      - column: version
      - fallback: oldest
    time: occurred_at
    received: received_at
    loaded: loaded_at
    id: event_id
    env: staging
    lag: 1d12h
  - {layout: snowplow, table: atomic.events, source: web, names: snake, version: [{constant: "1-0-0"}]}
measure: {lookback: 48h}
thresholds: {failure_rate: {warning: 1.5%, critical: 0.2}, volume: {drop: 40%, spike: 300%}}
schedule: {cron: "0 9 * * 1", timezone: Europe/Berlin}
slack:
  token: "{{ env_var('SLACK_BOT_TOKEN') }}"
  channel: C0123
  teams: {growth: {channel: C0456, mention: S0789}}
report: {path: site, url: https://reports.example}
targets: {dbt: {project: ../dbt, data_tests: full}, gx: null}
"""


def settings(text: str, env: Mapping[str, str] | None = None) -> Settings:
    return parse_settings(text, env or {}, name="trackwarden.yml", root=Path("/workspace"))


def errors(text: str, env: Mapping[str, str] | None = None) -> list[str]:
    with pytest.raises(Problems) as caught:
        settings(text, env)
    assert all(isinstance(error, ConfigError) for error in caught.value.errors)
    assert caught.value.code is ExitCode.USAGE
    return [str(error) for error in caught.value.errors]


# ------------------------------------------------------------------------------------------- what is read


def test_the_least_file_is_enough() -> None:
    found = settings(LEAST)
    (landing,) = found.landings
    assert isinstance(landing, SegmentLanding)
    assert (landing.source, landing.db_schema, landing.env, landing.lag) == (
        "web",
        "web_prod",
        "prod",
        timedelta(hours=2),
    )
    assert found.schedule.every == timedelta(hours=1)
    assert found.targets.dbt is not None
    assert found.targets.dbt.data_tests == "keys"


def test_nothing_is_sampled_unless_it_is_said() -> None:
    assert settings(LEAST).measure.sample is None


@pytest.mark.parametrize(("said", "share"), [("10%", 0.1), ("0.1", 0.1), ("0.5%", 0.005), ("99.9%", 0.999)])
def test_a_sample_is_a_share_of_scans_of_many_rows_drawn_row_by_row(said: str, share: float) -> None:
    found = settings(f"{LEAST}\nmeasure: {{sample: {{share: {said}}}}}\n").measure.sample
    assert found is not None
    assert found.share == pytest.approx(share)
    assert (found.above, found.by) == (1_000_000, "rows")
    found = settings(f"{LEAST}\nmeasure: {{sample: {{share: {said}, above: 0, by: blocks}}}}\n").measure.sample
    assert found is not None
    assert (found.above, found.by) == (0, "blocks")


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("{share: 0%}", "share"), ("{share: 100%}", "share"), ("{share: 120%}", "share"), ("{share: 10}", "share"),
        ("{share: -5%}", "share"), ("{above: 5}", "share"), ("{share: 5%, above: -1}", "above"),
        ("{share: 5%, above: many}", "above"), ("{share: 5%, by: pages}", "by"), ("{share: 5%, of: rows}", "of"),
        ("10%", "sample"),
    ],
)  # fmt: skip
def test_a_sample_that_cannot_be_meant_is_an_error_with_its_place(said: str, key: str) -> None:
    (error,) = errors(f"{LEAST}\nmeasure: {{sample: {said}}}\n")
    assert "trackwarden.yml:" in error
    assert f"measure.sample.{key}" in error or (key == "sample" and "measure.sample" in error)


def test_times_that_are_not_said_are_left_to_the_layout() -> None:
    (landing,) = settings(LEAST).landings
    assert (landing.time, landing.received, landing.loaded) == (None, None, None)


def test_every_key_is_read() -> None:
    found = settings(FULL, {"SLACK_BOT_TOKEN": "xoxb-1"})
    json, snowplow = found.landings
    assert isinstance(json, JsonLanding)
    assert (json.source, json.event, json.properties) == (
        InColumn(column="platform"),
        InColumn(column="event_name"),
        InColumn(column="payload"),
    )
    assert json.lag == timedelta(hours=36)
    assert isinstance(snowplow, SnowplowLanding)
    assert snowplow.version == (ConstantLocator(constant="1-0-0"),)
    assert found.thresholds.failure_rate.warning == 0.015
    assert found.thresholds.volume.spike == 3
    assert found.slack.token is not None
    assert found.slack.token.get_secret_value() == "xoxb-1"
    assert found.targets.gx is None


def test_the_version_chain_keeps_its_order_and_kinds() -> None:
    chain = settings(FULL, {"SLACK_BOT_TOKEN": "xoxb-1"}).landings[0].version
    assert chain == (
        JsonLocator.model_validate({"json": "$.schema_version"}),
        RegexLocator(regex="v(.*)", column="name"),
        AppVersionLocator(app_version=Path("versions.yml"), column="app"),
        DatesLocator(
            dates={
                "1-0-0": Dates.model_validate({"until": date(2026, 2, 1)}),
                "1-1-0": Dates.model_validate({"from": date(2026, 2, 1)}),
            }
        ),
        DatesLocator(dates=Path("dates.yml")),
        ColumnLocator(column="version"),
        FallbackLocator(fallback="oldest"),
    )


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        settings(LEAST).plan.path = Path("elsewhere")  # type: ignore[misc]


def test_paths_are_relative_to_the_workspace() -> None:
    found = settings(LEAST)
    assert found.resolve(found.plan.path) == Path("/workspace/tracking_plan")
    assert found.resolve(Path("/elsewhere")) == Path("/elsewhere")


@pytest.mark.parametrize(
    ("url", "resolved"),
    [
        ("sqlite:///state/history.db", "sqlite:////workspace/state/history.db"),
        ("sqlite:////var/history.db", "sqlite:////var/history.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("postgresql+psycopg://me:hunter2@host/db", "postgresql+psycopg://me:hunter2@host/db"),
    ],
)
def test_only_the_path_of_an_sqlite_history_is_resolved(url: str, resolved: str) -> None:
    assert settings(f'{LEAST}history: {{url: "{url}"}}').history_url() == resolved


# ------------------------------------------------------------------------------------------ environment


def test_a_variable_that_is_not_set_is_an_error_that_names_it() -> None:
    (error,) = errors(FULL)
    assert error.startswith("trackwarden.yml:29 slack.token: the environment variable SLACK_BOT_TOKEN is not set")
    assert error.endswith("(set it, or give a default: env_var('SLACK_BOT_TOKEN', '…'))")


def test_a_variable_with_a_default_need_not_be_set() -> None:
    text = LEAST + "slack: {token: \"{{ env_var('SLACK_BOT_TOKEN', '') }}\", channel: C1}"
    assert settings(text).slack.token is None


def test_a_variable_is_read_inside_a_longer_text() -> None:
    text = LEAST + "report: {url: \"https://{{ env_var('HOST', 'a') }}/{{ env_var(\\\"P\\\") }}\"}"
    assert settings(text, {"HOST": "b", "P": "c"}).report.url == "https://b/c"


@pytest.mark.parametrize("template", ["{{ 1 + 1 }}", "{% if x %}", "{{ env_var(NAME) }}", "{{ var('x') }}"])
def test_any_other_template_is_an_error(template: str) -> None:
    (error,) = errors(LEAST + f'report: {{path: "{template}"}}')
    assert error.startswith("trackwarden.yml:5 report.path: a template that is not known here")


def test_what_a_variable_holds_is_not_rendered_again() -> None:
    text = LEAST + "report: {path: \"{{ env_var('A') }}\"}"
    assert settings(text, {"A": "{{ env_var('B') }}"}).report.path == Path("{{ env_var('B') }}")


# ----------------------------------------------------------------------------------------------- errors


def test_a_wrong_key_is_met_with_the_nearest_valid_one() -> None:
    assert errors(LEAST.replace("plan: {path:", "plan: {format: native, paht:")) == [
        "trackwarden.yml:1 plan.path: is missing",
        "trackwarden.yml:1 plan.paht: is not a known key (did you mean 'path'?)",
    ]


def test_a_key_that_resembles_none_is_met_with_all_of_them() -> None:
    assert errors(LEAST + "report: {zzz: 1}") == ["trackwarden.yml:5 report.zzz: is not a known key (one of path, url)"]


@pytest.mark.parametrize(
    ("landing", "expected"),
    [
        (
            "{source: web, layout: segmnt, schema: x}",
            ":4 landings[0].layout: is not one of the known values (did you mean 'segment'?)",
        ),
        (
            "{source: web, schema: x}",
            (
                ":4 landings[0]: does not say which kind it is (say its `layout`: one of segment, "
                "rudderstack, snowplow, json, amplitude, mixpanel, posthog, ga4, jitsu)"
            ),
        ),
        (
            "{source: {colum: a}, layout: segment, schema: x}",
            ":4 landings[0].source.colum: is not a known key (did you mean 'column'?)",
        ),
        (
            "{source: web, layout: snowplow, table: t, lag: 2 hours}",
            ":4 landings[0].lag: is not a duration: write a number and a unit (s, m, h, d, w), like 30m, 2h or 1d12h",
        ),
        (
            "{source: web, layout: snowplow, table: t, version: [{constant: 1.10}]}",
            ":4 landings[0].version[0].constant: is not text (put it in quotes)",
        ),
        (
            "{source: web, layout: snowplow, table: t, version: [{jso: x}]}",
            f":4 landings[0].version[0]: does not say which kind it is (one of {LOCATORS})",
        ),
        (
            "{source: web, layout: snowplow, table: t, version: [{fallback: olddest}]}",
            ":4 landings[0].version[0].fallback: is not one of the known values (did you mean 'oldest'?)",
        ),
        (
            "{source: web, layout: snowplow, table: t, version: [{fallback: oldest}, {column: v}]}",
            ":4 landings[0].version: goes on after a constant or a fallback, which always find a version: put it last",
        ),
        (
            '{source: web, layout: snowplow, table: t, version: [{dates: {"1-0-0": {form: 2026-01-01}}}]}',
            ":4 landings[0].version[0].dates.1-0-0.form: is not a known key (did you mean 'from'?)",
        ),
    ],
)
def test_an_error_in_a_landing_names_its_place_and_the_next_step(landing: str, expected: str) -> None:
    head = LEAST.rsplit("\n", 2)[0]
    assert f"trackwarden.yml{expected}" in errors(f"{head}\n  - {landing}\n")


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("landings: []", "landings: is empty: say where at least one collector lands its events"),
        ("schedule: {every: 1h, cron: '* * * * *'}", "schedule: needs one of `every` and `cron`"),
        ("schedule: {every: 10s}", "schedule: runs more often than every minute"),
        ("slack: {token: xoxb-1}", "slack: has a token and no `channel`"),
        (
            "thresholds: {failure_rate: {warning: 9%, critical: 1%}}",
            "thresholds.failure_rate: has a critical threshold below its warning",
        ),
        (
            "thresholds: {failure_rate: {warning: 5}}",
            "thresholds.failure_rate.warning: is not a share: write a percentage like 5%, or a fraction like 0.05",
        ),
        ("root: /", "root: is not a known key (did you mean 'report'?)"),
    ],
)
def test_an_impossible_value_is_refused(part: str, expected: str) -> None:
    head = LEAST if not part.startswith("landings") else "\n".join(LEAST.splitlines()[:2]) + "\n"
    line = len(head.splitlines()) + 1
    assert any(error.startswith(f"trackwarden.yml:{line} {expected}") for error in errors(head + part))


def test_all_errors_are_collected() -> None:
    assert len(errors("plan: {}\nprofile: {nme: x}\nlandings: []\nrun: 1\n")) == 5


@pytest.mark.parametrize(
    "text",
    [
        "plan: {path: a\n",
        "- a\n- b\n",
        "",
        "just text",
        "plan: !!python/object/apply:os.system ['true']\n",
        "plan: *nothing\n",
        "\x00",
        "a: " + "[" * 5000,
        "a: &a [*a]\n",
        "a: &a [x, x]\nb: &b [*a, *a]\n" + "".join(f"k{i}: &k{i} [{'*b, ' * 9}*b]\n" for i in range(2000)),
        "x" * 1_000_001,
        "plan: 2026-13-45\n",
        "? {a: b}\n: c\n",
    ],
    ids=lambda text: repr(text[:20]),
)
def test_what_is_no_configuration_is_one_clear_error(text: str) -> None:
    assert errors(text)[0].startswith("trackwarden.yml")


def test_aliases_cannot_multiply_without_end() -> None:
    levels = [f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 10)}]" for i in range(1, 12)]
    (error,) = errors("l0: &l0 [x]\n" + "\n".join(levels))
    assert "too many values" in error


def test_a_key_written_twice_is_an_error() -> None:
    assert errors(LEAST + "plan: {path: other}\n") == ["trackwarden.yml:5 plan: written twice, first on line 1"]


def test_a_file_that_is_absent_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(Problems, match=r"no such file.*trackwarden init"):
        load_settings(tmp_path / "trackwarden.yml", {})


def test_a_file_that_is_not_text_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "trackwarden.yml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Problems, match="not UTF-8"):
        load_settings(tmp_path / "trackwarden.yml", {})


def test_a_file_makes_its_folder_the_workspace(tmp_path: Path) -> None:
    (tmp_path / "trackwarden.yml").write_text(LEAST, encoding="utf-8")
    assert load_settings(tmp_path / "trackwarden.yml", {}).root == tmp_path


# ---------------------------------------------------------------------------------------------- secrets


def test_secrets_are_in_no_text_of_the_settings() -> None:
    found = settings(FULL, {"SLACK_BOT_TOKEN": "xoxb-hunter2"})
    assert "hunter2" not in repr(found) + str(found) + found.model_dump_json()


def test_secrets_are_in_no_error() -> None:
    text = LEAST + "slack: {token: [xoxb-hunter2], webhook: {a: hunter2}}\nhistory: {url: [hunter2], urll: hunter2}\n"
    with pytest.raises(Problems) as caught:
        settings(text)
    assert "hunter2" not in str(caught.value) + repr(caught.value)
    assert caught.value.__cause__ is None


# ----------------------------------------------------------------------------------------------- values


@given(st.integers(0, 99_999), st.sampled_from("smhdw"))
def test_a_duration_is_its_number_of_units(number: int, unit: str) -> None:
    seconds = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}[unit]
    assert duration(f"{number}{unit}") == timedelta(seconds=number * seconds)


@given(st.text(max_size=8))
def test_any_text_is_a_duration_or_a_value_error(text: str) -> None:
    try:
        assert duration(text) >= timedelta()
    except ValueError as error:
        assert "is not a duration" in str(error)  # noqa: PT017 - either outcome is right


@pytest.mark.parametrize(
    "value", ["", "5", "-5%", "5 percent", "\u0665%", 5, -0.1, 1.5, None, True, "1e3%", "nan%", float("nan")]
)
def test_what_is_no_share_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="is not a share"):
        share(value)


@given(st.text(alphabet="abc:{}[]&*!|>'\"-?, \n0.1%@`#~", max_size=60))
def test_any_text_is_settings_or_problems(text: str) -> None:
    try:
        settings(text)
    except Problems as problems:
        assert problems.errors  # noqa: PT017 - either outcome is right


def test_a_workspace_given_by_a_relative_path_has_its_history_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "trackwarden.yml").write_text(
        "plan: {path: plan}\nprofile: {name: p}\nlandings: [{source: web, layout: segment, schema: web}]\n"
    )
    settings = load_settings(Path("shop") / "trackwarden.yml", {})
    assert settings.history_url() == f"sqlite:///{tmp_path / 'shop' / 'state' / 'history.db'}"
