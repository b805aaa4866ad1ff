"""Pages as HTML: hostile names stay text, the policy names exactly what is there, everything is labelled."""

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from markupsafe import escape

from monitor.report.build import build_site
from monitor.report.pages import Site
from monitor.report.render import clean, render_event, render_overview, sparkline
from tests.fakes.sites import Made, hostile, sampled, shop

PAYLOADS = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "</style><style>*{display:none}</style>",
    "\" onmouseover=\"alert(1)\" x=\"' onfocus='alert(1)' autofocus='",
    "javascript:alert(1)",
    "{{ 7*7 }}{% raw %}${7*7}",
    "a\x00b\x08c\x7f\u202egpj.exe\u2066\ud800",
    "--><!-- ]]>",
    "<details open ontoggle=alert(1)>",
    "x" * 5000 + " y",
)
ALLOWED = {
    "a",
    "article",
    "b",
    "body",
    "br",
    "caption",
    "circle",
    "code",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "footer",
    "g",
    "h1",
    "h2",
    "h3",
    "head",
    "header",
    "html",
    "i",
    "input",
    "label",
    "li",
    "line",
    "main",
    "meta",
    "nav",
    "option",
    "p",
    "path",
    "rect",
    "script",
    "section",
    "select",
    "span",
    "style",
    "summary",
    "svg",
    "table",
    "tbody",
    "td",
    "text",
    "th",
    "thead",
    "title",
    "tr",
    "ul",
}


class Seen(HTMLParser):
    """Tags, attributes and addresses of a page, and the text of its style and script."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: dict[str, int] = {}
        self.attributes: set[str] = set()
        self.addresses: set[str] = set()
        self.raw: dict[str, str] = {}
        self.ids: list[str] = []
        self.labels: set[str] = set()
        self.silent_drawings = 0
        self._inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] = self.tags.get(tag, 0) + 1
        for name, value in attrs:
            self.attributes.add(name)
            if name in ("href", "src", "action"):
                self.addresses.add(value or "")
            if name == "id":
                self.ids.append(value or "")
            if name in ("aria-labelledby", "for"):
                self.labels.add(value or "")
        given = dict(attrs)
        if tag == "svg" and not (given.get("aria-label") or given.get("aria-hidden") == "true"):
            self.silent_drawings += 1
        if tag in ("style", "script"):
            self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = "" if tag == self._inside else self._inside

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.raw[self._inside] = self.raw.get(self._inside, "") + data


def built(payload: str = "") -> Site:
    made = hostile(payload) if payload else shop()
    return build_site(made.contract, made.past, made.findings, made.incidents, made.info)


def pages_of(site: Site, count: int = 3) -> list[str]:
    return [render_overview(site.overview), *(render_event(page) for page in site.pages[:count])]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_in_every_field_adds_no_tag_and_no_handler(payload: str) -> None:
    for page in pages_of(built(payload), 1):
        seen = Seen(page)

        assert set(seen.tags) <= ALLOWED
        assert seen.tags["style"] == 1
        assert seen.tags.get("script", 0) <= 1
        assert not {name for name in seen.attributes if name.startswith("on") or name in ("style", "src", "srcset")}
        assert all(re.match(r"(\.\./)?(index\.html|events/[a-z0-9-]+\.html)\Z|#main\Z", one) for one in seen.addresses)


@pytest.mark.parametrize("payload", PAYLOADS[:5])
def test_a_payload_is_shown_as_it_is_written(payload: str) -> None:
    assert str(escape(payload)) in render_event(built(payload).pages[0])


def test_control_and_direction_characters_become_visible() -> None:
    page = render_overview(built("a\x00b\u202ec\ud800").overview)

    assert "a\ufffdb\ufffdc\ufffd" in page
    assert "\x00" not in page
    page.encode("utf-8")


def test_clean_keeps_line_breaks_and_every_script() -> None:
    assert clean("日本\n\tعربى é 👍") == "日本\n\tعربى é 👍"


def test_the_policy_allows_exactly_the_style_and_the_script_that_are_there() -> None:
    for page in pages_of(built()):
        seen = Seen(page)
        policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
        assert policy is not None
        said = policy.group(1).replace("&#39;", "'")

        assert "default-src 'none'" in said
        assert "unsafe" not in said
        for raw in seen.raw.values():
            assert b64encode(sha256(raw.encode()).digest()).decode() in said


def test_a_page_asks_the_network_for_nothing() -> None:
    for page in pages_of(built()):
        assert not re.search(r"url\(|@import|<link|<iframe|src=", page)


def test_a_link_that_is_no_address_is_text() -> None:
    page = render_overview(built("javascript:alert(1)").overview)

    assert 'href="javascript' not in page
    assert "javascript:alert(1)" in page


def test_landmarks_headings_captions_and_labels_are_there() -> None:
    for page in pages_of(built()):
        seen = Seen(page)

        assert seen.tags["main"] == seen.tags["header"] == seen.tags["footer"] == seen.tags["h1"] == 1
        assert seen.tags["caption"] == seen.tags["table"]
        assert len(seen.ids) == len(set(seen.ids)), "an id names one element"
        assert seen.labels <= set(seen.ids)
        assert seen.silent_drawings == 0, "a drawing has a label or is decoration"


def test_a_page_says_of_how_many_rows_its_rates_are_where_they_are_of_a_sample() -> None:
    whole, part = (
        build_site(made.contract, made.past, made.findings, made.incidents, made.info)
        for made in (shop(), sampled(shop()))
    )
    event = next(one for one in part.pages if one.event == "Order Completed")
    html = render_event(event)
    rows, checked = (sum(getattr(one, name) for one in event.versions if one.status) for name in ("rows", "checked"))
    share = f"{100 * checked / rows:.1f}%"
    assert f"Rules were checked on a sample: {share} of the rows, {checked:,} of {rows:,}." in html
    assert html.count("Rules were checked on a sample") == 1 + sum(one.checked < one.rows for one in event.versions)
    assert f"of {event.day.checked:,} sampled" in html
    assert "sampled" in render_overview(part.overview)
    before = next(one for one in whole.pages if one.event == "Order Completed")
    assert "sample" not in render_event(before)
    assert "sampled" not in render_overview(whole.overview)


def test_a_version_of_which_no_row_was_checked_has_no_rate() -> None:
    site = build_site(*(getattr(sampled(shop(), 10**9), name) for name in Made.__slots__))
    event = next(one for one in site.pages if one.event == "Order Completed")
    assert all(one.checked == 0 for one in event.versions if one.status)
    assert render_event(event).count("not checked") >= len([one for one in event.versions if one.rows])


def test_the_page_of_an_event_never_seen_is_light() -> None:
    page = render_event(built().pages[-1])

    assert "Never seen" in page
    assert 'class="chart"' not in page
    assert len(page) < 20_000


def test_the_overview_says_every_state_also_where_it_counts_nothing() -> None:
    page = render_overview(built().overview)

    assert re.findall(r"</b><span>([a-z ]+)</span>", page) == [
        "critical",
        "warning",
        "unknown",
        "info only",
        "ok",
        "not seen",
    ]


def test_a_sparkline_has_a_gap_where_nothing_was_measured() -> None:
    assert sparkline([1.0, None, 1.0]).path.count("M") == 2
    assert sparkline([None, None]).path == ""
    assert sparkline([]).path == ""
