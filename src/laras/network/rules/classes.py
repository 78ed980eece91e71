"""Classes of a figure for a map: few, told apart by their bounds. Pure, whatever is counted."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

MOST = 5


@dataclass(frozen=True, slots=True)
class Classes:
    """``starts``: the first value of each class, rising; a value below the first belongs to it all the same. ``whole``: only
    whole numbers occur, so that a class ends one below the next."""

    starts: tuple[float, ...]
    whole: bool = False

    def of(self, value: float) -> int:
        """0 for the lowest class."""
        return max(0, bisect_right(self.starts, value) - 1)

    def __len__(self) -> int:
        return len(self.starts)


# Fifths of a hundred: the same on every page, so that two maps compare.
PERCENT = Classes((0, 20, 40, 60, 80))


def count_classes(values: Iterable[int], most: int = MOST) -> Classes:
    """Classes of about as many areas each: quantiles of what is not zero, rounded to numbers that read easily.

    Zero has no class of its own here: an area without any is drawn as one without a value.
    """
    ordered = sorted(value for value in values if value > 0)
    if not ordered:
        return Classes((1,), whole=True)
    starts = [1]
    for part in range(1, most):
        start = _round(ordered[len(ordered) * part // most])
        if start > starts[-1] and start <= ordered[-1]:
            starts.append(start)
    return Classes(tuple(starts), whole=True)


def _round(number: int) -> int:
    """Two digits at most, of which the second is 0 or 5 from a hundred on."""
    if number < 20:
        return number
    step = 5 if number < 100 else 5 * 10 ** (len(str(number)) - 2)
    return number // step * step
