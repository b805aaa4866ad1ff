"""The buttons of Slack's messages, heard while a command works: pressed, kept, and shown in the message."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from monitor.alert.buttons import LISTENER, Press, pressed
from monitor.errors import TrackwardenError

if TYPE_CHECKING:
    from monitor.alert.routing import MessageContext
    from monitor.history.store import History
    from monitor.wiring import Workspace

log = logging.getLogger(__name__)


@contextmanager
def listening(workspace: "Workspace") -> Iterator[bool]:
    """Hear of buttons while the block runs; False: the configuration has no `slack.app_token`.

    The history is opened for each press and heartbeat: one that is away for a while ends nothing. What Slack refuses
    is logged and tried again.
    """
    bot, token = workspace.bot(), workspace.settings.slack.app_token
    if bot is None or token is None:
        yield False
        return
    from monitor.alert.socket import Listener

    def handle(press: Press) -> None:
        refused = _done(workspace, press)
        if refused:
            bot.tell_privately(press.channel, press.person, refused)

    def beat(alive: bool) -> None:  # noqa: FBT001 - the listener's own signature
        with _history(workspace) as history:
            history.desk.beat(LISTENER, workspace.clock() if alive else None)

    base = workspace.env.get("SLACK_API_URL")
    secret = token.get_secret_value()
    listener = Listener(secret, handle, beat, base_url=base) if base else Listener(secret, handle, beat)
    listener.start()
    try:
        yield True
    finally:
        listener.stop()


def _done(workspace: "Workspace", press: Press) -> str:
    """What the person is to be told alone; empty: it was done, and the message in Slack is changed."""
    from monitor.cli.handling import send
    from monitor.run import told

    try:
        with _history(workspace) as history:

            def context() -> "MessageContext":
                return told(workspace, history, workspace.plan(), workspace.clock(), "a button")

            refused = pressed(press, history.desk, context, frozenset(workspace.settings.slack.people))
            problems = () if refused else send(workspace, history).problems
    except TrackwardenError as error:
        log.warning("a button's work failed: %s", error.problem)
        return "Nothing was changed: trackwarden could not read its plan or its history. Try again later."
    for problem in problems:
        log.warning("a message could not be changed yet: %s", problem.problem)
    return refused


@contextmanager
def _history(workspace: "Workspace") -> Iterator["History"]:
    history = workspace.history()
    try:
        yield history
    finally:
        history.close()
