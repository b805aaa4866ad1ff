from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from monitor.errors import TargetError
from monitor.targets.generate import generate
from monitor.targets.model import MARK, GeneratedFile, Mode, Tree
from monitor.targets.write import check, write
from tests.fakes import landed
from tests.fakes.landed import contract, orders


def shop(root: Path, *events: Any, text: str = landed.SETTINGS) -> tuple[Tree, ...]:
    return generate(contract(*events), landed.settings(root, text), "duckdb")


def test_what_is_written_has_no_drift_and_is_not_written_again(tmp_path: Path) -> None:
    assert check(shop(tmp_path)).missing
    assert write(shop(tmp_path)).written == sum(len(tree.files) for tree in shop(tmp_path))
    assert not check(shop(tmp_path))
    assert write(shop(tmp_path)).written == 0


def test_checking_writes_nothing(tmp_path: Path) -> None:
    check(shop(tmp_path))
    assert not list(tmp_path.iterdir())


def test_a_change_of_the_plan_is_a_diff(tmp_path: Path) -> None:
    write(shop(tmp_path))
    drift = check(shop(tmp_path, orders(description="Paid.")))
    assert len(drift.changed) == 7
    assert '+        description: "Paid."' in drift.diff or "+        description: Paid" in drift.diff
    assert not drift.missing
    assert not drift.stale


def test_an_event_that_leaves_the_plan_takes_its_files_with_it(tmp_path: Path) -> None:
    write(shop(tmp_path, orders(), orders(name="Order Refunded")))
    drift = check(shop(tmp_path))
    assert {path.stem for path in drift.stale} == {"android", "stg_order_refunded"}
    assert write(shop(tmp_path)).removed == len(drift.stale)
    assert not check(shop(tmp_path))
    assert not (tmp_path / "expectations/suites/order_refunded").exists()


def test_files_beside_ours_are_not_touched(tmp_path: Path) -> None:
    write(shop(tmp_path))
    own = tmp_path / "dbt_project/models/staging/stg_mine.sql"
    own.write_text("select 1")
    suite = tmp_path / "expectations/suites/mine.json"
    suite.write_text('{"name": "mine"}')
    assert not check(shop(tmp_path))
    write(shop(tmp_path))
    assert own.exists()
    assert suite.exists()


def test_a_stale_yaml_keeps_what_a_user_wrote_into_it(tmp_path: Path) -> None:
    write(shop(tmp_path, orders(), orders(name="Order Refunded")))
    file = tmp_path / "dbt_project/models/staging/stg_order_refunded.yml"
    file.write_text(file.read_text().replace("    columns:\n", "    latest_version: 2\n    columns:\n"))
    write(shop(tmp_path))
    assert "latest_version: 2" in file.read_text()
    assert "trackwarden:\n" not in file.read_text()
    assert not check(shop(tmp_path))


def test_a_file_that_is_not_ours_is_never_overwritten(tmp_path: Path) -> None:
    model = tmp_path / "dbt_project/models/staging/stg_order_completed.sql"
    model.parent.mkdir(parents=True)
    model.write_text("select 1")
    with pytest.raises(TargetError, match="did not write"):
        write(shop(tmp_path))
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [model.name]


def test_a_project_s_own_settings_are_written_once(tmp_path: Path) -> None:
    write(shop(tmp_path))
    settings = tmp_path / "dbt_project/dbt_project.yml"
    settings.write_text(settings.read_text() + "# mine\n")
    assert not check(shop(tmp_path))
    write(shop(tmp_path))
    assert settings.read_text().endswith("# mine\n")


def test_a_hand_s_edit_of_a_generated_model_is_drift(tmp_path: Path) -> None:
    write(shop(tmp_path))
    model = tmp_path / "dbt_project/models/staging/stg_order_completed.sql"
    model.write_text(model.read_text().replace("union all", "union"))
    assert check(shop(tmp_path)).changed == (model,)


def test_projects_may_lie_elsewhere_or_nowhere(tmp_path: Path) -> None:
    text = landed.SETTINGS + "targets: {gx: null, dbt: {project: ../other/warehouse}}\n"
    (tree,) = shop(tmp_path / "workspace", text=text)
    write([tree])
    assert (tmp_path / "other/warehouse/models/sources/raw.yml").is_file()


def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "expectations").write_text("a file")
    with pytest.raises(TargetError, match="expectations"):
        write(shop(tmp_path))


def test_a_file_that_is_not_text_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_bytes(b"\xff")
    with pytest.raises(TargetError, match="UTF-8"):
        check([Tree(tmp_path, (GeneratedFile(PurePosixPath("a.sql"), MARK),), ())])


def test_a_text_without_a_last_newline_is_still_a_diff(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text(MARK)
    drift = check([Tree(tmp_path, (GeneratedFile(PurePosixPath("a.sql"), f"{MARK}\n", Mode.WHOLE),), ())])
    assert "No newline at end of file" in drift.diff


def test_half_a_character_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="half a character"):
        write([Tree(tmp_path, (GeneratedFile(PurePosixPath("a.sql"), f"{MARK} \ud800"),), ())])
    assert not list(tmp_path.iterdir())
