"""What README and docs say is so: keys, commands, options, links, examples, verdicts."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from types import NoneType
from typing import Any, NamedTuple, TypeAlias, get_args, get_origin

import click
import pytest
import yaml
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from monitor.cli import main as trackwarden
from monitor.cli.present.document import FindingDocument, MeasuredDocument, RuleDocument, RunDocument, VersionDocument
from monitor.cli.present.verdicts import REASONS
from monitor.config import Settings, parse_settings
from monitor.contract import walk
from monitor.contract.rules import ANNOTATIONS, RULES
from monitor.contract.rules.form import FORMATS
from monitor.errors import ExitCode
from monitor.judge.explain import EXPLANATIONS
from monitor.landing.app_versions import parse_version_map
from monitor.plan.model import Status, Tier
from monitor.readers.native import EventFile, VersionBody, read_native
from scripts import findings_reference

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = (ROOT / "README.md", *sorted(DOCS.glob("*.md")))
WIDEST = 120

Keys: TypeAlias = dict[str, "Key"]


class Key(NamedTuple):
    """One key of the configuration, as the models have it."""

    default: Any
    opens: bool
    """It only opens a section, whose keys have rows of their own."""


page = pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))


def text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def fenced(markdown: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", markdown, re.MULTILINE | re.DOTALL)


def unfenced(markdown: str) -> str:
    return re.sub(r"^```.*?^```", "", markdown, flags=re.MULTILINE | re.DOTALL)


def section(markdown: str, title: str) -> str:
    """What stands under a heading, up to the next one of any level; code blocks left out."""
    found = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#+ |\Z)", unfenced(markdown), re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


def rows(markdown: str) -> list[list[str]]:
    """The cells of every row of every table, headings and rules left out."""
    bodies = re.sub(r"^\|.*\|\n\|[ -|]*---[ -|]*\|$", "", markdown, flags=re.MULTILINE)
    lines = re.findall(r"^\|(.*)\|$", bodies, re.MULTILINE)
    return [[cell.strip() for cell in line.split(" | ")] for line in lines]


def coded(markdown: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", markdown)


# ───────────────────────────────────────────────────────────────────────────────────────── every page


@page
def test_no_line_is_wider_than_a_screen(page: Path) -> None:
    wide = [
        number for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1) if len(line) > WIDEST
    ]
    assert not wide or page.name == "cli.md"


def anchors(path: Path) -> set[str]:
    titles = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@page
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", unfenced(page.read_text(encoding="utf-8"))):
        if target.startswith("https://"):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.is_relative_to(ROOT), target
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target


def test_the_index_names_every_page() -> None:
    linked = set(re.findall(r"\]\(([^)#\s]+)\)", text("README.md")))
    assert {path.name for path in DOCS.glob("*.md")} - {"README.md"} <= linked


def commands(markdown: str) -> Iterator[str]:
    """Every `trackwarden …` that is quoted: on lines of shell blocks, and inline."""
    shell = "\n".join(fenced(markdown, "sh"))
    yield from re.findall(r"^(?:\S*/)?(trackwarden\b[^#|\n]*)", shell, re.MULTILINE)
    yield from (" ".join(found.split()) for found in re.findall(r"`(trackwarden [^`]+)`", unfenced(markdown)))


@page
def test_every_quoted_command_exists_and_takes_its_options(page: Path) -> None:
    for command in commands(page.read_text(encoding="utf-8")):
        if "COMMAND" in command:
            continue
        try:
            understood(shlex.split(command)[1:])
        except click.UsageError as error:
            pytest.fail(f"`{command}`: {error.format_message()}")


def understood(words: list[str]) -> None:
    """Raises UsageError where the commands do not take these words; nothing is run."""
    command: click.Command = trackwarden
    context = click.Context(command, info_name="trackwarden", help_option_names=["-h", "--help"])
    while True:
        _, rest, _ = command.make_parser(context).parse_args(list(words))
        if not isinstance(command, click.Group) or not rest:
            break
        below = command.get_command(context, rest[0])
        if below is None:
            raise click.UsageError(f"there is no command {rest[0]}")
        command, words = below, rest[1:]
        context = click.Context(command, info_name=rest[0], parent=context)
    if not isinstance(command, click.Group):
        command.make_context(context.info_name, list(words), resilient_parsing="--help" in words)


@pytest.mark.parametrize("wrong", ["run --sinse 7d", "rum", "run --fail-on loud", "plan shwo", "-X run", "run Order"])
def test_a_command_that_does_not_exist_would_be_noticed(wrong: str) -> None:
    with pytest.raises(click.UsageError):
        understood(shlex.split(wrong))


@page
def test_every_quoted_make_target_exists(page: Path) -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    markdown = page.read_text(encoding="utf-8")
    quoted = re.findall(r"`make ([a-z]+)", markdown) + re.findall(r"^make ([a-z]+)", markdown, re.MULTILINE)
    assert set(quoted) <= set(targets)


# ────────────────────────────────────────────────────────────────────────────────────── configuration


def keys(model: type[BaseModel], start: str = "") -> Keys:
    """Every key of the file by its dotted path; `[]` is any item of a list, `*` any key that the user chooses."""
    found: Keys = {}
    for name, field in model.model_fields.items():
        if (model, name) == (Settings, "root"):
            continue
        path = f"{start}{field.alias or name}"
        default = PydanticUndefined if field.is_required() else field.default
        pure = isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
        found[path] = Key(default, opens=pure or path == "landings")
        for below, inside in sections(field.annotation, path):
            for key, one in keys(inside, f"{below}.").items():
                found.setdefault(key, one)
    return found


def sections(annotation: Any, path: str) -> Iterator[tuple[str, type[BaseModel]]]:
    """The models inside an annotation, each with the path at which it stands."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield path, annotation
        return
    origin = get_origin(annotation)
    step = "[]" if origin is tuple else ".*" if origin is Mapping else ""
    for part in get_args(annotation):
        if part not in (NoneType, Ellipsis):
            yield from sections(part, path + step)


