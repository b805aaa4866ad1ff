"""`trackwarden.yml` as frozen values. What a key means stands beside it; what it defaults to, too."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, field_validator, model_validator

from monitor.config.alerting import Channel, Incidents, Slack
from monitor.config.landings import Landing
from monitor.config.values import Bytes, Duration, Ratio, Section, Share, one_or_more, share


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


class Budget(Section):
    """What the scans of one run may cost. Tables that do not fit are unknown, and come first in the next run."""

    bytes: Bytes | None = None
    """Read in all, by the warehouse's own estimate: only where it tells before it runs a statement."""
    seconds: Annotated[int | None, Field(gt=0)] = None
    """After so many seconds no further scan begins."""


class Statement(Section):
    """What one statement may cost: the warehouse itself ends or refuses what would cost more."""

    seconds: Annotated[int | None, Field(gt=0)] = 3_600
    """None: as long as it takes, and a warehouse that stalls holds up the run for as long."""
    bytes: Bytes | None = None
    """BigQuery's `maximum_bytes_billed`; other warehouses have none."""


class Sample(Section):
    """Of how many rows rules are asked; rows themselves are always counted in all."""

    share: Annotated[float, BeforeValidator(share), Field(gt=0, lt=1)]
    above: Annotated[int, Field(ge=0)] = 1_000_000
    """A scan of so many rows, or of fewer, asks all of them."""
    by: Literal["rows", "blocks"] = "rows"
    """Each row by itself, or by the engine's blocks: that reads less, but rows of a block came together."""


class Measure(Section):
    """What a run reads."""

    lookback: Duration = timedelta(hours=24)
    """How far back a landing without an arrival time is read again."""
    sample: Sample | None = None
    """None: rules are asked of all rows."""
    budget: Budget = Budget()
    statement: Statement = Statement()
    concurrency: Annotated[int | None, Field(gt=0, le=64)] = None
    """Statements under way at once, each in a session of its own; one inside our own process, else dbt's `threads`."""
    batch: Annotated[int, Field(gt=0, le=50)] = 1
    """Scans of small tables that are sent as one statement, where the warehouse has words for it."""
    label: Annotated[str, Field(pattern=r"^[A-Za-z0-9_. -]{1,60}$")] = "trackwarden"
    """What the warehouse's own log calls our statements: query tag, job label, application name."""


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
    limit: Duration = timedelta(hours=1)
    """How long a run may take; a longer one is ended, and what it measured is kept."""
    grace: Duration = timedelta(seconds=25)
    """How long a run may go on after a stop signal."""
    listen: Annotated[str | None, Field(pattern=r"^(\[[0-9a-fA-F:]+\]|[^\s:/]+):[0-9]{1,5}$")] = "127.0.0.1:9464"
    """Host and port of `/healthz` and `/metrics`; null: nobody can ask."""
    heartbeat: SecretStr | None = None
    """A URL that is called after each run that measured everything: whoever waits for it watches the watcher."""

    @field_validator("heartbeat")
    @classmethod
    def _is_http(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not url.get_secret_value().startswith(("https://", "http://")):
            raise ValueError("is not an http(s) URL")
        return url

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.every is None) == (self.cron is None):
            raise ValueError("needs one of `every` and `cron`")
        if self.every is not None and self.every < timedelta(minutes=1):
            raise ValueError("runs more often than every minute")
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
    incidents: Incidents = Incidents()
    slack: Slack = Slack()
    channels: Mapping[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")], Channel] = {}
    """Where else people are told: a name of your own → a service."""
    downstream: Annotated[tuple[Path, ...], BeforeValidator(one_or_more)] = ()
    """The `target/manifest.json` of dbt projects that read the landed tables: messages say what is built from them."""
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
