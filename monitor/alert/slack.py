"""Slack, through slack-sdk: a bot token, an incoming webhook, or neither.

The SDK's own retries are off (with them a connection that breaks after Slack accepted posts twice);
so is its logging, which writes webhook URLs and proxies in clear.
"""

import json
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from http.client import HTTPException
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.webhook import WebhookClient

from monitor.alert import faults
from monitor.alert.blocks import as_text
from monitor.alert.chart import file_name, png_of
from monitor.alert.escape import unescape
from monitor.alert.sender import Outcome, Printed, Refused, Sent, Skipped
from monitor.incidents.model import Delivery, Mode

METADATA = "trackwarden"
"""The event type of the metadata that carries a delivery's id."""
_TIMEOUT = 10
_PAGES = 5
_CLOCKS_APART = timedelta(hours=2)
"""How far this machine's clock and Slack's may differ."""
_BROKEN = (OSError, HTTPException, SlackClientError, ValueError, LookupError, TypeError, AttributeError)
"""What slack-sdk lets through when the network, a malformed setting or an answer that is not Slack's breaks a call."""
_LISTEN = "put a valid app-level token (xapp-…, scope connections:write) into slack.app_token; switch Socket Mode on"
_MAYBE_TWICE = "a message may stand in Slack twice: an earlier try may have arrived, and "


def silence() -> logging.Logger:
    """A logger of no level and no handler, outside the tree: whatever the operator sets, it says nothing."""
    return logging.Logger("trackwarden.slack", level=logging.CRITICAL + 1)  # noqa: LOG001 - on purpose outside the tree


class BotSender:
    """Posts with a bot token; after a doubtful try it looks the message up before it posts again."""

    def __init__(
        self, token: str, channel: str, *, base_url: str = WebClient.BASE_URL, timeout: int = _TIMEOUT
    ) -> None:
        """Take a bot token and the default channel's id. Nothing is sent yet."""
        self._channel = channel
        self._client = WebClient(
            token=token.strip(), base_url=base_url, timeout=timeout, retry_handlers=[], logger=silence()
        )

    def send(self, delivery: Delivery, *, maybe_sent: bool) -> Outcome:
        """Do one thing in Slack, unless it is done already."""
        channel = delivery.root_channel or delivery.channel or self._channel
        if not channel:
            return faults.from_code("no_channel", {})
        try:
            return self._done(delivery, channel, maybe_sent=maybe_sent)
        except SlackApiError as error:
            return faults.of_mode(refused(error), delivery.mode)
        except _BROKEN as error:
            return faults.from_exception(error)

    def _done(self, delivery: Delivery, channel: str, *, maybe_sent: bool) -> Outcome:
        if delivery.mode in (Mode.UPDATE, Mode.FILE) and not delivery.root_ts:
            return Skipped("its message does not stand in Slack", note=False)
        if delivery.mode is Mode.UPDATE:
            return self._update(delivery, channel)
        found = self._find(delivery, channel) if maybe_sent else ""
        if isinstance(found, Sent | Refused):
            return found
        if delivery.mode is Mode.FILE:
            return self._upload(delivery, channel, note=found)
        return self._post(delivery, channel, note=found)

    def _post(self, delivery: Delivery, channel: str, *, note: str) -> Sent:
        thread: dict[str, Any] = {}
        if delivery.mode is Mode.REPLY and delivery.root_ts:
            thread = {"thread_ts": delivery.root_ts, "reply_broadcast": delivery.broadcast}
        answer = self._client.chat_postMessage(
            channel=channel,
            text=delivery.text,
            blocks=_blocks(delivery),
            metadata={"event_type": METADATA, "event_payload": {"id": delivery.id}},
            unfurl_links=False,
            unfurl_media=False,
            link_names=False,
            parse="none",
            **thread,
        )
        return Sent(str(answer.get("channel", channel)), str(answer.get("ts", "")), note)

    def _update(self, delivery: Delivery, channel: str) -> Outcome:
        """Twice is as once: nothing is looked up."""
        answer = self._client.chat_update(
            channel=channel,
            ts=delivery.root_ts,
            text=delivery.text,
            blocks=_blocks(delivery),
            link_names=False,
            parse="none",
        )
        return Sent(channel, str(answer.get("ts", delivery.root_ts)))

    def _upload(self, delivery: Delivery, channel: str, *, note: str) -> Outcome:
        """The chart, drawn now: no pixel waits in the outbox."""
        drawn = png_of(delivery)
        if drawn is None:
            return Skipped("there is nothing to draw", note=False)
        self._client.files_upload_v2(
            channel=channel,
            thread_ts=delivery.root_ts,
            content=drawn,
            filename=file_name(delivery),
            title=unescape(delivery.text),
            alt_txt=unescape(delivery.text),
        )
        return Sent(channel, "", note)

    def _find(self, delivery: Delivery, channel: str) -> Sent | Refused | str:
        """The message as an earlier try left it; a refusal when Slack cannot be asked now; else a note, or nothing."""
        where: dict[str, Any] = {"channel": channel, "limit": 200, "include_all_metadata": True}
        if delivery.root_ts and delivery.mode is not Mode.POST:
            ask, where = self._client.conversations_replies, {**where, "ts": delivery.root_ts}
        else:
            oldest = f"{(delivery.created_at - _CLOCKS_APART).timestamp():.6f}"
            ask, where = self._client.conversations_history, {**where, "oldest": oldest}
        cursor: str | None = None
        for _ in range(_PAGES):
            try:
                page = ask(**where, cursor=cursor)
            except SlackApiError as error:
                no = refused(error)
                return _cannot_look(no) if no.permanent else no
            for message in page.get("messages") or []:
                if _is(message, delivery):
                    return Sent(channel, str(message.get("ts", "")))
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return ""
        return f"{_MAYBE_TWICE}the channel is too busy to be searched back to then"

    def tell_privately(self, channel: str, person: str, text: str) -> None:
        """A line that only one person sees. It is worth no retry: whoever pressed a button presses it again."""
        with suppress(SlackApiError, *_BROKEN):
            self._client.chat_postEphemeral(channel=channel, user=person, text=text)


