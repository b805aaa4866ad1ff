"""A share of the rule cases, for engines that take long over each; `TRACKWARDEN_ALL_ENGINES=1` asks for all."""

import os
from collections.abc import Sequence

from monitor.selftest.case import Case

ALL = os.environ.get("TRACKWARDEN_ALL_ENGINES") == "1"
_EVERY = 8


def share(every: Sequence[Case]) -> Sequence[Case]:
    """The first case of each keyword in each landing, and every eighth of all."""
    first = {(case.keyword, case.form): case.name for case in reversed(every)}
    return [case for n, case in enumerate(every) if n % _EVERY == 0 or first[case.keyword, case.form] == case.name]
