"""A made-up shop's plan, past and findings: what the report is built from in tests. Deterministic, no database."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import numpy as np

from monitor.catalog import Column, Family, Table, TableRef
from monitor.contract.model import (
    BoundProperty,
    BoundTable,
    BoundVersion,
    Compiled,
    Contract,
    Declined,
    Rule,
    Undecidable,
    Unmeasurable,
    Verdict,
)
from monitor.incidents.model import Incident, State
from monitor.judge.model import Counts, Evidence, Finding, Kind, Past, SeriesPast, Severity, TablePast
from monitor.landing.model import InColumns, LandedEvent, LandedTable, MissingTable
from monitor.measure.model import Series, Unmeasured
from monitor.plan.model import Event, EventVersion, Plan, Refused, Status, Tier
from monitor.report.model import Link, RunInfo
from monitor.sql.vocabulary import Column as ColumnExpr
from monitor.sql.vocabulary import IsNull, Literal

NOW = datetime(2026, 6, 30, 9, 20, tzinfo=UTC)
UNTIL = int(NOW.timestamp()) // 3600
DAYS = 60
START = UNTIL - DAYS * 24
SOURCES = ("web", "ios", "android")
NAMES = (
    "Order Completed",
    "Checkout Started",
    "Product Viewed",
    "Product Added",
    "Search Performed",
    "User Signed In",
    "Page Viewed",
    "Coupon Applied",
    "Payment Failed",
    "Wishlist Updated",
    "Review Written",
    "Refund Requested",
)


@dataclass(frozen=True, slots=True)
class Made:
    """The arguments of `build_site`."""

    contract: Contract
    past: Past
    findings: tuple[Finding, ...]
    incidents: tuple[Incident, ...]
    info: RunInfo


def sampled(made: Made, part: int = 10) -> Made:
    """The same rows and failures, with rules asked of each `part`th row only."""

    def passed(one: SeriesPast) -> SeriesPast:
        if not one.series.known:
            return one
        recent = one.recent_rows - one.recent_rows // part
        return replace(one, unchecked=one.rows - one.rows // part, recent_unchecked=recent)

    return replace(made, past=replace(made.past, series=tuple(map(passed, made.past.series))))


def shop(*, never_seen: int = 1) -> Made:
    """Twelve events over sixty days with every kind of finding, and as many events that never came as asked."""
    events = [_event(index, name) for index, name in enumerate(NAMES)]
    absent = [_absent(index) for index in range(never_seen)]
    tables = tuple(_table(event) for event in events)
    series = tuple(one for index, event in enumerate(events) for one in _series(index, event))
    stranger = Series("User Logged In", "", "android", planned=False, known=False)
    series += (_past_of(stranger, "shop.user_logged_in", _hourly(90, 3) * (np.arange(DAYS * 24) > 900), 99),)
    unmeasured = (
        Unmeasured(
            "shop.refund_requested",
            "permission denied for table refund_requested",
            "grant SELECT to TRACKWARDEN",
            ("Refund Requested",),
        ),
    )
    past = Past(START, UNTIL, series, _tables(tables), unmeasured)
    refused = (Refused("legacy/thing", "1-0-0", "its $ref leaves the plan's folder", "tracking_plan/legacy.yml:3"),)
    plan = Plan((*events, *absent), "3fa9c41d07be", refused)
    missing = (MissingTable(TableRef("shop", "raw_events"), "1:server", "", required=True),)
    findings = all_kinds() + tuple(
        Finding(Kind.NOT_SEEN, Severity.INFO, "no row has ever come", event=event.name) for event in absent
    )
    info = RunInfo(
        generated_at=NOW,
        run="20260630T0920-7c1e",
        plan_revision=plan.revision,
        workspace="shop",
        tables=12,
        windows=36,
        rows=41_238,
        queries=13,
        seconds=1.42,
        links=(Link("Data Docs", "../docs/index.html"),),
    )
    return Made(Contract(plan, tables, missing), past, findings, _incidents(findings), info)


def all_kinds() -> tuple[Finding, ...]:
    """One finding of every kind but `not_seen`."""
    on = NAMES
    hours = 168
    rows = tuple(int(n) for n in _hourly(60, 1)[-hours:])
    failing = tuple(int(n * (0.18 if index > 120 else 0.004)) for index, n in enumerate(rows))
    dropped = tuple(int(n * (0.3 if index > 150 else 1)) for index, n in enumerate(rows))
    rate = Evidence(
        facts=(
            ("failing rows", 2271),
            ("rows", 12480),
            ("rate", "18.2%"),
            ("limit", "5%"),
            ("since", "2026-06-28T10:00Z"),
        ),
        rules=(("order_completed@1-1-0#/currency:enum", 2271),),
        series=failing,
        series_until=UNTIL - 2,
        reference=rows,
    )
    drop = Evidence((("seen", 1204), ("expected", 4310)), series=dropped, series_until=UNTIL - 2, reference=rows)
    told = Finding(
        Kind.FAILURE_RATE, Severity.INFO, "100% of 3,100 rows fail price:type", on[2], "2-0-0", "web", "price"
    )
    crit, warn, info = Severity.CRITICAL, Severity.WARNING, Severity.INFO
    return (
        Finding(
            Kind.FAILURE_RATE, crit, "18.2% of 12,480 rows fail (limit 5%)", on[0], "1-1-0", "ios", "currency", rate
        ),
        Finding(
            Kind.VOLUME_DROP,
            crit,
            "70% fewer rows than expected: 1,204 seen, 4,310 expected",
            on[1],
            "",
            "android",
            evidence=drop,
        ),
        Finding(
            Kind.COLUMN_TYPE_CHANGED,
            warn,
            "price landed as VARCHAR, was DOUBLE",
            on[2],
            "2-0-0",
            "",
            "price",
            absorbed=(told,),
        ),
        Finding(Kind.VOLUME_SPIKE, warn, "3 times the rows expected", on[3], "", "web"),
        Finding(Kind.RETIRED_VERSION_ARRIVING, warn, "212 rows of 1-0-0 since its last day", on[4], "1-0-0"),
        Finding(Kind.MISSING_COLUMN, warn, "no column for method", on[5], "1-0-0", "", "method"),
        Finding(
            Kind.UNEXPECTED_COLUMN, info, "column coupon_code is declared by no version", on[0], "", "", "coupon_code"
        ),
        Finding(Kind.UNDECLARED_PROPERTY, info, "12% of rows carry gift", on[3], "1-0-0", "", "gift"),
        Finding(Kind.UNKNOWN_VERSION, warn, "1.4% of rows have version 3-0-0", on[6], "3-0-0"),
        Finding(Kind.NO_DATA, warn, "no row for 31 hours", on[7], "", "ios"),
        Finding(Kind.PAYLOAD_NOT_LANDED, warn, "10 rows without their payload", on[8], "1-0-0"),
        Finding(Kind.DUPLICATED_IDS, info, "4 event ids came twice", on[9], "", "", "shop.wishlist_updated"),
        Finding(Kind.ROWS_WITHOUT_TIME, info, "1 row has no time at all", on[10], "", "", "shop.review_written"),
        Finding(
            Kind.UNPLANNED_EVENT, warn, "User Logged In: 12,044 rows from android", "User Logged In", "", "android"
        ),
        Finding(
            Kind.MEASUREMENT_FAILED,
            warn,
            "shop.refund_requested cannot be read",
            on[11],
            "",
            "",
            "shop.refund_requested",
        ),
    )


def hostile(payload: str) -> Made:
    """The shop with the payload in every field that comes from outside."""
    made = shop()
    event = made.contract.plan.events[0]
    version = replace(event.versions[-1], version=payload, where=payload)
    bad_event = replace(
        event,
        name=payload,
        key=payload,
        description=payload,
        team=payload,
        sources=(payload,),
        where=payload,
        versions=(*event.versions, version),
    )
    plan = replace(
        made.contract.plan,
        events=(bad_event, *made.contract.plan.events[1:]),
        revision=payload,
        refused=(Refused(payload, payload, payload, payload),),
    )
    table = made.contract.tables[0]
    ref = TableRef(payload, payload)
    now = replace(
        table.landed.table, ref=ref, columns=(*table.landed.table.columns, Column(payload, Family.TEXT, payload))
    )
    bound = tuple(_hostile_version(one, payload) for one in table.versions)
    bad_table = replace(table, landed=replace(table.landed, table=now), versions=bound)
    series = tuple(_hostile_series(one, payload, str(ref)) for one in made.past.series[:9])
    before = replace(now, columns=(Column(payload, Family.NUMBER, f"{payload}2"),))
    tables = {**made.past.tables, str(ref): TablePast(str(ref), START, UNTIL, UNTIL, before)}
    unplanned = replace(made.past.series[-1], series=Series(payload, payload, payload, planned=False, known=False))
    past = replace(
        made.past,
        series=(*series, *made.past.series[9:], unplanned),
        tables=tables,
        unmeasured=(Unmeasured(payload, payload, payload, (payload,)),),
    )
    evidence = Evidence(((payload, payload),), ((payload, 3),), (1, 2), UNTIL, (3, 4))
    findings = tuple(
        Finding(
            one.kind,
            one.severity,
            payload,
            payload,
            payload,
            payload,
            payload,
            evidence,
            absorbed=(replace(one, message=payload),),
            env=payload,
        )
        for one in made.findings
    )
    info = replace(made.info, run=payload, workspace=payload, plan_revision=payload, links=(Link(payload, payload),))
    contract = Contract(
        plan, (bad_table, *made.contract.tables[1:]), (MissingTable(ref, payload, payload, required=True),)
    )
    return Made(contract, past, findings, _incidents(findings), info)


def _hostile_version(one: BoundVersion, payload: str) -> BoundVersion:
    properties = tuple(
        replace(p, name=payload, description=payload, native=payload, types=(payload,), column=payload, fits=False)
        for p in one.properties
    )
    rules = tuple(
        replace(
            rule,
            id=f"{payload}{index}",
            sentence=payload,
            value=payload,
            pointer=payload,
            keyword=payload,
            verdict=Declined(payload),
        )
        for index, rule in enumerate(one.rules)
    )
    return replace(
        one,
        event=payload,
        key=payload,
        properties=properties,
        rules=rules,
        payload_missing=payload,
        undeclared_columns=(payload,),
    )


def _hostile_series(one: SeriesPast, payload: str, table: str) -> SeriesPast:
    series = one.series._replace(event=payload, source=payload + one.series.source)
    return replace(one, series=series, table=table, undeclared={payload: 7}, undeclared_rows=7)


def _event(index: int, name: str) -> Event:
    key = name.lower().replace(" ", "_")
    kinds: tuple[tuple[str, Status, date | None], ...] = (
        ("1-0-0", Status.RETIRED, date(2026, 5, 31)),
        ("1-1-0", Status.LIVE, None),
        ("2-0-0", Status.DRAFT, None),
    )
    if index == 2:
        kinds = (("1-0-0", Status.DEPRECATED, None), ("2-0-0", Status.LIVE, None))
    elif index > 4:
        kinds = (("1-0-0", Status.LIVE, None),)
    versions = tuple(
        EventVersion(version, _SCHEMA, status, until, f"tracking_plan/events/{key}.yml:{7 + 9 * place}")
        for place, (version, status, until) in enumerate(kinds)
    )
    return Event(
        name,
        key,
        versions,
        f"{name}: said once, when the server has confirmed it.",
        ("checkout", "growth", "catalogue")[index % 3],
        (Tier.CORE, Tier.STANDARD, Tier.EXPERIMENTAL)[min(index // 3, 2)],
        SOURCES,
        f"tracking_plan/events/{key}.yml:1",
    )


_SCHEMA = {
    "type": "object",
    "required": ["order_id"],
    "properties": {
        "order_id": {"type": "string", "description": "The order's number"},
        "email": {"type": ["string", "null"], "pii": True, "description": "Where the receipt goes"},
    },
}


def _absent(index: int) -> Event:
    return Event(
        f"com.acme/never_{index}",
        f"com_acme_never_{index}",
        (EventVersion("1-0-0", _SCHEMA, where=f"schemas/n{index}"),),
        "Planned, not released yet.",
        "growth",
    )


def _hourly(level: int, seed: int) -> Counts:
    hours = np.arange(DAYS * 24) + START
    shape = 1 + 0.6 * np.sin((hours % 24 - 9) / 24 * 2 * np.pi) + 0.25 * ((hours // 24 + 3) % 7 < 5)
    noise = np.random.default_rng(seed).normal(1, 0.06, len(hours))
    return np.asarray(np.maximum(level * shape * noise, 0), dtype=np.int64)


def _series(index: int, event: Event) -> list[SeriesPast]:
    if index == 11:
        return []
    found = []
    day = np.arange(DAYS * 24) / 24
    for place, source in enumerate(SOURCES):
        rows = _hourly(int(400 / (index + 1) / (place + 1)) + 4, index * 10 + place)
        if index == 1 and source == "android":
            rows = np.where(day > DAYS - 1, (rows * 0.3).astype(np.int64), rows)
        adopted = 1 / (1 + np.exp(-(day - 22 - 5 * place) / 3)) if len(event.versions) > 1 else np.ones(len(day))
        for number, version in enumerate(event.versions[:2]):
            share = adopted if number == min(1, len(event.versions) - 1) else 1 - adopted
            part = np.asarray(rows * share, dtype=np.int64)
            failing = index == 0 and source == "ios" and number == 1
            failed = (
                np.asarray(part * np.where(day > DAYS - 2, 0.182, 0.004), dtype=np.int64) if failing else part // 400
            )
            series = Series(event.name, version.version, source, planned=True, known=True)
            table = f"shop.{event.key}"
            found.append(
                _past_of(series, table, part, index, (f"{event.key}@{version.version}#/currency:enum", failed))
            )
    if index == 6:
        stray = Series(event.name, "3-0-0", "web", planned=True, known=False)
        found.append(_past_of(stray, f"shop.{event.key}", _hourly(3, 77) * (day > 50), index))
    return found


def _past_of(
    series: Series, table: str, rows: Counts, index: int, failing: tuple[str, Counts] | None = None
) -> SeriesPast:
    seen = np.flatnonzero(rows)
    recent = int(rows[-72:].sum())
    none = np.zeros(len(rows), dtype=np.int64)
    return SeriesPast(
        series=series,
        table=table,
        first_hour=START + int(seen[0]),
        last_hour=START + int(seen[-1]),
        rows=rows,
        invalid=none if failing is None else failing[1],
        failed={} if failing is None else dict([failing]),
        undeclared={"coupon_code": recent // 9, "gift": recent // 30} if index in (0, 3) else {},
        present={"/order_id": recent, "/currency": recent * 98 // 100, "/email": recent // 3},
        undeclared_rows=recent // 9 if index in (0, 3) else 0,
        recent_rows=recent,
    )


def _table(event: Event) -> BoundTable:
    columns = (
        Column("order_id", Family.TEXT, "VARCHAR"),
        Column("currency", Family.TEXT, "VARCHAR"),
        Column("price", Family.TEXT if event.key == "product_viewed" else Family.NUMBER, "VARCHAR"),
        Column("email", Family.TEXT, "VARCHAR"),
        Column("coupon_code", Family.TEXT, "VARCHAR"),
    )
    table = Table(TableRef("shop", event.key), columns)
    landed = LandedTable(
        table,
        "0:web",
        (LandedEvent(event.name, (event.key,), InColumns("snake")),),
        Literal(event.key),
        ColumnExpr("version"),
        ColumnExpr("source"),
        ColumnExpr("time"),
        ColumnExpr("received"),
        None,
        frozenset(),
    )
    return BoundTable(landed, tuple(_bound(event, version) for version in event.versions), event.key)


def _bound(event: Event, version: EventVersion) -> BoundVersion:
    text = event.key == "product_viewed"
    present = ColumnExpr("order_id")
    properties = (
        BoundProperty(
            "/order_id",
            "order_id",
            ("string",),
            True,
            "The order's number",
            False,
            "order_id",
            Family.TEXT,
            "VARCHAR",
            present=present,
        ),
        BoundProperty(
            "/currency",
            "currency",
            ("string",),
            True,
            "ISO 4217",
            False,
            "currency",
            Family.TEXT,
            "VARCHAR",
            present=present,
        ),
        BoundProperty(
            "/price",
            "price",
            ("number",),
            False,
            "In the order's currency",
            False,
            "price",
            Family.TEXT if text else Family.NUMBER,
            "VARCHAR" if text else "DOUBLE",
            fits=not text,
        ),
        BoundProperty(
            "/email",
            "email",
            ("string", "null"),
            False,
            "Where the receipt goes",
            True,
            "email",
            Family.TEXT,
            "VARCHAR",
            present=present,
        ),
        BoundProperty(
            "/method",
            "method",
            ("string",),
            False,
            "How they signed in",
            False,
            "method",
            Family.TEXT,
            "VARCHAR",
            landed=event.key != "user_signed_in",
        ),
    )
    checked = Compiled(IsNull(ColumnExpr("order_id")))
    verdicts: tuple[tuple[str, str, str, Verdict], ...] = (
        ("/order_id", "required", "order_id is required", checked),
        ("/currency", "enum", "currency is one of EUR, GBP, USD", checked),
        (
            "/price",
            "minimum",
            "price is at least 0",
            Unmeasurable("landed as VARCHAR, which has no order") if text else checked,
        ),
        ("/items", "uniqueItems", "items hold no value twice", Undecidable("the landing keeps the list as text")),
        ("/email", "contentEncoding", "email is base64", Declined("the keyword is not known here")),
    )
    rules = tuple(
        Rule(f"{event.key}@{version.version}#{pointer}:{keyword}", pointer, keyword, "null", sentence, verdict)
        for pointer, keyword, sentence, verdict in verdicts
    )
    missing = "contexts_payment_1" if event.key == "payment_failed" else ""
    return BoundVersion(
        event.name,
        event.key,
        version.version,
        version.status,
        (event.key,),
        (version.version,),
        properties,
        rules,
        undeclared_columns=("coupon_code",),
        payload_missing=missing,
    )


def _tables(tables: tuple[BoundTable, ...]) -> dict[str, TablePast]:
    before = Table(
        TableRef("shop", "product_viewed"),
        (Column("order_id", Family.TEXT, "VARCHAR"), Column("price", Family.NUMBER, "DOUBLE")),
    )
    return {
        table.key: TablePast(
            table.key, START, UNTIL - 1, UNTIL - 2, before if table.key == "shop.product_viewed" else None
        )
        for table in tables
    }


def _incidents(findings: tuple[Finding, ...]) -> tuple[Incident, ...]:
    states = (State.OPEN, State.OPEN, State.ACKNOWLEDGED, State.KNOWN, State.SNOOZED)
    open_now = tuple(
        Incident(
            f"v1:{index:016x}",
            1,
            states[index % len(states)],
            finding.severity,
            finding,
            NOW - timedelta(hours=3 + 7 * index),
            NOW,
        )
        for index, finding in enumerate(findings[:10])
    )
    unjudged = Finding(Kind.FAILURE_RATE, Severity.WARNING, "2.1% of rows failed", NAMES[11], "1-0-0", "web", "email")
    over = Finding(Kind.VOLUME_DROP, Severity.WARNING, "40% fewer rows than expected", NAMES[4], "", "web")
    opened = NOW - timedelta(days=2)
    return (
        *open_now,
        Incident("v1:aaaa", 1, State.OPEN, Severity.WARNING, unjudged, opened, opened),
        Incident(
            "v1:bbbb", 1, State.RESOLVED, Severity.WARNING, over, opened, opened, resolved_at=NOW - timedelta(hours=9)
        ),
    )
