"""`profiles.yml` is read as dbt reads it: dbt's own renderer is asked the same."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from dbt.config.renderer import ProfileRenderer
from dbt_common.context import set_invocation_context

from monitor.errors import ConfigError
from monitor.warehouse import read_profile
from monitor.warehouse.rendering import rendered

ENV = {
    "PORT": "5432", "HOST": "db.example", "YES": "True", "NAME": "it's \"x\" {{ y }}", "EMPTY": "",
    "LIST": "['a', 'b']", "DBT_ENV_SECRET_PASSWORD": "s3cr{et}", "ZEROS": "007",
}  # fmt: skip

ALIKE = (
    "plain", "5432", "{{ env_var('PORT') }}", "{{ env_var('PORT') | int }}", "{{ env_var('PORT') | as_number }}",
    "{{ env_var('NOTHING', '99') | as_number }}", "{{ env_var('YES') | as_bool }}", "{{ env_var('ZEROS') | as_text }}",
    "{{ env_var('LIST') | as_native }}", "{{ env_var('NAME') }}", "{{ env_var('EMPTY') }}", '{{env_var("HOST")}}',
    "{{ env_var('HOST') }}:{{ env_var('PORT') }}", "{{ env_var('HOST') | upper }}", "a {# gone #} b",
    "{{ 'x' if env_var('YES') == 'True' else 'y' }}", "{% if env_var('PORT') == '5432' %}five{% else %}six{% endif %}",
    "{{ env_var('NOTHING', env_var('HOST')) }}", "{{ env_var('DBT_ENV_SECRET_PASSWORD') }}", "{{ 1 + 1 }}",
    "{{ env_var('PORT') ~ '!' }}", "{{ env_var('EMPTY') or 'none' }}",
)  # fmt: skip


@pytest.mark.parametrize("value", ALIKE)
def test_a_value_is_rendered_as_dbt_renders_it(value: str) -> None:
    set_invocation_context(ENV)
    theirs = ProfileRenderer({}).render_value(value, ("outputs", "dev", "host"))
    mine = rendered(value, ENV, "here")
    assert (mine, type(mine)) == (theirs, type(theirs))


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("{{ env_var('NOTHING') }}", "the environment variable NOTHING is not set"),
        ("{{ nothing }}", "'nothing' is undefined"),
        ("{{ env_var('HOST') | as_number }}", "the value is not a number"),
        ("{{ env_var('HOST') | as_bool }}", "the value is not true or false"),
        ("{{ env_var(", "the template cannot be read"),
        ("{{ ''.__class__.__mro__ }}", "the template cannot be rendered"),
        ("{{ 1 / 0 }}", "the template cannot be rendered"),
    ],
)
def test_what_cannot_be_rendered_is_told_with_its_place_and_no_value(value: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        rendered({"deep": [value]}, ENV, "p.outputs.dev")
    assert told in caught.value.problem
    assert caught.value.where == "p.outputs.dev.deep"
    assert "db.example" not in str(caught.value)


def test_a_password_may_look_like_a_broken_template() -> None:
    assert rendered({"password": "x{{y"}, ENV, "p") == {"password": "x{{y"}


def profile(folder: Path, text: str, env: Mapping[str, str], target: str | None = None) -> Any:
    (folder / "profiles.yml").write_text(text)
    return read_profile(folder / "profiles.yml", "shop", target, env)


TEXT = """
shop:
  target: "{{ env_var('TARGET', 'dev') }}"
  outputs:
    dev: {type: sqlite, path: "{{ env_var('FOLDER') }}/w.db"}
    prod: {type: postgres, host: h, port: "{{ env_var('PORT') | as_number }}", keepalives: [1, "{{ env_var('PORT') }}"]}
"""


def test_the_target_is_a_template_too_and_other_targets_are_not_rendered(tmp_path: Path) -> None:
    found = profile(tmp_path, TEXT, {"TARGET": "prod", "PORT": "1"})
    assert (found.target, found.type, found.fields["port"], found.fields["keepalives"]) == (
        "prod",
        "postgres",
        1,
        [1, "1"],
    )
    assert profile(tmp_path, TEXT, {"FOLDER": "/x"}).fields["path"] == "/x/w.db"
    assert profile(tmp_path, TEXT, {"FOLDER": "/x", "TARGET": "prod"}, target="dev").type == "sqlite"


def test_a_profile_does_not_show_its_secrets(tmp_path: Path) -> None:
    assert "hunter2" not in repr(profile(tmp_path, "shop: {target: a, outputs: {a: {type: x, pass: hunter2}}}", {}))