def whoami(token: str, *, base_url: str | None = None) -> str | Refused:
    """Whose token it is (`trackwarden in Acme`), or why Slack refuses it. No message is sent."""
    client = WebClient(
        token=token.strip(),
        base_url=base_url or WebClient.BASE_URL,
        timeout=_TIMEOUT,
        retry_handlers=[],
        logger=silence(),
    )
    try:
        answer = client.auth_test()
        return f"{answer.get('user', 'unknown')} in {answer.get('team', 'unknown')}"
    except SlackApiError as error:
        return refused(error)
    except _BROKEN as error:
        return faults.from_exception(error)


def may_listen(app_token: str, *, base_url: str | None = None) -> Refused | None:
    """Why the app-level token cannot open a Socket Mode connection; None: it can. None is opened."""
    client = WebClient(base_url=base_url or WebClient.BASE_URL, timeout=_TIMEOUT, retry_handlers=[], logger=silence())
    try:
        client.apps_connections_open(app_token=app_token.strip())
    except SlackApiError as error:
        no = refused(error)
        return replace(no, hint=_LISTEN) if no.permanent else no
    except _BROKEN as error:
        return faults.from_exception(error)
    return None


class WebhookSender:
    """Posts to an incoming webhook: one channel for every team, and no way to look what has arrived."""

    def __init__(self, url: str, *, timeout: int = _TIMEOUT) -> None:
        """Take the webhook's URL, which is a secret. Nothing is sent yet."""
        self._client = WebhookClient(url.strip(), timeout=timeout, retry_handlers=[], logger=silence())

    def send(self, delivery: Delivery, *, maybe_sent: bool) -> Outcome:
        """Post one message; the SDK does not raise on HTTP errors, so the status decides.

        A webhook has no way to change a message, to answer one, or to bring a file: an answer is a message of its own.
        """
        if delivery.mode in (Mode.UPDATE, Mode.FILE):
            what = "change a message" if delivery.mode is Mode.UPDATE else "bring a chart"
            return Skipped(f"an incoming webhook cannot {what}: set slack.token and slack.channel for that")
        try:
            answer = self._client.send(
                text=delivery.text, blocks=_blocks(delivery), unfurl_links=False, unfurl_media=False
            )
        except _BROKEN as error:
            return faults.from_exception(error)
        if answer.status_code != HTTPStatus.OK:
            return faults.from_status(answer.status_code, answer.body, answer.headers)
        if answer.body.strip() != "ok":
            return faults.from_code("not_slack", {})
        return Sent(note=f"{_MAYBE_TWICE}a webhook cannot be asked" if maybe_sent else "")


class PrintSender:
    """Prints instead of sending, and says so: the same words that Slack would show."""

    def __init__(self, out: Callable[[str], object], *, why: str = "no Slack token") -> None:
        """Take what receives each printed message, and why nothing is sent."""
        self._out = out
        self._why = why

    def send(self, delivery: Delivery, *, maybe_sent: bool) -> Outcome:  # noqa: ARG002 - a terminal keeps nothing to look up
        """Print one message, marked "not sent"; what only changes or adorns another one is left out."""
        if delivery.mode in (Mode.UPDATE, Mode.FILE):
            return Skipped("printed messages are not changed", note=False)
        where = f", for {delivery.channel}" if delivery.channel else ""
        body = "\n".join(f"│ {line}".rstrip() for line in as_text(delivery).split("\n"))
        self._out(f"┌ not sent ({self._why}){where}\n{body}\n└")
        return Printed()


def _blocks(delivery: Delivery) -> list[dict[str, Any]] | None:
    blocks: list[dict[str, Any]] = json.loads(delivery.blocks) if delivery.blocks else []
    return blocks or None


def _is(message: Mapping[str, Any], delivery: Delivery) -> bool:
    """Whether the message is what an earlier try has left: by its metadata, or by its file's name."""
    if delivery.mode is Mode.FILE:
        return any(file.get("name") == file_name(delivery) for file in message.get("files") or [])
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != METADATA:
        return False
    return (metadata.get("event_payload") or {}).get("id") == delivery.id


def refused(error: SlackApiError) -> Refused:
    """What Slack's answer means."""
    answer = error.response
    headers = {str(name): str(value) for name, value in answer.headers.items()}
    if answer.status_code != HTTPStatus.OK:
        return faults.from_status(answer.status_code, faults.code_of(answer.data), headers)
    return faults.from_code(faults.code_of(answer.data), headers)


def _cannot_look(no: Refused) -> str:
    step = {
        "missing_scope": "add the scope channels:history (groups:history for private channels) to the Slack app",
        "channel_not_found": "give the channel by its id (C…) instead of its name",
    }.get(no.error, "")
    return f"{_MAYBE_TWICE}its channel could not be searched ({no.error})" + (f": {step}" if step else "")
