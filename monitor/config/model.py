"""`trackwarden.yml` as frozen values. What a key means stands beside it; what it defaults to, too."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from monitor.config.landings import Landing
from monitor.config.values import Duration, Ratio, Section, Share


class Plan(Section):
    """Where the tracking plan is."""

    path: Path
    format: Literal["native", "iglu"] | None = None
    """Recognised from the folder where it is not said."""


class Profile(Section):
    """dbt's own `profiles.yml`: one credentials file for dbt and for us."""

    name: str
    target: str | None = None
    """The profile's own `target` where it is not said."""
    dir: Path | None = None
    """Its folder; dbt's own search (`DBT_PROFILES_DIR`, here, `~/.dbt`) where it is not said."""


class History(Section):
    """The database of what was measured: an SQLAlchemy URL, which may hold a password."""

    url: SecretStr = SecretStr("sqlite:///state/history.db")


class Measure(Section):
    """What a run reads."""

    lookback: Duration = timedelta(hours=24)
    """How far back a landing without an arrival time is read again."""


class Rates(Section):
    """Shares of rows above which a finding is a warning, and critical."""

    warning: Share = 0.01
    critical: Share = 0.05

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.critical < self.warning:
            raise ValueError("has a critical threshold below its warning")
        return self


class Volume(Section):
    """How far below and above the expected volume is a finding."""

    drop: Share = 0.5
    spike: Ratio = 1.0


class Thresholds(Section):
    """When a measurement becomes a finding."""

    failure_rate: Rates = Rates()
    volume: Volume = Volume()


class Schedule(Section):
    """When `trackwarden schedule` runs: `every` or `cron`, one of them."""

    every: Duration | None = None
    cron: str | None = None
    timezone: str = "UTC"
    """An IANA name; `cron` is read in it."""

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.every is None) == (self.cron is None):
            raise ValueError("needs one of `every` and `cron`")
        if self.every is not None and self.every < timedelta(minutes=1):
            raise ValueError("runs more often than every minute")
        return self


class SlackTeam(Section):
    """Where a team reads, and whom its messages mention."""

    channel: str | None = None
    """The channel of `slack` where it is not said."""
    mention: Annotated[str | None, Field(pattern=r"^[UWS][A-Z0-9]+$")] = None


class Slack(Section):
    """A bot token and a channel, or an incoming webhook. An empty one is none: messages are printed, not sent."""

    token: SecretStr | None = None
    webhook: SecretStr | None = None
    channel: str | None = None
    teams: Mapping[str, SlackTeam] = {}

    @field_validator("token", "webhook")
    @classmethod
    def _empty_is_none(cls, secret: SecretStr | None) -> SecretStr | None:
        return secret if secret is not None and secret.get_secret_value().strip() else None

    @model_validator(mode="after")
    def _token_needs_a_channel(self) -> Self:
        if self.token is not None and not self.channel:
            raise ValueError("has a token and no `channel`")
        return self


class Report(Section):
    """Where the report is written, and where readers find it. Without a url messages carry no link."""

    path: Path = Path("reports")
    url: Annotated[str | None, Field(pattern=r"^https?://")] = None

    @field_validator("url")
    @classmethod
    def _without_credentials(cls, url: str | None) -> str | None:
        if url is not None and "@" in url.split("/", 3)[2]:
            raise ValueError("holds a user or password, and it is told in every message")
        return url


class DbtTarget(Section):
    """The dbt project that sources and staging models are written into."""

    project: Path = Path("dbt_project")
    data_tests: Literal["none", "keys", "full"] = "keys"


class GxTarget(Section):
    """The Great Expectations project that suites are written into."""

    project: Path = Path("expectations")


class Targets(Section):
    """What `trackwarden generate` writes; a target that is null is not written."""

    dbt: DbtTarget | None = DbtTarget()
    gx: GxTarget | None = GxTarget()


class Settings(Section):
    """All of `trackwarden.yml`. Paths in it are relative to the workspace: `resolve` them."""

    root: Annotated[Path, Field(exclude=True)]
    """The workspace: the folder of `trackwarden.yml`. Not a key of the file."""
    plan: Plan
    profile: Profile
    landings: tuple[Landing, ...]
    history: History = History()
    measure: Measure = Measure()
    thresholds: Thresholds = Thresholds()
    schedule: Schedule = Schedule(every=timedelta(hours=1))
    slack: Slack = Slack()
    report: Report = Report()
    targets: Targets = Targets()

    @field_validator("landings")
    @classmethod
    def _at_least_one(cls, landings: tuple[Landing, ...]) -> tuple[Landing, ...]:
        if not landings:
            raise ValueError("is empty: say where at least one collector lands its events")
        return landings

    def resolve(self, path: Path) -> Path:
        """A path of the file, from the workspace's folder."""
        return self.root / path.expanduser()

    def history_url(self) -> str:
        """The history's URL with its password; an SQLite file is resolved from the workspace's folder."""
        url = self.history.url.get_secret_value()
        scheme, found, file = url.partition(":///")
        if not found or not scheme.startswith("sqlite") or file in ("", ":memory:"):
            return url
        return f"{scheme}:///{self.resolve(Path(file)).absolute()}"
