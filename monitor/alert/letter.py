"""A page as an e-mail: HTML that every mail program shows, without a picture, a script or anything to be fetched."""

import html
from collections.abc import Iterator, Mapping

from monitor.alert.forms import unlinked
from monitor.alert.page import Code, Facts, Line, Page, Paragraph, Part, Small, Span, Style
from monitor.judge.model import Severity

_COLOURS: Mapping[Severity | None, str] = {
    Severity.CRITICAL: "#c02f3d",
    Severity.WARNING: "#c9770a",
    Severity.INFO: "#2f6fb5",
    None: "#2b8a4b",
}
"""Of the bar at the top; None: it is over."""
_FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
_MONO = "font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace"
_CODE = f"{_MONO};font-size:13px;background:#f1f3f5;border-radius:3px;padding:1px 4px;word-break:break-word"


def letter(page: Page, severity: Severity | None) -> str:
    """The whole document; `severity` None: it is good news."""
    colour = _COLOURS[severity]
    body = "\n".join(_part(part) for part in page.parts if not isinstance(part, Small))
    small = "\n".join(_small(part) for part in page.parts if isinstance(part, Small))
    buttons = "".join(_button(link, colour) for link in page.links)
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{_text(page.title)}</title></head>
<body style="margin:0;padding:0;background:#f4f5f7">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="background:#f4f5f7"><tr>
<td align="center" style="padding:24px 12px">
<table role="presentation" width="600" cellpadding="0" cellspacing="0" border="0" style="width:100%;max-width:600px;\
background:#ffffff;border:1px solid #dfe3e8;border-top:4px solid {colour};border-radius:6px"><tr>
<td align="left" style="padding:22px 28px;{_FONT};font-size:15px;line-height:1.5;color:#1f2933">
<h1 style="margin:0 0 14px;font-size:19px;line-height:1.35;font-weight:600;word-break:break-word">\
{_text(page.title)}</h1>
{body}
{buttons}
{small}
</td></tr></table>
</td></tr></table>
</body></html>
"""


def _part(part: Part) -> str:
    match part:
        case Paragraph(lines):
            return "\n".join(_paragraph(lines))
        case Facts(pairs):
            rows = "\n".join(_fact(label, value) for label, value in pairs)
            return f'<div style="margin:0 0 16px;border-top:1px solid #e4e7eb">\n{rows}\n</div>'
        case Code(lines):
            said = "\n".join(_text(line) for line in lines)
            style = f"{_MONO};font-size:13px;background:#f1f3f5;border-radius:4px;padding:10px 12px;margin:0 0 16px"
            return f'<pre style="{style};white-space:pre-wrap;word-break:break-word">{said}</pre>'
        case Small():
            return _small(part)


def _paragraph(lines: tuple[Line, ...]) -> Iterator[str]:
    """Lines one below the other; those that begin with a dot are a list."""
    said = [line for line in lines if not _is_item(line)]
    items = [line for line in lines if _is_item(line)]
    margin = "0 0 4px" if items else "0 0 16px"
    if said:
        yield f'<p style="margin:{margin}">{"<br>".join(map(_line, said))}</p>'
    if items:
        shown = "".join(f'<li style="margin:2px 0">{_line(line).removeprefix("• ")}</li>' for line in items)
        yield f'<ul style="margin:0 0 16px;padding-left:20px">{shown}</ul>'


def _is_item(line: Line) -> bool:
    return bool(line) and line[0].text.startswith("• ")


def _fact(label: str, value: Line) -> str:
    """Two columns; a program that knows no columns shows `label: value`."""
    row = "padding:5px 0;border-bottom:1px solid #e4e7eb"
    name = "display:inline-block;width:140px;vertical-align:top;color:#616e7c;font-size:13px"
    said = "display:inline-block;max-width:390px;vertical-align:top;word-break:break-word"
    shown = f'<span style="{name}">{_text(label)}:</span> <span style="{said}">{_line(value)}</span>'
    return f'<div style="{row}">{shown}</div>'


def _small(part: Small) -> str:
    said = " · ".join(map(_line, part.parts))
    return f'<p style="margin:16px 0 0;color:#7b8794;font-size:12px;line-height:1.7">{said}</p>'


def _button(link: Span, colour: str) -> str:
    """The way to the report; its address stands below it, for programs that show no link."""
    style = f"display:inline-block;background:{colour};color:#ffffff;text-decoration:none;border-radius:4px"
    url = html.escape(link.url)
    shown = f'<span style="font-size:12px;color:#7b8794;word-break:break-all">{url}</span>'
    said = html.escape(link.text)
    return f'<p style="margin:4px 0 0"><a href="{url}" style="{style};padding:9px 16px">{said}</a><br>{shown}</p>'


def _line(line: Line) -> str:
    return "".join(map(_span, line))


def _span(span: Span) -> str:
    match span.style:
        case Style.CODE:
            return f'<span style="{_CODE}">{_text(span.text)}</span>'
        case Style.STRONG:
            return f"<b>{_text(span.text)}</b>"
        case Style.LINK:
            return f'<a href="{html.escape(span.url)}" style="color:#2f6fb5">{html.escape(span.text)}</a>'
        case Style.PLAIN:
            return _text(span.text)


def _text(text: str) -> str:
    return html.escape(unlinked(text))
