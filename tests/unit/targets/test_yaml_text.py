import yaml
from hypothesis import given
from hypothesis import strategies as st

from monitor.targets.yaml_text import dump, scalar

WORDS = st.sampled_from(
    ["yes", "null", "~", "1e3", "2026-01-01", "- a", "a: b", "#", "x #y", "", " x", "01", "=", "a\n b"]
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"])) | WORDS
VALUES = st.recursive(
    TEXTS | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=4))
def test_what_is_dumped_is_what_a_yaml_reader_reads(value: dict[str, object]) -> None:
    assert yaml.safe_load(dump(value)) == value  # type: ignore[arg-type]


def test_a_lone_surrogate_does_not_stop_a_file() -> None:
    assert yaml.safe_load(scalar("a\ud800b")) == "a\ufffdb"