def leaves() -> Keys:
    """The keys that have a row of their own."""
    return {path: key for path, key in keys(Settings).items() if not key.opens}


def as_written(default: Any) -> str:
    if default is PydanticUndefined:
        return "required"
    if isinstance(default, timedelta):
        hours, rest = divmod(default, timedelta(hours=1))
        return f"{rest // timedelta(seconds=1)}s" if rest else f"{hours}h"
    if isinstance(default, bool | float):
        return str(default).lower() if isinstance(default, bool) else f"{default:.0%}"
    if isinstance(default, BaseModel):
        return "written"
    if hasattr(default, "get_secret_value"):
        return str(default.get_secret_value())
    return "none" if default in (None, {}, ()) else str(default)


def listed_keys() -> dict[str, list[str]]:
    return {coded(cells[0])[0]: cells for cells in rows(text("configuration.md"))}


def test_every_key_of_the_configuration_is_documented_and_no_other() -> None:
    assert listed_keys().keys() == leaves().keys()


@pytest.mark.parametrize("path", sorted(leaves()))
def test_the_documented_default_is_the_real_one(path: str) -> None:
    if path not in listed_keys():
        pytest.fail(f"{path} is not in docs/configuration.md")
    shown, key = listed_keys()[path][2].strip("`"), leaves()[path]
    if path == "schedule.every":  # the section's own default
        assert shown == as_written(Settings.model_fields["schedule"].default.every)
    elif shown == "by layout":
        assert key.default in (None, (), "auto")
    elif not (path.startswith("landings[].version[].column") and shown == "none"):
        assert shown == as_written(key.default)


MINIMAL = yaml.safe_load(
    """
    plan: {path: tracking_plan}
    profile: {name: trackwarden}
    landings: [{source: web, layout: segment, schema: web}]
    """
)


def configurations() -> list[str]:
    """Every YAML block of the pages that is a part of trackwarden.yml."""
    blocks = [block for name in ("configuration.md", "landings.md") for block in fenced(text(name), "yaml")]
    return [block for block in blocks if not block.startswith("#")]


@pytest.mark.parametrize("block", configurations())
def test_every_configuration_example_is_valid(block: str) -> None:
    whole = yaml.safe_dump(MINIMAL | yaml.safe_load(block), sort_keys=False)
    parse_settings(whole, {"SLACK_BOT_TOKEN": "xoxb-1"}, name="trackwarden.yml", root=Path())


