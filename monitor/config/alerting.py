"""`trackwarden.yml`: what becomes a message, and who is told where and when."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Self, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, field_validator, model_validator

from monitor.config.values import CLOCK, Duration, Kind, Loudness, Section, one_or_more, zone

SERVICE = re.compile(r"([A-Za-z0-9]{1,30})://")
"""How a service URL begins."""


class Hours(Section):
    """A time of day in a zone, during which only what is loud enough is told."""

    since: Annotated[str, Field(alias="from", pattern=CLOCK)]
    until: Annotated[str, Field(pattern=CLOCK)]
    timezone: Annotated[str, AfterValidator(zone)] = "UTC"
    weekends: bool = False
    """Saturdays and Sundays are quiet all day."""
    but: Annotated[Loudness, Field(alias="except")] = "critical"
    """Findings of this severity and above are told all the same."""


class Digest(Section):
    """Times of day at which what has gathered is told in one message."""

    at: Annotated[tuple[Annotated[str, Field(pattern=CLOCK)], ...], BeforeValidator(one_or_more), Field(min_length=1)]
    timezone: Annotated[str, AfterValidator(zone)] = "UTC"
    but: Annotated[Loudness, Field(alias="except")] = "critical"
    """Findings of this severity and above are told at once."""


class SlackPlace(Section):
    """Where and when something is told, and who is mentioned."""

    channel: str | None = None
    mention: Annotated[str | None, Field(pattern=r"^[UWS][A-Z0-9]+$")] = None
    quiet: Hours | None = None
    digest: Digest | None = None


class SlackTeam(SlackPlace):
    """A team's own place. What it does not say is as for everybody."""


class SlackRoute(SlackPlace):
    """A place for some findings; the first route that fits is taken, and what it does not say is the team's."""

    event: str | None = None
    """A name; `*` stands for any letters."""
    source: str | None = None
    team: str | None = None
    kind: Kind | None = None
    severity: Loudness | None = None
    """At least this loud."""

    @model_validator(mode="after")
    def _chooses(self) -> Self:
        if not (self.event or self.source or self.team or self.kind or self.severity):
            raise ValueError("fits everything: say an event, source, team, kind or severity")
        return self


class Slack(Section):
    """A bot token and a channel, or an incoming webhook. An empty one is none: messages are printed, not sent."""

    token: SecretStr | None = None
    app_token: SecretStr | None = None
    """An app-level token (`xapp-…`): `trackwarden schedule` listens to the buttons of messages."""
    webhook: SecretStr | None = None
    channel: str | None = None
    quiet: Hours | None = None
    digest: Digest | None = None
    digest_over: Annotated[int, Field(ge=1, le=100)] = 10
    """More messages than this to one channel in one run become one digest."""
    teams: Mapping[str, SlackTeam] = {}
    routes: tuple[SlackRoute, ...] = ()
    people: tuple[Annotated[str, Field(pattern=r"^[UW][A-Z0-9]+$")], ...] = ()
    """Who may use the buttons; empty: everybody who sees them."""

    @field_validator("token", "webhook", "app_token")
    @classmethod
    def _empty_is_none(cls, secret: SecretStr | None) -> SecretStr | None:
        return secret if secret is not None and secret.get_secret_value().strip() else None

    @model_validator(mode="after")
    def _token_needs_a_channel(self) -> Self:
        if self.token is not None and not self.channel:
            raise ValueError("has a token and no `channel`")
        if self.app_token is not None and self.token is None:
            raise ValueError("has an `app_token` and no `token`: buttons change messages that the bot has posted")
        return self


Words: TypeAlias = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(one_or_more)]
"""A text, or a list of them; empty: any."""


class Channel(Section):
    """A channel beside Slack: where it is, and what it is told. What is not said means everything."""

    url: SecretStr
    """What apprise calls a service URL: `mailtos://…`, `pagerduty://…`, `workflows://…`, `jsons://…`.

    An empty one switches the channel off.
    """
    severity: Loudness | None = None
    """At least this loud."""
    event: Words = ()
    """Names; `*` stands for any letters."""
    source: Words = ()
    team: Words = ()
    kind: Annotated[tuple[Kind, ...], BeforeValidator(one_or_more)] = ()
    rest: bool = False
    """Only what belongs to no team that another channel names, or to nobody."""
    instead: bool = False
    """What it is told is not told in Slack."""
    quiet: Hours | None = None
    digest: Digest | None = None
    digest_over: Annotated[int, Field(ge=1, le=100)] = 10
    """More messages than this in one run become one digest; a pager is told one by one."""

    @field_validator("url")
    @classmethod
    def _has_a_service(cls, url: SecretStr) -> SecretStr:
        said = url.get_secret_value().strip()
        if said and not SERVICE.match(said):
            raise ValueError("is no service URL: it begins with the service's name, like mailtos:// or pagerduty://")
        return SecretStr(said)

    @model_validator(mode="after")
    def _means_one_thing(self) -> Self:
        if self.rest and self.team:
            raise ValueError("has both `rest` and `team`: the rest is what belongs to no team that a channel names")
        return self

    @property
    def service(self) -> str:
        """The service's name, which is no secret: `pagerduty`; empty: the channel is off."""
        found = SERVICE.match(self.url.get_secret_value())
        return found[1].lower() if found else ""


class Suppress(Section):
    """Findings that nobody is told about. What is not said means any."""

    event: str = "*"
    kind: Kind | None = None
    version: str | None = None
    source: str | None = None
    property: str | None = None
    until: date | None = None
    """The first day on which they are told again."""
    why: Annotated[str, Field(min_length=1)]

    @model_validator(mode="after")
    def _chooses(self) -> Self:
        if self.event == "*" and not (self.kind or self.version or self.source or self.property):
            raise ValueError("covers everything: say an event, kind, version, source or property")
        return self


class Incidents(Section):
    """How quickly something is told, and what is not. A window is one UTC hour."""

    open_after: Annotated[int, Field(ge=1, le=168)] = 1
    """Windows in a row that a finding must hold before it is told."""
    close_after: Annotated[int, Field(ge=1, le=168)] = 1
    """Windows in a row that it must not hold before it is over."""
    repeat: Duration | None = None
    """What stays open is told again after so long; never where it is not said."""
    same_episode: Duration = timedelta(hours=24)
    """What comes back within this time goes on in its thread; later it is a new message."""
    flips: Annotated[int, Field(ge=2, le=100)] = 4
    """So many ends and returns within 24 hours are told as one: flapping."""
    suppress: tuple[Suppress, ...] = ()

    @field_validator("repeat")
    @classmethod
    def _not_all_the_time(cls, repeat: timedelta | None) -> timedelta | None:
        if repeat is not None and repeat < timedelta(hours=1):
            raise ValueError("repeats more often than every hour")
        return repeat
