"""A channel beside Slack, through apprise: e-mail, pagers, chats, webhooks.

apprise is asked for one thing, to hand over one message: retries, pace and what has been sent are ours (the outbox).
It writes nothing to disk, fetches nothing, and reads no markup, file name or escape out of a message.
"""

import threading
import warnings
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import quote

from monitor.alert import channel_faults
from monitor.alert.forms import Form, Room, Written, as_it_is, harmless, unlinked, write
from monitor.alert.letter import letter
from monitor.alert.overheard import THREADS, Heard, listen, overheard
from monitor.alert.page import Facts, Page, Span, page_of
from monitor.alert.routing import OVER
from monitor.alert.sender import Outcome, Refused, Sent, Skipped
from monitor.alert.wording import severity_of
from monitor.incidents.model import Delivery, Mode
from monitor.judge.model import Severity

if TYPE_CHECKING:
    from apprise import NotifyBase

PAGERS: Final = frozenset(
    {
        "firehydrant", "goalert", "goalerts", "ilert", "incidentio", "pagerduty", "pagertree", "signl4", "squadcast"
    }
)  # fmt: skip
"""Services that keep incidents themselves, and take a key by which a later message finds its incident."""
_KEYS: Final = frozenset({"dedup", "external_id", "id", "thirdparty"})
"""What such a key is called in their URLs."""
_MAILS: Final = frozenset(
    {
        "brevo", "email", "groundmail", "mailersend", "mailgun", "office365", "postmark", "resend", "sendgrid",
        "sendpulse", "ses", "smtp2go", "sparkpost",
    }
)  # fmt: skip
"""What shows a whole HTML document."""
_PROGRAMS: Final = frozenset(
    {"amqp", "apprise_api", "custom_form", "custom_json", "custom_xml", "mqtt", "rsyslog", "syslog"}
)
"""What hands the text on to a program: names stay as they are."""
_HOSTED: Final = ("custom_form", "custom_json", "custom_xml")
"""What names a host of its own, where others have a key in its place."""
_TIMEOUT = 10.0
"""Seconds for a connection, and for each answer."""
_PATIENCE = 30.0
"""Seconds for one message, whatever a service does meanwhile."""
_LOADING = threading.Lock()
"""Two channels do not load apprise at once."""


class ChannelSender:
    """Sends to one channel. It knows no way to change a message, to answer one, or to look whether one has arrived."""

    def __init__(self, place: str, url: str, *, patience: float = _PATIENCE, timeout: float = _TIMEOUT) -> None:
        """Take the channel's place (`channels.on-call`) and its URL, which is a secret. Nothing is loaded or sent."""
        self._place, self._url = place, url
        self._patience, self._timeout = patience, timeout
        self._at_it: threading.Thread | None = None

    def __repr__(self) -> str:
        """The place alone."""
        return f"ChannelSender({self._place!r})"

    def send(self, delivery: Delivery, *, maybe_sent: bool) -> Outcome:
        """Hand one message over, within `patience` seconds."""
        if delivery.mode is not Mode.POST:
            return Skipped(f"{self._place} knows no threads, and changes no messages", note=False)
        if self._at_it is not None and self._at_it.is_alive():
            return channel_faults.still_at_it()
        service = service_of(self._place, _keyed(self._url, delivery), timeout=self._timeout)
        if isinstance(service, Refused):
            return service
        answer: list[Outcome] = []
        self._at_it = threading.Thread(
            target=lambda: answer.append(self._told(service, delivery, maybe_sent=maybe_sent)),
            name=f"{THREADS}-{self._place}",
            daemon=True,  # what hangs must not keep the process from ending
        )
        self._at_it.start()
        self._at_it.join(self._patience)
        return answer[0] if answer else channel_faults.too_late()

    def _told(self, service: "NotifyBase", delivery: Delivery, *, maybe_sent: bool) -> Outcome:
        with overheard() as heard:
            try:
                took = _handed_over(service, delivery)
            except Exception as error:  # noqa: BLE001 - 180 services: whatever they raise, the outbox goes on
                return channel_faults.broken(error, self._place)
        return self._outcome(service, heard, took=took, maybe_sent=maybe_sent)

    def _outcome(self, service: "NotifyBase", heard: list[Heard], *, took: bool, maybe_sent: bool) -> Outcome:
        if took:
            again = maybe_sent and kind_of(service) not in PAGERS  # a pager knows the message by its key
            twice = "a message may have come twice: an earlier try may have arrived, and it cannot be asked"
            return Sent(note=f"{self._place}: {twice}" if again else "")
        refused = channel_faults.read(heard, self._place)
        if channel_faults.reached_some(heard):
            return Sent(note=f"{self._place}: not all of its recipients took a message ({refused.error})")
        return refused


def service_of(place: str, url: str, *, timeout: float = _TIMEOUT) -> "NotifyBase | Refused":
    """What apprise makes of the URL, or why it makes nothing of it. Nothing is sent, fetched or written."""
    listen()
    with _LOADING, warnings.catch_warnings(), overheard():
        warnings.simplefilter("ignore")  # it loads all its services, and some of those use what is deprecated
        try:
            service = _made(url)
        except ImportError:
            return channel_faults.not_installed()
        except Exception:  # noqa: BLE001 - a URL can be wrong in as many ways as there are services
            service = None
    if service is None:
        return channel_faults.unknown_service(place)
    service.request_rate_per_sec = 0  # the outbox keeps the pace
    service.socket_connect_timeout = min(service.socket_connect_timeout, timeout)
    service.socket_read_timeout = min(service.socket_read_timeout, timeout)
    return service


