"""Slack's Socket Mode over a real WebSocket: hello, envelopes, acknowledgements, redelivery, refresh, lost lines."""

import json
import socket
import threading
import time
from collections.abc import Mapping
from itertools import count
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

REDELIVER_AFTER = 3.0
"""Seconds that Slack waits for an acknowledgement."""


class FakeSocket:
    """One app's sockets. What is pressed is an envelope; what is not acknowledged is sent again."""

    def __init__(self) -> None:
        self.acknowledged: list[tuple[str, float]] = []
        """Envelope ids in the order of their acknowledgement, with the seconds that it took."""
        self.connections = 0
        """How many there have been."""
        self.deaf = False
        """Acknowledgements get lost."""
        self._open: list[ServerConnection] = []
        self._sent: dict[str, float] = {}
        self._changed = threading.Condition()
        self._numbers = count(1)
        self._server: Server = serve(self._serve, "127.0.0.1", 0)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """What `apps.connections.open` answers."""
        port = self._server.socket.getsockname()[1]
        return f"ws://127.0.0.1:{port}/link/?ticket=t0&app_id=A0"

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Close every connection."""
        self._server.shutdown()
        for one in list(self._open):
            one.close()
        self._thread.join()

    def wait_for_connections(self, number: int, timeout: float = 10.0) -> None:
        """Until so many connections have said hello."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.connections >= number, timeout), self.connections

    def wait_for_acknowledgements(self, number: int, timeout: float = 10.0) -> None:
        """Until so many envelopes have been acknowledged."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.acknowledged) >= number, timeout), self.acknowledged

    def send(self, payload: Mapping[str, Any], *, kind: str = "interactive", envelope: str = "", retry: int = 0) -> str:
        """One envelope to the newest connection; the same `envelope` with `retry` is a redelivery."""
        envelope = envelope or f"envelope-{next(self._numbers)}"
        message = {
            "envelope_id": envelope,
            "type": kind,
            "payload": payload,
            "accepts_response_payload": False,
            "retry_attempt": retry,
            "retry_reason": "timeout" if retry else "",
        }
        self._sent[envelope] = time.monotonic()
        self._open[-1].send(json.dumps(message))
        return envelope

    def refresh(self) -> None:
        """Slack renews a connection every few hours: it asks to connect anew, and closes the old one later."""
        self._open[-1].send(json.dumps({"type": "disconnect", "reason": "refresh_requested", "debug_info": {}}))

    def cut(self) -> None:
        """The newest connection breaks without a word."""
        self._open[-1].socket.shutdown(socket.SHUT_RDWR)

    def _serve(self, connection: ServerConnection) -> None:
        connection.send(json.dumps({"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A0"}}))
        with self._changed:
            self._open.append(connection)
            self.connections += 1
            self._changed.notify_all()
        try:
            for raw in connection:
                self._heard(json.loads(raw))
        except (ConnectionClosed, OSError, ValueError):
            return

    def _heard(self, said: Mapping[str, Any]) -> None:
        envelope = str(said.get("envelope_id", ""))
        with self._changed:
            if envelope and not self.deaf:
                self.acknowledged.append((envelope, time.monotonic() - self._sent.get(envelope, 0.0)))
            self._changed.notify_all()


def press(
    action: str,
    value: str,
    *,
    person: str = "U0ANN",
    name: str = "ann",
    at: str = "1782914400.000100",
    channel: str = "C0",
    message_ts: str = "1782914000.000001",
) -> dict[str, Any]:
    """The payload of a pressed button, as Slack writes it."""
    return {
        "type": "block_actions",
        "user": {"id": person, "username": name, "name": name, "team_id": "T0"},
        "api_app_id": "A0",
        "container": {"type": "message", "message_ts": message_ts, "channel_id": channel, "is_ephemeral": False},
        "team": {"id": "T0", "domain": "acme"},
        "channel": {"id": channel, "name": "alerts"},
        "actions": [
            {
                "action_id": action,
                "block_id": "b0",
                "text": {"type": "plain_text", "text": action},
                "value": value,
                "type": "button",
                "action_ts": at,
            }
        ],
    }
