"""`trackwarden incidents`: what is wrong and since when, and what people do about it."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from monitor.cli.boundary import say, tell
from monitor.cli.entry import Asked
from monitor.cli.moments import MOMENT, Moment
from monitor.cli.words import visible
from monitor.errors import ExitCode

if TYPE_CHECKING:
    from datetime import timedelta

    from monitor.incidents.actions import Action

_WHO = click.option("--by", metavar="NAME", help="Who does it.  [default: the user of this machine]")
_NOTE = click.option("--note", default="", metavar="TEXT", help="Why, in your own words; it is told in the thread.")
_LONGEST_NOTE = 500
_IDS = click.argument("ids", nargs=-1, required=True, metavar="ID...")


@click.group()
def incidents() -> None:
    """Look at incidents, and do something about them.

    An incident is a finding through time. Its ID is what `list` shows; as many of its first letters as tell it apart
    are enough. What is done is kept with who did it and when, and the message in Slack is changed.

    \b
    Examples:
      trackwarden incidents list
      trackwarden incidents ack 3fa9c1d2 --fixed-in 2-1-0
    """  # noqa: D301 - click's mark: the lines below it stay lines


@incidents.command("list")
@click.option("--all", "everything", is_flag=True, help="Those that are over as well.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
@click.pass_obj
def list_incidents(asked: Asked, *, everything: bool, as_json: bool) -> None:
    """List what is wrong, the loudest first, and the messages that wait.

    \b
    Exit codes:
      0  listed
      2  the configuration is wrong
      4  the history failed

    \b
    Examples:
      trackwarden incidents list
      trackwarden incidents list --json | jq '.incidents[] | select(.state == "open") | .id'
    """  # noqa: D301 - click's mark: the lines below it stay lines
    from monitor.cli.handling import opened
    from monitor.incidents.model import GOING_ON

    now = datetime.now(UTC)
    with opened(asked.workspace) as (_, history):
        known, waiting = history.desk.incidents(), history.desk.pending()
    shown = [one for one in known if everything or one.state in GOING_ON]
    shown.sort(key=lambda one: (one.state not in GOING_ON, -one.severity, one.opened_at, one.fingerprint))
    if as_json:
        from monitor.cli.present.incident_document import listed

        click.echo(json.dumps(listed(shown, waiting, now), ensure_ascii=False))
        return
    from monitor.cli.present.incidents import overview

    overview(shown, waiting, now, over=len(known) - len(shown))


@incidents.command("show")
@click.argument("incident_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
@click.pass_obj
def show_incident(asked: Asked, incident_id: str, *, as_json: bool) -> None:
    """Show one incident: its numbers, its story, and what became of its messages.

    \b
    Exit codes:
      0  shown
      2  the configuration is wrong, or there is no such incident
      4  the history failed

    \b
    Example:
      trackwarden incidents show 3fa9c1d2
    """  # noqa: D301 - click's mark: the lines below it stay lines
    from monitor.cli.handling import find, opened

    now = datetime.now(UTC)
    with opened(asked.workspace) as (_, history):
        one = find(history.desk.incidents(), incident_id)
        story = history.desk.story(one.fingerprint)
        sent = list(history.desk.deliveries(one.fingerprint, one.episode))
        root = history.desk.delivery(one.root) if one.root else None
    messages = sent if root is None or root in sent else [root, *sent]
    if as_json:
        from monitor.cli.present.incident_document import whole

        click.echo(json.dumps(whole(one, story, messages, now), ensure_ascii=False))
        return
    from monitor.cli.present.incidents import detail

    detail(one, story, messages, now)


@incidents.command("ack")
@_IDS
@click.option(
    "--fixed-in",
    default="",
    metavar="VERSION",
    help="The version that has it fixed: older ones stay quiet, that one or a newer one is a regression.",
)
@_NOTE
@_WHO
@click.pass_obj
def acknowledge(asked: Asked, ids: tuple[str, ...], *, fixed_in: str, note: str, by: str | None) -> None:
    """Say that somebody looks after it: no reminders, until it is worse or over.

    \b
    Exit codes:
      0  done
      2  the configuration is wrong, there is no such incident, or it is over or acknowledged already
      4  the history failed
      5  done, and its message could not be changed yet: the next run does

    \b
    Examples:
      trackwarden incidents ack 3fa9c1d2
      trackwarden incidents ack 3fa9c1d2 --fixed-in 2-1-0 --note "currency is back in the app's next release"
    """  # noqa: D301 - click's mark: the lines below it stay lines
    from monitor.incidents.actions import Action
    from monitor.incidents.model import Intent

    _do(asked, ids, Action(Intent.ACKNOWLEDGED, _person(by), fixed_in=fixed_in, note=_said(note)))


@incidents.command("snooze")
@_IDS
@click.option(
    "--for", "until", type=MOMENT, metavar="TIME", help="For how long: 4h, 2d; or until when: 2026-07-01T09:00."
)
@_NOTE
@_WHO
@click.pass_obj
def snooze(asked: Asked, ids: tuple[str, ...], *, until: Moment | None, note: str, by: str | None) -> None:
    """Say nothing about it until then; if it holds still, it is told again once.

    \b
    Exit codes:
      0  done
      2  the configuration is wrong, there is no such incident, it is over, or the time is not one to come
      4  the history failed
      5  done, and its message could not be changed yet: the next run does

    \b
    Examples:
      trackwarden incidents snooze 3fa9c1d2 --for 4h
      trackwarden incidents snooze 3fa9c1d2 --for 2026-07-01T09:00
    """  # noqa: D301 - click's mark: the lines below it stay lines
    from monitor.incidents.actions import Action
    from monitor.incidents.model import Intent

    if until is None:
        raise click.UsageError("say for how long: --for 4h, --for 2d, --for 2026-07-01T09:00")
    end = until if isinstance(until, datetime) else _after(until)
    _do(asked, ids, Action(Intent.SNOOZED, _person(by), until=end, note=_said(note)))


@incidents.command("resolve")
@_IDS
@_NOTE
@_WHO
@click.pass_obj
def resolve(asked: Asked, ids: tuple[str, ...], *, note: str, by: str | None) -> None:
    """Say that it is over. If it holds still, the next run tells it again.

    \b
    Exit codes:
      0  done
      2  the configuration is wrong, there is no such incident, or it is over already
      4  the history failed
      5  done, and its message could not be changed yet: the next run does

    \b
    Example:
      trackwarden incidents resolve 3fa9c1d2 --note "the backfill is done"
    """  # noqa: D301 - click's mark: the lines below it stay lines
    from monitor.incidents.actions import Action
    from monitor.incidents.model import Intent

    _do(asked, ids, Action(Intent.RESOLVED, _person(by), note=_said(note)))


def _do(asked: Asked, ids: tuple[str, ...], action: "Action") -> None:
    from monitor.cli.handling import handle, opened, send

    with opened(asked.workspace) as (workspace, history):
        for done in handle(workspace, history, ids, action):
            if not asked.quiet:
                click.echo(done)
        report = send(workspace, history)
    for note in report.notes:
        say(f"note: {note}")
    tell(report.problems)
    raise click.exceptions.Exit(ExitCode.NOT_NOTIFIED if report.problems else ExitCode.OK)


def _after(span: "timedelta") -> datetime:
    try:
        return datetime.now(UTC) + span
    except OverflowError:
        raise click.BadParameter("is longer than time itself") from None


def _person(by: str | None) -> str:
    """The given name, or the user's as the machine knows it."""
    import getpass

    try:
        return visible(" ".join((by or getpass.getuser()).split()))[:80] or "somebody"
    except (KeyError, OSError):
        return "somebody"


def _said(note: str) -> str:
    """A note as it is kept: no control character of it reaches a terminal or a message."""
    return visible(" ".join(note.split()))[:_LONGEST_NOTE]
