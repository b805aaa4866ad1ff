"""Each kind of finding explained once, as data: Slack, the report, the terminal and the docs only format it."""

from collections.abc import Mapping
from dataclasses import dataclass

from monitor.judge.model import Kind


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a finding of one kind means, for people who meet it for the first time."""

    title: str
    means: str
    next_step: str
    needs_rows: bool = False
    """Only rows can show that it is over: while none arrive it stays open."""
    of_checked: bool = False
    """It is judged from the rows that rules were asked of: a sample that held none of them says nothing."""


EXPLANATIONS: Mapping[Kind, Explanation] = {
    Kind.MEASUREMENT_FAILED: Explanation(
        "Could not be measured",
        "The table could not be read, so everything about its events is unknown and nothing of them is resolved.",
        "Read the problem given, check the table and the user's rights, then run `trackwarden doctor`.",
    ),
    Kind.NO_DATA: Explanation(
        "No data",
        "An event that flowed has sent nothing for longer than its own past explains.",
        "Check the last release of that source, its collector and the load into the warehouse.",
    ),
    Kind.VOLUME_DROP: Explanation(
        "Fewer rows than expected",
        "An event's rows from one source, all versions together, are far below the same hours of the weeks before.",
        "Look at releases, consent and sampling of that source since then; a migration between versions is not it.",
        needs_rows=True,
    ),
    Kind.VOLUME_SPIKE: Explanation(
        "More rows than expected",
        "An event's rows from one source, all versions together, are far above the same hours of the weeks before.",
        "Look for duplicated calls, a retry loop, bots, or a campaign that nobody announced.",
    ),
    Kind.COLUMN_TYPE_CHANGED: Explanation(
        "Column type changed",
        "A column landed as a type that does not hold what the plan says, so rules on it fail or cannot be asked.",
        "Find which source began to send another type; after the fix the column must be migrated in the warehouse.",
        needs_rows=True,
    ),
    Kind.MISSING_COLUMN: Explanation(
        "Column missing",
        "Rows arrive, and the table has no column for a property that the plan requires.",
        "Check whether the property is sent at all, or sent under another name.",
        needs_rows=True,
    ),
    Kind.FAILURE_RATE: Explanation(
        "Rows break the plan",
        "More rows of an event version than the limit allows break the rules of one property.",
        "Look at the rules that fail most, and at the release of that source since the hour given.",
        needs_rows=True,
        of_checked=True,
    ),
    Kind.UNEXPECTED_COLUMN: Explanation(
        "Column not in the plan",
        "The table holds a column that no version of its events declares.",
        "Add the property to a new version of the plan, or stop sending it.",
        of_checked=True,
    ),
    Kind.UNDECLARED_PROPERTY: Explanation(
        "Property not declared",
        "Rows of an event version carry a property that this version does not declare.",
        "Declare it in the next version, or find out why rows of this version carry it.",
        of_checked=True,
    ),
    Kind.UNPLANNED_EVENT: Explanation(
        "Event not in the plan",
        "An event arrives that the plan does not know, so nothing about it is checked.",
        "Plan it, rename it to the planned event it may have meant, or stop sending it.",
    ),
    Kind.UNKNOWN_VERSION: Explanation(
        "Version not in the plan",
        "Rows of a planned event carry a version that the plan does not know, or none: they are not checked.",
        "Release the version in the plan, or correct what the source sends or where the landing looks for the version.",
    ),
    Kind.RETIRED_VERSION_ARRIVING: Explanation(
        "Retired version still arrives",
        "Rows of a version arrive after its last day.",
        "Find the old release that still sends it, or give the version more time in the plan.",
    ),
    Kind.PAYLOAD_NOT_LANDED: Explanation(
        "Payload not landed",
        "Rows of a version arrive, and the column that would hold its properties does not exist: no rule can be asked.",
        "Check that the load into the warehouse may add columns and finds the schema.",
        needs_rows=True,
    ),
    Kind.ROWS_WITHOUT_TIME: Explanation(
        "Rows without a time",
        "All times of these rows are empty: they belong to no hour and are left out of volume and rates.",
        "Check which source sends them, and which column holds the time in the landing's settings.",
    ),
    Kind.DUPLICATED_IDS: Explanation(
        "Repeated event ids",
        "Event ids occur more than once: rows are counted as they landed, the repeated ones too.",
        "Deduplicate by the event's id where rows are counted downstream.",
    ),
    Kind.NOT_SEEN: Explanation(
        "Never seen",
        "The plan has this event live and no row of it has ever been seen.",
        "Check whether it is released yet; set its versions to draft while it is not.",
    ),
}
