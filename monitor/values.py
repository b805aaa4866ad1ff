"""Results of statements as columns: what drivers hand over as arrays stays arrays."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Row: TypeAlias = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Values:
    """One column of a result: its values, and where they are NULL."""

    values: NDArray[Any]
    null: NDArray[np.bool_] | None = None
    """None: nowhere."""

    @classmethod
    def of(cls, values: Sequence[Any]) -> "Values":
        """From Python values, None for NULL."""
        null = np.array([value is None for value in values], bool)
        if all(value is None or isinstance(value, int) for value in values):
            return cls(np.array([value or 0 for value in values], np.int64), null if null.any() else None)
        held = np.empty(len(values), object)
        held[:] = values
        return cls(held, null if null.any() else None)

    def listed(self) -> list[Any]:
        """Python values, None for NULL."""
        values: list[Any] = self.values.tolist()
        if self.null is None:
            return values
        return [None if null else value for value, null in zip(values, self.null.tolist(), strict=True)]

    def numbers(self, where_null: int = 0) -> NDArray[np.int64]:
        """Whole numbers."""
        numbers = self.values.astype(np.int64, copy=False)
        return numbers if self.null is None else np.where(self.null, where_null, numbers)


def transposed(rows: Iterable[Row], width: int) -> list[Values]:
    """Rows as `width` columns, also where there is no row."""
    listed = list(rows)
    return [Values.of([row[at] for row in listed]) for at in range(width)]
