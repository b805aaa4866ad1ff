"""Messages in every form: the same facts, within a service's room, and hostile names do nothing in any of them."""

import html.parser
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alert.forms import Form, Room, as_it_is, harmless, unlinked, write
from monitor.alert.letter import letter
from monitor.alert.message import messages
from monitor.alert.page import Facts, Page, Paragraph, Span, Style, page_of
from monitor.alert.routing import Routing
from monitor.alert.single import single
from monitor.incidents.model import Intent
from monitor.judge.model import Finding, Severity
from tests.fakes.told import CONTEXT, FAILING, transition
from tests.unit.alert.test_limits import FINDING, QUICK, TEXT

REPORT = "https://reports.example/tracking"
TOLD = replace(CONTEXT, report_url=REPORT, routing=Routing())
EVIL = (
    "@everyone @here @room <@1> <!channel> <at>ann</at> [x](https://evil.example) **b** __u__ ~~s~~ ||hid|| `c` "
    '<script>alert(1)</script> <img src=x onerror=alert(1)> " onmouseover="x \\* www.evil.example\r\nBcc: x@y.z'
)


class Tags(html.parser.HTMLParser):
    """Every tag, and every attribute that fetches or runs something."""

    def __init__(self, said: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.bad: list[str] = []
        self.feed(said)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            self.links += [value or ""] if name == "href" else []
            self.bad += [name] if name.startswith("on") or name in ("src", "srcset", "background") else []
            self.bad += ["url in style"] if name == "style" and "url(" in (value or "") else []


ALLOWED = {
    "a", "b", "body", "br", "code", "div", "h1", "head", "html", "i", "li", "meta", "p", "pre", "span", "table", "td",
    "title", "tr", "ul",
}  # fmt: skip
"""Ours."""


def held(said: str) -> Tags:
    tags = Tags(said)
    assert set(tags.tags) <= ALLOWED, set(tags.tags) - ALLOWED
    assert tags.bad == []
    assert all(link.startswith(REPORT) for link in tags.links), tags.links
    return tags


@given(FINDING, st.sampled_from([Intent.OPENED, Intent.ESCALATED, Intent.RESOLVED, Intent.WITHDRAWN]), TEXT)
@QUICK
def test_whatever_lands_neither_mentions_nor_links_nor_formats_in_any_form(
    finding: Finding, intent: Intent, team: str
) -> None:
    step = transition(replace(finding, event=f"{finding.event} {EVIL}", message=f"{finding.message} {EVIL}"), intent)
    page = page_of(single(step, "channels.x", replace(TOLD, plan_revision=team)))
    for form in Form:
        said = write(page, form, Room(0 if form is Form.HTML else 250, 30_000), harmless)
        for text in (said.title, said.body):
            without = re.sub(rf"{re.escape(REPORT)}[^\s)\"<]*", "", text)
            assert "@" not in without
            assert "://" not in without
            assert "www." not in without
            assert "\n" not in said.title
            assert "\r" not in text
            if form is not Form.HTML:
                assert not set(without) & set("<>|\\~"), without
        if form is Form.MARKDOWN:
            assert not set(said.title) & set("*`[]"), said.title
            assert said.body.count("**") % 2 == 0
            assert re.findall(r"\]\((?!https://reports\.example/tracking)", said.body) == []
        if form is Form.HTML:
            held(said.body)
    held(letter(page, None if intent in (Intent.RESOLVED, Intent.WITHDRAWN) else step.after.severity))


@given(
    st.lists(st.tuples(FINDING, st.sampled_from([Intent.OPENED, Intent.ADOPTED, Intent.RESOLVED])), max_size=14),
    st.integers(60, 4_000),
    st.integers(0, 250),
    st.sampled_from(Form),
)
@QUICK
def test_every_message_is_within_a_services_room(
    told: list[tuple[Finding, Intent]], body: int, title: int, form: Form
) -> None:
    steps = [transition(finding, intent, number=number) for number, (finding, intent) in enumerate(told)]
    for delivery in messages(steps, TOLD):
        said = write(page_of(delivery), form, Room(title, body), harmless)
        assert len(said.title) <= title
        assert len(said.title) > 0 or title == 0
        if title or form is not Form.HTML:  # an HTML title is escaped, and never cut in an entity
            assert len(said.body) <= body, (len(said.body), body)


@pytest.mark.parametrize("form", Form)
def test_each_form_has_every_fact(form: Form) -> None:
    page = page_of(single(transition(FAILING), "channels.x", TOLD))
    said = write(page, form, Room(250, 4_000), as_it_is)
    for fact in ("1-1-0", "ios", "2,271", "12,480", "currency:enum", "checkout", "What to do", f"{REPORT}/index.html"):
        assert fact in said.body, fact
    assert "trackwarden incidents ack 00000000" in said.body


def test_what_does_not_fit_is_left_out_whole_and_the_way_to_the_report_stays() -> None:
    page = page_of(single(transition(FAILING), "channels.x", TOLD))
    whole = write(page, Form.MARKDOWN, Room(250, 4_000), harmless).body
    for room in range(60, len(whole), 7):
        said = write(page, Form.MARKDOWN, Room(250, room), harmless).body
        assert said.endswith(f"[Open report]({REPORT}/index.html)") or len(f"[Open report]({REPORT}/index.html)") > room
        assert all(part in whole for part in said.split("\n\n"))
        assert "incidents ack" in said or room < 200


def test_a_letter_is_an_html_document_that_fetches_nothing() -> None:
    said = letter(page_of(single(transition(FAILING), "channels.x", TOLD)), Severity.CRITICAL)
    assert said.startswith("<!DOCTYPE html>")
    assert held(said).links == [f"{REPORT}/index.html"]


def test_our_own_markup_is_read_back_and_nothing_else_is_taken_for_it() -> None:
    page = page_of(single(transition(replace(FAILING, event="*a* <https://x|y> `z`")), "channels.x", TOLD))
    assert page.title.startswith("🔴 *a* <https://x|y> 'z' 1-1-0 on ios")
    assert [link.text for link in page.links] == ["Open report"]
    styles = {span.style for part in page.parts if isinstance(part, Paragraph) for line in part.lines for span in line}
    assert styles == {Style.PLAIN, Style.CODE, Style.STRONG}
    (facts,) = [part for part in page.parts if isinstance(part, Facts)]
    assert ("version", (Span("1-1-0", Style.CODE),)) in facts.pairs


def test_a_message_without_blocks_is_its_line() -> None:
    delivery = replace(single(transition(FAILING), "channels.x", TOLD), blocks="")
    assert page_of(delivery) == Page(delivery.text)


def test_a_subject_has_one_line_and_no_link() -> None:
    page = page_of(single(transition(replace(FAILING, event=EVIL)), "channels.x", TOLD))
    assert "\n" not in unlinked(page.title)
    assert "\r" not in unlinked(page.title)
    assert "://" not in unlinked(page.title)
