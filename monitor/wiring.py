"""From settings to adapters: the only place that names them."""

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from monitor import __version__
from monitor.cache import keep, recall
from monitor.config import Settings, load_settings, schemas_of
from monitor.errors import ConfigError, PlanError, Problems, TrackwardenError

if TYPE_CHECKING:
    from monitor.alert.downstream import Below
    from monitor.alert.routing import Channel, Routing
    from monitor.alert.sender import Sender
    from monitor.alert.slack import BotSender
    from monitor.catalog import Catalog
    from monitor.history.store import History
    from monitor.incidents.model import Patience
    from monitor.judge.thresholds import Thresholds
    from monitor.landing.model import Landed
    from monitor.measure.sampling import Sample
    from monitor.plan.model import Plan
    from monitor.survey import Budget
    from monitor.warehouse import Profile, Warehouse

CONFIG = "trackwarden.yml"
STATE = Path("state")
"""What is kept between runs, and may be deleted but for the history."""


@dataclass(frozen=True)
class Workspace:
    """A folder with a `trackwarden.yml`, and everything that it names."""

    settings: Settings
    env: Mapping[str, str]

    @classmethod
    def open(cls, root: Path, env: Mapping[str, str] | None = None) -> "Workspace":
        """The workspace in a folder. Raises Problems of ConfigError."""
        given = os.environ if env is None else env
        return cls(load_settings(root.absolute() / CONFIG, given), given)

    @property
    def root(self) -> Path:
        """The workspace's folder."""
        return self.settings.root

    @property
    def cache(self) -> Path:
        """Where what can be computed again is kept."""
        return self.root / STATE / "cache"

    @property
    def lookback(self) -> timedelta:
        """How far back a landing without an arrival time is read again."""
        return self.settings.measure.lookback

    @property
    def budget(self) -> "Budget":
        """What the scans of one run may cost."""
        from monitor.survey import Budget

        return Budget(self.settings.measure.budget.bytes, self.settings.measure.budget.seconds)

    @property
    def sample(self) -> "Sample | None":
        """Of how many rows rules are asked; None: of all."""
        from monitor.measure.sampling import Sample

        said = self.settings.measure.sample
        return None if said is None else Sample(said.share, said.above, said.by == "blocks")

    @property
    def report_url(self) -> str:
        """Where readers find the report; empty: nowhere."""
        return self.settings.report.url or ""

    def clock(self) -> datetime:
        """The real moment, whatever moment a run is asked about: leases run out by it."""
        return datetime.now(UTC)

    # ── the plan ────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def plan_path(self) -> Path:
        """The tracking plan's folder."""
        return self.settings.resolve(self.settings.plan.path)

    def plan(self) -> "Plan":
        """The tracking plan; from the cache where no file of it has changed. Raises PlanError or Problems."""
        from monitor.plan.dump import dump, load
        from monitor.readers import read_plan

        kept = self.cache / "plan.json"
        key = f"{self.settings.plan.format}:{_fingerprint(self.plan_path)}"
        try:
            known = json.loads(recall(kept) or "null")
            if known["key"] == key:
                return load(known["plan"])
        except (ValueError, KeyError, TypeError, PlanError):
            pass
        plan = read_plan(self.plan_path, self.settings.plan.format)
        keep(kept, json.dumps({"key": key, "plan": dump(plan)}, separators=(",", ":")))
        return plan

    # ── the warehouse ───────────────────────────────────────────────────────────────────────────────

    def warehouse(self) -> "Warehouse":
        """An open, read-only session. Raises ConfigError or WarehouseError."""
        return self._session(writes=False)

    def scratch(self) -> "Warehouse":
        """An open session that may write: only for `selftest`, into a schema of its own. Raises as `warehouse`."""
        return self._session(writes=True)

    def _session(self, *, writes: bool) -> "Warehouse":
        from monitor.warehouse import connect
        from monitor.warehouse.adapters.base import Terms

        measure = self.settings.measure
        statement = measure.statement
        terms = Terms(statement.seconds, statement.bytes, measure.label, measure.concurrency, measure.batch, writes)
        return connect(self._profile(), terms)

    def _profile(self) -> "Profile":
        from monitor.warehouse import read_profile
        from monitor.warehouse.profile import find_profiles

        said = self.settings.profile
        return read_profile(find_profiles(self.root, said.dir, self.env), said.name, said.target, self.env)

    @cached_property
    def target(self) -> str:
        """Which of a profile's warehouses this is: `analytics.prod`; `analytics` where the profile cannot be read."""
        try:
            profile = self._profile()
        except TrackwardenError:
            return self.settings.profile.name
        return f"{profile.name}.{profile.target}"

    def schemas(self) -> tuple[str, ...]:
        """The schemas that the landings name; an empty name is the connection's own."""
        return tuple(sorted({schema for landing in self.settings.landings for schema in schemas_of(landing)}))

    def landed(self, plan: "Plan", catalog: "Catalog") -> "Landed":
        """The landings bound to the catalog. Raises Problems of ConfigError."""
        from monitor.landing.bind import land
        from monitor.landing.versions import version_files

        wanted = version_files(self.settings.landings)
        errors: list[TrackwardenError] = []
        files = {}
        for name, parse in wanted.items():
            try:
                files[name] = parse(self._yaml(Path(name)), name)
            except Problems as problems:
                errors += problems.errors
            except TrackwardenError as error:
                errors.append(error)
        if errors:
            raise Problems(errors)
        return land(self.settings.landings, plan, catalog, files)

    def _yaml(self, path: Path) -> object:
        from monitor.readers.yaml_safe import read_yaml

        file = self.settings.resolve(path)
        if not file.is_file():
            raise ConfigError("there is no such file", where=str(file), hint="it is named by a `version` locator")
        return read_yaml(file, str(path)).value

    # ── history, judging, Slack ─────────────────────────────────────────────────────────────────────

    def history(self) -> "History":
        """The history, made or migrated where needed. Raises HistoryError."""
        from monitor.history.store import History

        return History.open(self.settings.history_url(), root=self.root)

    def thresholds(self) -> "Thresholds":
        """When a measurement becomes a finding."""
        from monitor.judge.thresholds import Thresholds

        rates, volume = self.settings.thresholds.failure_rate, self.settings.thresholds.volume
        return Thresholds(
            failure_rate_warning=rates.warning,
            failure_rate_critical=rates.critical,
            drop=_gates(volume.drop),
            spike=_gates(volume.spike),
        )

    def routing(self) -> "Routing":
        """Who is told where and when."""
        from monitor.alert import configured

        channels = self.channels()
        told = self.has_slack or not channels  # with neither, messages are printed
        return configured.routing(self.settings.slack, channels, told=told)

    @property
    def has_slack(self) -> bool:
        """There is a token or a webhook."""
        return self.settings.slack.token is not None or self.settings.slack.webhook is not None

    def channels(self) -> "tuple[Channel, ...]":
        """The channels beside Slack; one without a URL is off."""
        from monitor.alert import configured

        return configured.channels(self.settings)

    def downstream(self) -> "Below":
        """What is built from the landed rows, by dbt's manifests; nothing where none is named."""
        from monitor.alert.downstream import Downstream, nothing

        files = [self.settings.resolve(file) for file in self.settings.downstream]
        return Downstream(files) if files else nothing

    def patience(self) -> "Patience":
        """How quickly something is told, and what is not."""
        from monitor.alert import configured

        return configured.patience(self.settings.incidents)

    def sender(self, out: Callable[[str], object]) -> "Sender":
        """Where messages go: to Slack, and to the channels beside it."""
        from monitor.alert.channel import ChannelSender
        from monitor.alert.lanes import Everywhere

        channels = {
            channel.place: ChannelSender(channel.place, self.settings.channels[channel.name].url.get_secret_value())
            for channel in self.channels()
        }
        return Everywhere(self._slack(out), channels)

    def _slack(self, out: Callable[[str], object]) -> "Sender":
        """The bot, the webhook, or, without either, `out`."""
        from monitor.alert.slack import PrintSender, WebhookSender

        bot, webhook = self.bot(), self.settings.slack.webhook
        if bot is not None:
            return bot
        return PrintSender(out) if webhook is None else WebhookSender(webhook.get_secret_value())

    def bot(self) -> "BotSender | None":
        """Slack by the bot token; None: there is none."""
        slack = self.settings.slack
        if slack.token is None:
            return None
        from monitor.alert.slack import BotSender

        base = self.env.get("SLACK_API_URL")
        token, channel = slack.token.get_secret_value(), slack.channel or ""
        return BotSender(token, channel, base_url=base) if base else BotSender(token, channel)

    @property
    def report_folder(self) -> Path:
        """Where the report is written."""
        return self.settings.resolve(self.settings.report.path)


def _gates(hour: float) -> tuple[float, float, float, float]:
    """What matters over 1 hour matters less the longer it lasts: over 3, 6 and 24."""
    return hour, hour * 0.8, hour * 0.6, hour * 0.4


def _fingerprint(folder: Path) -> str:
    """Of every file below a folder, by path and content."""
    digest = hashlib.sha256(__version__.encode())
    if folder.is_dir():
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            digest.update(str(path.relative_to(folder)).encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
