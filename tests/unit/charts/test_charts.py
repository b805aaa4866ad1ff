"""Charts: what is drawn, that nothing from outside gets out of its text, and that nothing needs a network."""

import struct
from xml.etree import ElementTree as ET

import pytest

from monitor.charts.draw import png, summary, svg
from monitor.charts.model import DAILY, HOURLY, MOST_LINES, Band, Chart, Line, Shape, Unit
from monitor.charts.scale import time_ticks, value_ticks
from monitor.charts.spec import PAGE, PAPER, Size, vega_lite

MONDAY = 495_048 // 24 * 24


def chart(*lines: Line, unit: Unit = Unit.ROWS, step: int = DAILY, shape: Shape = Shape.LINES) -> Chart:
    return Chart("Rows per day, by source", unit, MONDAY, step, lines or (Line("web", (1.0, 2.0, 3.0)),), shape)


def test_a_chart_without_lines_or_with_too_many_is_refused() -> None:
    with pytest.raises(ValueError, match="1 to 6 lines, not 0"):
        Chart("", Unit.ROWS, 0, DAILY, ())
    with pytest.raises(ValueError, match="not 7"):
        Chart("", Unit.ROWS, 0, DAILY, (Line("a", (1.0,)),) * (MOST_LINES + 1))


def test_lines_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="one length"):
        chart(Line("web", (1.0,)), Line("ios", (1.0, 2.0)))


@pytest.mark.parametrize("top", [0, 1, 3, 7, 12, 99, 1234, 8_765_432])
def test_the_value_axis_starts_at_zero_and_holds_the_largest_number(top: int) -> None:
    ticks = value_ticks(chart(Line("web", (0.0, float(top)))))

    assert ticks[0].at == 0
    assert ticks[-1].at >= max(top, 1)
    assert 2 <= len(ticks) <= 6
    assert all(tick.at == int(tick.at) for tick in ticks), "half a row is no row"


def test_a_share_never_exceeds_the_whole_on_the_axis() -> None:
    assert value_ticks(chart(Line("a", (1.0, 0.5)), unit=Unit.SHARE))[-1].label == "100%"


def test_a_line_of_zeros_and_one_of_nothing_have_an_axis() -> None:
    assert value_ticks(chart(Line("a", (0.0, 0.0))))[-1].at == 1
    assert value_ticks(chart(Line("a", (None, None))))[-1].at == 1


def test_weekly_ticks_are_mondays() -> None:
    ticks = time_ticks(chart(Line("web", tuple(float(n) for n in range(50)))))

    assert {(int(tick.at) // 24 + 3) % 7 for tick in ticks} == {0}
    assert len(ticks) >= 3


def test_ticks_of_hours_are_utc_midnights() -> None:
    ticks = time_ticks(chart(Line("web", (1.0,) * 168), step=HOURLY))

    assert all(tick.at % 24 == 0 for tick in ticks)


def test_not_measured_travels_as_null_and_never_as_zero() -> None:
    spec = vega_lite(chart(Line("web", (1.0, None, 3.0))), PAGE, Size())

    assert [row["y"] for row in spec["datasets"]["lines"]] == [1.0, None, 3.0]


def test_the_specification_says_the_same_to_page_and_paper() -> None:
    page, paper = (vega_lite(chart(), ink, Size()) for ink in (PAGE, PAPER))

    assert page["datasets"] == paper["datasets"]
    assert page["params"] == paper["params"]


def test_the_svg_is_well_formed_and_takes_its_colours_from_the_page() -> None:
    drawn = svg(chart(Line("web", (1.0, None, 3.0)), Line("ios", (3.0, 2.0, 1.0))))

    root = ET.fromstring(drawn)  # noqa: S314 - our own drawing
    assert "var(--line-1)" in drawn
    assert "var(--line-2)" in drawn
    assert root.get("role") == "img"
    assert "http" not in drawn, "no namespace, no address"


def test_hovering_says_the_numbers_and_what_was_not_measured() -> None:
    drawn = svg(chart(Line("web", (12480.0, None, 3.0))))

    assert "web: 12,480" in drawn
    assert "web: not measured" in drawn


def test_the_summary_says_title_range_and_last_numbers() -> None:
    said = summary(chart(Line("web", (1.0, 2.0, None)), Line("ios", (0.0, 0.0, 7.0))))

    assert said.endswith("Last: web 2, ios 7.")


@pytest.mark.parametrize(
    "payload", ["</svg><script>alert(1)</script>", "\"' onload=alert(1) x='", "a\x00b\x1f", "\ud800", "'];alert(1)//"]
)
def test_a_hostile_name_stays_text(payload: str) -> None:
    hostile = Chart(payload, Unit.ROWS, MONDAY, DAILY, (Line(payload, (1.0, 2.0)), Line("b", (1.0, 1.0))))

    root = ET.fromstring(svg(hostile))  # noqa: S314 - our own drawing
    tags = {element.tag for element in root.iter()}
    attributes = {name for element in root.iter() for name in element.keys()}  # noqa: SIM118 - an element is no mapping

    assert tags <= {"svg", "g", "path", "line", "rect", "text", "title"}
    assert not {name for name in attributes if name.startswith("on") or "href" in name or name == "style"}
    assert png(hostile).startswith(b"\x89PNG")


def test_band_limit_and_stack_are_drawn() -> None:
    full = Chart(
        "Rows", Unit.ROWS, MONDAY, HOURLY, (Line("web", (1.0, 2.0)),), band=Band((0.0, None), (3.0, None)), limit=9.0
    )
    parts = chart(Line("1-0-0", (0.2, 0.0)), Line("1-1-0", (0.8, 1.0)), unit=Unit.SHARE, shape=Shape.STACKED)

    assert "var(--band)" in svg(full)
    assert "var(--critical)" in svg(full)
    assert value_ticks(full)[-1].at >= 9
    assert parts.top == 1.0
    assert "100%" in svg(parts)


def test_what_was_expected_is_dashed_and_said() -> None:
    judged = Chart("Rows", Unit.ROWS, MONDAY, HOURLY, (Line("ios", (1.0, 2.0)),), expected=(5.0, None))

    assert 'stroke-dasharray="4,3"' in svg(judged)
    assert "ios: 1\nexpected: 5" in svg(judged)
    assert "ios: 2\nexpected: –" in svg(judged)
    assert value_ticks(judged)[-1].at >= 5
    with pytest.raises(ValueError, match="as long as the lines"):
        Chart("Rows", Unit.ROWS, MONDAY, HOURLY, (Line("ios", (1.0, 2.0)),), expected=(5.0,))


def test_a_single_point_can_be_drawn() -> None:
    assert svg(chart(Line("web", (1.0,))))


def test_the_png_has_twice_the_size_of_its_plot_and_more() -> None:
    drawn = png(chart(Line("web", (1.0, 2.0)), Line("ios", (1.0, 2.0))))

    width, height = struct.unpack(">II", drawn[16:24])
    assert width > 2 * Size().width
    assert height > 2 * Size().height


def test_the_same_chart_is_drawn_the_same() -> None:
    assert svg(chart()) == svg(chart())
