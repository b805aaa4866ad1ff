import jinja2
from hypothesis import given
from hypothesis import strategies as st

from monitor.targets.jinja import string, verbatim
from tests.fakes.landed import HOSTILE

TEXTS = st.text(st.sampled_from("{}%#-'\"\\ab \n")) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\r")
)


def rendered(template: str) -> str:
    return jinja2.Environment(keep_trailing_newline=True).from_string(template).render()  # noqa: S701 - as dbt does


@given(TEXTS)
def test_text_from_outside_renders_to_itself(text: str) -> None:
    assert rendered(verbatim(text)) == text


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_string_literal_is_the_text(text: str) -> None:
    assert rendered("{{ " + string(text) + " }}") == text


def test_nothing_of_a_hostile_description_runs() -> None:
    assert rendered(verbatim(HOSTILE)) == HOSTILE
