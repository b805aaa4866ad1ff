"""Buttons through Slack's Socket Mode: no port of ours is open to the world.

slack-sdk's own client keeps the connection (hello, pings, refreshes); an envelope is acknowledged the moment it
arrives, and its work is done afterwards, one press after the other. A redelivered envelope reaches the handler again:
the press's key makes it happen once.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPException
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from monitor.alert import faults
from monitor.alert.buttons import BEAT, Press, read_press
from monitor.alert.slack import refused, silence

log = logging.getLogger(__name__)

_TIMEOUT = 10
_PING = 5.0
"""Seconds between pings; a connection that broke without a word is found out after five of them."""
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 60.0
_FAILS = (OSError, HTTPException, SlackClientError, ValueError, LookupError, TypeError, AttributeError)


class _Client(SocketModeClient):
    """The SDK's client, whose thread outlives a refresh that failed: the old line holds until another is made."""

    def process_message(self) -> None:
        """Take one message from the line."""
        try:
            super().process_message()  # type: ignore[no-untyped-call]
        except Exception as error:  # noqa: BLE001 - whatever it is, the next message is to be heard
            log.warning("Slack's line could not be renewed: %s; trying again", type(error).__name__)


class Listener:
    """Hears of buttons from `start` to `stop`, in threads of its own; a lost connection is made again."""

    def __init__(
        self,
        app_token: str,
        handle: Callable[[Press], None],
        beat: Callable[[bool], None],
        *,
        base_url: str = WebClient.BASE_URL,
        ping_seconds: float = _PING,
    ) -> None:
        """Take an app-level token, what does a press's work, and what keeps that the listener is alive, or stopped.

        Neither may raise for what happens to a press; what they raise all the same is logged, without its text.
        """
        self._token, self._base_url = app_token.strip(), base_url
        self._handle, self._beat, self._ping = handle, beat, ping_seconds
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._client: SocketModeClient | None = None
        self._work = ThreadPoolExecutor(max_workers=1, thread_name_prefix="slack-buttons")

    def start(self) -> None:
        """Begin to listen; returns at once. What Slack refuses is logged and tried again."""
        self._thread = threading.Thread(target=self._listen, name="slack-listener", daemon=True)
        self._thread.start()

    def stop(self, timeout: float = 5.0) -> None:
        """Stop listening; a press that is under way ends first. Calling it twice is as once."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout)
            self._thread = None
        self._work.shutdown(wait=True, cancel_futures=True)

    def is_listening(self) -> bool:
        """Whether the connection to Slack stands."""
        client = self._client
        return client is not None and client.is_connected() and client.message_processor.is_alive()

    # ── the connection ──────────────────────────────────────────────────────────────────────────────

    def _listen(self) -> None:
        wait = _FIRST_WAIT
        while not self._stopping.is_set():
            why = self._connect()
            if not why:
                wait = _FIRST_WAIT
                self._watch()
                continue
            log.warning("Slack's buttons are not heard: %s; trying again in %.0f s", why, wait)
            self._stopping.wait(wait)
            wait = min(wait * 2, _LONGEST_WAIT)
        self._leave()

    def _connect(self) -> str:
        """Why there is no connection; empty: there is."""
        self._close()
        web = WebClient(base_url=self._base_url, timeout=_TIMEOUT, retry_handlers=[], logger=silence())
        client = _Client(self._token, logger=silence(), web_client=web, ping_interval=self._ping)
        client.socket_mode_request_listeners.append(self._heard)
        self._client = client
        try:
            client.connect()
        except SlackApiError as error:
            said = refused(error)
            return f"{said.error} ({said.hint})" if said.hint else said.error
        except _FAILS as error:
            return faults.from_exception(error).error
        return ""

    def _watch(self) -> None:
        """Say that somebody listens while it is so; return when the connection is lost for good."""
        lost = 0
        while lost < 3 and not self._stopping.is_set():  # noqa: PLR2004 - the client makes a lost connection again itself
            connected = self.is_listening()
            lost = 0 if connected else lost + 1
            if connected:
                self._say(alive=True)
            self._stopping.wait(BEAT.total_seconds() if connected else _FIRST_WAIT)

    def _leave(self) -> None:
        # Said before the line is closed: the SDK waits for its own threads, longer than whoever stops us may wait.
        self._say(alive=False)
        self._close()

    def _close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(*_FAILS, RuntimeError):
                client.close()
            client.message_workers.shutdown(wait=False, cancel_futures=True)

    def _say(self, *, alive: bool) -> None:
        try:
            self._beat(alive)
        except Exception as error:  # noqa: BLE001 - a heartbeat that is not kept must not end the listening
            log.warning("the listener's heartbeat was not kept: %s", type(error).__name__)

    # ── envelopes ───────────────────────────────────────────────────────────────────────────────────

    def _heard(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        """Acknowledge first: Slack waits 3 seconds, and delivers again what it heard no answer to."""
        with suppress(*_FAILS):
            client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))
        if request.type != "interactive":
            return
        payload: Any = request.payload
        press = read_press(payload) if isinstance(payload, dict) else None
        if press is not None:
            with suppress(RuntimeError):  # it is being stopped: Slack shows the person that nothing came of it
                self._work.submit(self._do, press)

    def _do(self, press: Press) -> None:
        try:
            self._handle(press)
        except Exception as error:  # noqa: BLE001 - one press must not end the listening
            log.warning("a button's work failed: %s", type(error).__name__)
