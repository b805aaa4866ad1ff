"""A process that empties the outbox of a history once, for tests that kill it, stop it, or let it stand still.

Arguments: the history's URL, Slack's URL, its token. With `stalls` behind them it stands still within its first
message, having said "stalled", until a line comes on stdin. It says "ready" before it begins, and at last how many
messages it has sent.
"""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from monitor.alert.outbox import Pace, empty
from monitor.alert.sender import Outcome, Sender
from monitor.alert.slack import BotSender
from monitor.history.store import History
from monitor.incidents.model import Delivery


def said(line: object) -> None:
    """One line for the test."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class Stalling:
    """A sender that stands still once, between its decision to send and the sending."""

    def __init__(self, sender: Sender) -> None:
        self._sender, self._stalled = sender, False

    def send(self, delivery: Delivery, *, maybe_sent: bool) -> Outcome:
        """Send it, later."""
        if not self._stalled:
            self._stalled = True
            said("stalled")
            sys.stdin.readline()
        return self._sender.send(delivery, maybe_sent=maybe_sent)


def main(url: str, slack: str, token: str, *how: str) -> None:
    """One emptying."""
    history = History.open(url, root=Path())
    pace = Pace(lambda: datetime.now(UTC), time.sleep, budget_seconds=20, per_channel_seconds=0.01)
    bot = BotSender(token, "C0", base_url=slack)
    said("ready")
    report = empty(history.desk, lambda: Stalling(bot) if how else bot, pace)
    said(report.sent)
    history.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