def _made(url: str) -> "NotifyBase | None":
    from apprise import Apprise, AppriseAsset  # noqa: PLC0415 - over a second, and most runs have nothing to say

    asset = AppriseAsset(
        app_id="trackwarden",
        app_desc="trackwarden",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        image_path_mask="",
        storage_mode="memory",
        pgp_autogen=False,
        pem_autogen=False,
        secure_logging=True,
        interpret_escapes=False,
        interpret_emojis=False,
        http_redirects=False,
        allow_templates=False,
    )
    return Apprise.instantiate(url, asset=asset)


def kind_of(service: "NotifyBase") -> str:
    """The service, as apprise's module is called: `email`, `custom_json`, `pagerduty`."""
    return type(service).__module__.removeprefix("apprise.plugins.").partition(".")[0]


def described(service: "NotifyBase") -> str:
    """The service, for the operator's eyes: `E-Mail by smtp.example.com`.

    Of the URL nothing but the host, and only where that is no secret: apprise's own privacy mode shows paths, which are
    the secret of many webhooks.
    """
    kind, plugin = kind_of(service), cast("Any", service)
    host = getattr(plugin, "smtp_host", "") or plugin.host if kind in ("email", *_HOSTED) else ""
    return f"{service.service_name} by {host}" if host else str(service.service_name)


# ── one message ─────────────────────────────────────────────────────────────────────────────────────


def _handed_over(service: "NotifyBase", delivery: Delivery) -> bool:
    from apprise import NotifyFormat, NotifyType, OverflowMode  # noqa: PLC0415 - as in `service_of`

    page = page_of(delivery)
    over = delivery.intent in OVER
    severity = None if over else severity_of(delivery.text)
    kind = {
        None: NotifyType.SUCCESS,
        Severity.INFO: NotifyType.INFO,
        Severity.WARNING: NotifyType.WARNING,
        Severity.CRITICAL: NotifyType.FAILURE,
    }[severity]
    _made_known(service, delivery, page)
    form = Form(service.resolve_format().value)
    written = _written(service, page, form, severity)
    return bool(
        service.notify(
            body=written.body or written.title,  # there must be one
            title=written.title,
            notify_type=kind,
            body_format=NotifyFormat(form.value),
            overflow=OverflowMode.TRUNCATE,  # one message is one message, never two
        )
    )


def _keyed(url: str, delivery: Delivery) -> str:
    """A pager's URL with the incident's key, by which good news ends what bad news began; its own words hold."""
    scheme, _, rest = url.partition("://")
    if scheme.lower() not in PAGERS:
        return url
    said = {one.partition("=")[0].lower() for one in rest.partition("?")[2].split("&")}
    more = [] if said & _KEYS else [f"dedup={quote(f'{delivery.fingerprint}/{delivery.episode}', safe='')}"]
    more += [] if "action" in said else ["action=map"]
    return f"{url}{'&' if '?' in url else '?'}{'&'.join(more)}"


def _written(service: "NotifyBase", page: Page, form: Form, severity: Severity | None) -> Written:
    name, room = kind_of(service), Room(service.title_maxlen, service.body_maxlen)
    if name == "pagerduty":  # a pager shows one line; the rest is among its details
        return Written("", harmless(page.title))
    if name in _MAILS:
        if form is Form.HTML:
            return Written(unlinked(page.title)[: room.title], letter(page, severity))
        return write(page, form, room, unlinked)
    if service.overflow_amalgamate_title:
        room = Room(room.title, room.body - min(len(page.title), room.title) - 2)
    if form is Form.HTML:
        room = Room(0, room.body)  # a title may be read as HTML, or not: in the body we know
    return write(page, form, room, as_it_is if name in _PROGRAMS else harmless)


def _made_known(service: "NotifyBase", delivery: Delivery, page: Page) -> None:
    """Which incident it is about, where the service has a place for that; what the URL says itself holds."""
    name, plugin = kind_of(service), cast("Any", service)
    if name == "pagerduty":
        plugin.click = plugin.click or next((link.url for link in page.links), None)
        plugin.details = {**_details(page), **plugin.details}
        for name_of, ours in (("source", "trackwarden"), ("component", "tracking plan")):
            if getattr(plugin, name_of) == plugin.template_tokens[name_of]["default"]:
                setattr(plugin, name_of, ours)
    if name == "email":
        thread = f"<{delivery.fingerprint.replace(':', '-')}.{delivery.episode}@trackwarden.invalid>"
        said = {"In-Reply-To": thread, "References": thread, "Auto-Submitted": "auto-generated"}
        plugin.headers = {**said, **plugin.headers}


def _details(page: Page) -> dict[str, str]:
    """All that stands below the title, as labels and values."""
    facts = [pair for part in page.parts if isinstance(part, Facts) for pair in part.pairs]
    rest = Page("", tuple(part for part in page.parts if not isinstance(part, Facts)))
    body = write(rest, Form.TEXT, Room(1, 4_000), harmless).body
    return {"message": body} | {harmless(label): harmless(_text(value)) for label, value in facts}


def _text(line: tuple[Span, ...]) -> str:
    return "".join(span.text for span in line)
