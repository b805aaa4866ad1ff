"""All configured landings bound to the plan and the catalog."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import assert_never

from monitor.catalog import Catalog
from monitor.config.landings import (
    AmplitudeLanding,
    Ga4Landing,
    InColumn,
    JitsuLanding,
    JsonLanding,
    Landing,
    MixpanelLanding,
    PosthogLanding,
    RudderstackLanding,
    SegmentLanding,
    SnowplowLanding,
)
from monitor.errors import ConfigError, Problems, TrackwardenError
from monitor.landing.amplitude import land_amplitude
from monitor.landing.app_versions import VersionMap, strays
from monitor.landing.ga4 import land_ga4
from monitor.landing.jitsu import land_jitsu
from monitor.landing.json_table import land_json
from monitor.landing.mixpanel import land_mixpanel
from monitor.landing.model import Landed
from monitor.landing.partition import partitioned
from monitor.landing.posthog import land_posthog
from monitor.landing.rudderstack import land_rudderstack
from monitor.landing.segment import land_segment
from monitor.landing.snowplow import land_snowplow
from monitor.landing.versions import Listing, VersionFile
from monitor.plan.model import Plan


def land(landings: Sequence[Landing], plan: Plan, catalog: Catalog, files: Mapping[str, VersionFile]) -> Landed:
    """Which tables hold which planned events, which are absent, and which nobody planned.

    `files` are the parsed files of `version_files`, by path as configured. The same event may stand in
    several landings, one per source. Raises Problems of ConfigError: all landings' errors at once.
    """
    errors: list[TrackwardenError] = []
    parts: list[Landed] = []
    for position, settings in enumerate(landings):
        listing = Listing(f"{position}:{_source(settings)}", f"trackwarden.yml landings[{position}]", files)
        try:
            parts.append(partitioned(_land(settings, plan, catalog, listing), settings, listing.where))
        except Problems as problems:
            errors.extend(problems.errors)
        except ConfigError as error:
            errors.append(error)
    errors.extend(_held_twice(parts))
    if errors:
        raise Problems(errors)
    return Landed(
        tuple(table for part in parts for table in part.tables),
        tuple(missing for part in parts for missing in part.missing),
        tuple(table for part in parts for table in part.unplanned),
        lambda: chain(*(part.noted() for part in parts), _strays(files, plan)),
    )


def _strays(files: Mapping[str, VersionFile], plan: Plan) -> Iterator[ConfigError]:
    for held in files.values():
        if isinstance(held, VersionMap):
            yield from strays(held, plan)


def _land(settings: Landing, plan: Plan, catalog: Catalog, listing: Listing) -> Landed:  # noqa: PLR0911 - one arm per collector
    match settings:
        case SegmentLanding():
            return land_segment(settings, plan, catalog, listing)
        case SnowplowLanding():
            return land_snowplow(settings, plan, catalog, listing)
        case JsonLanding():
            return land_json(settings, plan, catalog, listing)
        case RudderstackLanding():
            return land_rudderstack(settings, plan, catalog, listing)
        case AmplitudeLanding():
            return land_amplitude(settings, plan, catalog, listing)
        case MixpanelLanding():
            return land_mixpanel(settings, plan, catalog, listing)
        case PosthogLanding():
            return land_posthog(settings, plan, catalog, listing)
        case Ga4Landing():
            return land_ga4(settings, plan, catalog, listing)
        case JitsuLanding():
            return land_jitsu(settings, plan, catalog, listing)
    assert_never(settings)


def _source(settings: Landing) -> str:
    return settings.source.column if isinstance(settings.source, InColumn) else settings.source


def _held_twice(parts: Sequence[Landed]) -> Iterator[ConfigError]:
    """Two landings that hold one table would count its rows twice."""
    held = [(table.table.ref, table.landing) for part in parts for table in (*part.tables, *part.unplanned)]
    for ref, times in Counter(ref for ref, _ in held).items():
        if times > 1:
            names = " and ".join(landing for other, landing in held if other == ref)
            hint = "keep one; where its rows come from several sources, write source: {column: …}"
            yield ConfigError(f"{ref} is held by the landings {names}", where="trackwarden.yml landings", hint=hint)