def test_every_key_has_an_example() -> None:
    shown = {path for block in configurations() for path in paths(yaml.safe_load(block))}
    masked = {re.sub(r"(teams|dates|channels)\.[^.]+", r"\1.*", path) for path in shown}
    assert set(leaves()) <= masked


def paths(value: Any, start: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            path = f"{start}.{key}" if start else str(key)
            yield path
            yield from paths(inner, path)
    elif isinstance(value, list):
        for inner in value:
            yield from paths(inner, f"{start}[]")


def test_the_example_of_versions_yml_is_read() -> None:
    blocks = [block for block in fenced(text("landings.md"), "yaml") if block.startswith("# versions.yml")]
    assert [[entry.source for entry in parse_version_map(yaml.safe_load(block), "").entries] for block in blocks] == [
        ["ios", "ios"]
    ]


# ─────────────────────────────────────────────────────────────────────────────────────── tracking plan


def test_the_example_plan_is_read(tmp_path: Path) -> None:
    for block in fenced(text("tracking-plan.md"), "yaml"):
        name = block.partition("\n")[0].removeprefix("# tracking_plan/")
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(block, encoding="utf-8")
    event = read_native(tmp_path).events[0]
    assert [version.version for version in event.versions] == ["1-0-0", "1-1-0"]
    assert event.versions[1].schema["properties"]["order_id"]["format"] == "uuid"


def test_every_key_of_a_plan_file_is_documented_and_no_other() -> None:
    documented = {
        coded(cells[0])[0]: cells for cells in rows(section(text("tracking-plan.md"), "trackwarden's own format"))
    }
    fields = {
        field.alias or name: field for model in (EventFile, VersionBody) for name, field in model.model_fields.items()
    }
    assert documented.keys() == fields.keys()
    assert {key for key, cells in documented.items() if cells[2] == "required"} == {
        key for key, field in fields.items() if field.is_required()
    }


def test_every_tier_and_status_is_documented() -> None:
    assert {*Tier, *Status} <= set(coded(text("tracking-plan.md")))
    assert {coded(cells[0])[0] for cells in rows(section(text("concepts.md"), "Event versions"))} == set(Status)


def test_the_checked_keywords_are_those_of_the_rules() -> None:
    documented = {coded(cells[0])[0] for cells in rows(section(text("tracking-plan.md"), "Keywords that are checked"))}
    assert documented == RULES.keys() | walk._WALKED


def test_the_refused_keywords_are_those_that_are_known_and_not_compiled() -> None:
    assert (
        set(coded(section(text("tracking-plan.md"), "Keywords that are refused"))) - {"plan lint"} == walk._VALIDATING
    )


def test_the_annotations_are_those_without_a_verdict() -> None:
    documented = section(text("tracking-plan.md"), "Annotations").partition("`pii: true`")[0]
    assert set(coded(documented)) == ANNOTATIONS


def test_every_format_is_documented() -> None:
    cells = next(cells for cells in rows(text("tracking-plan.md")) if cells[0] == "`format`")
    assert coded(cells[1]) == list(FORMATS)


def test_the_four_verdicts_are_documented_with_their_signs() -> None:
    documented = {cells[0]: cells[1] for cells in rows(section(text("tracking-plan.md"), "Verdicts"))}
    assert documented == {word: sign for word, (sign, _) in REASONS.items()}


# ──────────────────────────────────────────────────────────────────────────────────────────── the rest


def test_every_exit_code_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert {int(cells[0]) for cells in rows(section(readme, "Exit codes"))} == set(ExitCode)


def test_the_example_of_a_run_has_the_keys_of_a_run() -> None:
    (example,) = map(json.loads, fenced(text("outputs.md"), "json"))
    version, finding = example["versions"][0], example["findings"][0]
    assert example.keys() == RunDocument.__annotations__.keys()
    assert example["measured"].keys() == MeasuredDocument.__annotations__.keys()
    assert version.keys() == VersionDocument.__annotations__.keys()
    assert version["rules"][0].keys() == RuleDocument.__annotations__.keys()
    assert finding.keys() == FindingDocument.__annotations__.keys()


def test_the_findings_page_is_up_to_date() -> None:
    assert text("findings.md") == findings_reference.reference(), "python scripts/findings_reference.py writes it"


def test_every_kind_of_finding_says_how_loud_it_is() -> None:
    assert findings_reference.SEVERITY.keys() == EXPLANATIONS.keys()
