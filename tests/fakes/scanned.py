"""Any scans that a history may be given."""

from hypothesis import strategies as st

from monitor.measure.model import NO_TIME, Count, Counts, Failure, Measured, Undeclared
from tests.fakes.measured import ORDER, ORDER_IOS, POINTERS

DAY = 20_000 * 24
UNTIL = DAY + 60
RULES = ("a@1#/x:type", "a@1#/y:enum")


@st.composite
def scans(draw: st.DrawFn, table: str = "web.order_completed") -> Measured:
    """Any scan of two series within some days: late rows, rows ahead of their arrival, rows without a time."""
    since = draw(st.none() | st.integers(DAY - 30, DAY + 70))
    until = draw(st.integers(DAY - 30 if since is None else since, DAY + 70))
    no_time = draw(st.booleans())
    keys = st.tuples(
        st.integers(0, 1),
        st.integers(DAY - 60, DAY + 80),
        st.integers(DAY - 60 if since is None else since, max(until - 1, since or until - 1)),
    )
    taken = draw(st.lists(keys, max_size=12, unique=True)) if until > (since or DAY - 60) else []
    taken += [(series, NO_TIME, NO_TIME) for series in (0, 1) if no_time and draw(st.booleans())]
    cells = [_cell(draw, key) for key in taken]
    named = [(one.series, one.hour // 24, one.undeclared) for one, _ in cells if one.undeclared]
    return Measured(
        table, since, until, (ORDER, ORDER_IOS), (POINTERS, POINTERS),
        Counts.of(one for one, _ in cells), tuple(failure for _, failures in cells for failure in failures),
        tuple(Undeclared(series, day, draw(st.sampled_from(("coupon", "utm"))), rows) for series, day, rows in named),
        draw(st.none() | st.integers(0, 9)) if cells else 0, no_time,
        sum(one.rows for one, _ in cells if one.window == NO_TIME),
    )  # fmt: skip


def _cell(draw: st.DrawFn, key: tuple[int, int, int]) -> tuple[Count, list[Failure]]:
    rows = draw(st.integers(1, 400))
    some = st.integers(0, rows)
    failures = [Failure(*key, rule, draw(st.integers(1, rows))) for rule in RULES if draw(st.booleans())]
    return Count(*key, rows, draw(some), draw(some), (draw(some), draw(some)), draw(st.none() | some)), failures
