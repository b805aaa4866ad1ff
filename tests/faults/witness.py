"""What a history holds in the end, and a witness in the database that saw each window being done."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.fakes.homes import Home, Schema
from tests.fakes.slack import FakeSlack

ROOT = Path(__file__).parents[2]
_COUNTED = {
    "rows": 'SELECT s.table_name, s.event, s.version, s.source, m."window", m.hour, m."rows", m.invalid, m.undeclared,'
    " h.text FROM measurement m JOIN series s ON s.id = m.series_id JOIN shape h ON h.id = m.shape_id",
    "failures": 'SELECT s.table_name, s.event, s.version, s.source, f."window", f.hour, r.text, f.failed'
    " FROM failure f JOIN series s ON s.id = f.series_id JOIN rule r ON r.id = f.rule_id",
    "incidents": "SELECT fingerprint, episode, state, severity, opened_at, resolved_at FROM incident",
    "marks": "SELECT name, since, until, newest_window, no_time_rows FROM landed_table",
}
"""What was counted and what came of it, without the numbers that texts go by: an undone transaction uses some up."""


def witness(home: Home) -> None:
    """From now on the database itself writes down every window that becomes done."""
    home.open().close()
    home.execute('CREATE TABLE seen_done ("start" INTEGER NOT NULL)')
    if isinstance(home, Schema):
        home.execute(
            "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS "
            f'$$ BEGIN INSERT INTO "{home.name}".seen_done VALUES (NEW.start); RETURN NEW; END $$'
        )
        home.execute(
            'CREATE TRIGGER seen AFTER UPDATE ON "window" FOR EACH ROW '
            "WHEN (NEW.state IN ('done', 'late')) EXECUTE FUNCTION note()"
        )
    else:
        home.execute(
            "CREATE TRIGGER seen AFTER UPDATE OF state ON \"window\" WHEN NEW.state IN ('done', 'late') "
            "BEGIN INSERT INTO seen_done VALUES (NEW.start); END"
        )


def done(home: Home) -> Counter[int]:
    """How often each window became done."""
    return Counter(int(row[0]) for row in home.execute('SELECT "start" FROM seen_done'))


def counted(home: Home) -> Mapping[str, list[str]]:
    """What was counted hour by hour, the same as judging reads it from packed days, and the incidents."""
    found = {name: sorted(repr(tuple(row)) for row in home.execute(query)) for name, query in _COUNTED.items()}
    history = home.open()
    marks = history.watermarks()
    until = max(mark.until for mark in marks.values())
    past = history.past(dict.fromkeys(marks, until), until, days=30, recent_days=30)
    history.close()
    found["past"] = sorted(
        f"{one.table} {one.series} {one.first_hour} {one.last_hour} {one.rows.tolist()} {one.invalid.tolist()} "
        f"{sorted(one.present.items())} {sorted((rule, hours.tolist()) for rule, hours in one.failed.items())}"
        for one in past.series
    )
    return found


def posted(slack: FakeSlack) -> Counter[tuple[str, str]]:
    """The messages in Slack by their text and whether they answer in a thread."""
    return Counter((one.text, "thread" if getattr(one, "thread_ts", "") else "channel") for one in slack.messages)


@contextmanager
def worker(home: Home, slack: FakeSlack, *arguments: object) -> Iterator["subprocess.Popen[str]"]:
    """A process of worker.py."""
    env = {
        **os.environ, "PYTHONPATH": str(ROOT), "HISTORY_URL": home.url, "SLACK_BOT_TOKEN": slack.token,
        "SLACK_API_URL": slack.url,
    }  # fmt: skip
    env.pop("DBT_PROFILES_DIR", None)
    command = [sys.executable, str(ROOT / "tests" / "faults" / "worker.py"), *map(str, arguments)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, cwd=ROOT, env=env) as process:
        try:
            yield process
        finally:
            process.kill()
