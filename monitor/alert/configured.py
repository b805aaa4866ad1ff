"""The settings of alerting as the values that it works with: who is told where and when, how quickly, and what not."""

from datetime import UTC, datetime, time

from monitor import config
from monitor.alert.hours import Gathered, Quiet
from monitor.alert.routing import Channel, Destination, Route, Routing
from monitor.incidents.model import Patience, Suppression
from monitor.judge.model import Severity


def routing(slack: config.Slack, channels: tuple[Channel, ...], *, told: bool) -> Routing:
    """Who is told where and when; `told`: in Slack's place too, not by the channels alone."""
    teams = {name: _destination(team) for name, team in slack.teams.items()}
    routes = tuple(
        Route(
            _destination(route),
            event=route.event or "",
            source=route.source or "",
            team=route.team or "",
            kind=route.kind or "",
            severity=Severity[(route.severity or "info").upper()],
        )
        for route in slack.routes
    )
    usual = Destination(quiet=_quiet(slack.quiet), gathered=_gathered(slack.digest))
    return Routing(slack.channel or "", teams, routes, usual, slack.digest_over, channels, told)


def channels(settings: config.Settings) -> tuple[Channel, ...]:
    """The channels beside Slack; one without a URL is off."""
    on = {name: said for name, said in settings.channels.items() if said.service}
    named = {team for said in on.values() for team in said.team} | set(settings.slack.teams)
    return tuple(_channel(name, said, frozenset(named)) for name, said in on.items())


def patience(said: config.Incidents) -> Patience:
    """How quickly something is told, and what is not."""
    suppressed = tuple(
        Suppression(
            one.event,
            one.kind or "",
            one.version or "",
            one.source or "",
            one.property or "",
            datetime.combine(one.until, datetime.min.time(), UTC) if one.until else None,
            one.why,
        )
        for one in said.suppress
    )
    return Patience(
        open_after=said.open_after,
        close_after=said.close_after,
        repeat=said.repeat,
        same_episode=said.same_episode,
        flips=said.flips,
        suppressed=suppressed,
    )


def _channel(name: str, said: config.Channel, named: frozenset[str]) -> Channel:
    from monitor.alert.channel import PAGERS  # noqa: PLC0415 - most workspaces have no channel

    return Channel(
        name,
        said.event,
        said.source,
        said.team,
        named if said.rest else frozenset(),
        said.kind,
        Severity[(said.severity or "info").upper()],
        said.instead,
        _quiet(said.quiet),
        _gathered(said.digest),
        said.digest_over,
        one_by_one=said.service in PAGERS,
    )


def _destination(place: config.SlackPlace) -> Destination:
    return Destination(place.channel or "", place.mention or "", _quiet(place.quiet), _gathered(place.digest))


def _quiet(hours: config.Hours | None) -> Quiet | None:
    if hours is None:
        return None
    since, until = time.fromisoformat(hours.since), time.fromisoformat(hours.until)
    return Quiet(since, until, hours.timezone, hours.weekends, Severity[hours.but.upper()])


def _gathered(digest: config.Digest | None) -> Gathered | None:
    if digest is None:
        return None
    return Gathered(tuple(map(time.fromisoformat, digest.at)), digest.timezone, Severity[digest.but.upper()])
