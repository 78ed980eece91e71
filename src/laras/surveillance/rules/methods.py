"""The methods by their names in scripts, with the parameters that each takes and how a parameter is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from laras.surveillance.rules.cusum import cusum
from laras.surveillance.rules.ears import ears
from laras.surveillance.rules.farrington import farrington, farrington_flexible
from laras.surveillance.rules.glr import glr_nb
from laras.surveillance.rules.historical import historical_limits
from laras.surveillance.rules.series import Detection

Reader = Callable[[str], Any]


@dataclass(frozen=True)
class Method:
    """``run(observed, at=..., **parameters)``; what it is told beside its parameters."""

    run: Callable[..., Detection]
    parameters: Mapping[str, Reader]
    fixed: Mapping[str, Any] = field(default_factory=dict)
    frequency: bool = True
    """Whether it is told how many rows a year has."""
    calendar: bool = False
    """Whether it can go back by dates."""
    yearly: bool = True
    """Whether the length of a year matters to it with every setting."""


def yes_or_no(text: str) -> bool:
    """``true``, ``yes``, ``1`` or their opposites, in any case."""
    word = text.strip().lower()
    if word in ("true", "t", "yes", "1"):
        return True
    if word in ("false", "f", "no", "0"):
        return False
    raise ValueError("true or false is needed")


def pair(text: str) -> tuple[float, int]:
    """``5,4``: cases, periods."""
    cases, periods = text.split(",")
    return float(cases), int(periods)


def number_or(*words: str) -> Reader:
    """A number or one of these words."""

    def read(text: str) -> Any:
        return text if text in words else float(text)

    return read


_FARRINGTON: dict[str, Reader] = {
    "b": int,
    "w": int,
    "reweight": yes_or_no,
    "weights_threshold": float,
    "alpha": float,
    "trend": yes_or_no,
    "trend_threshold": float,
    "limit54": pair,
    "power_trans": str,
}
_EARS: dict[str, Reader] = {"baseline": int, "min_sigma": float, "alpha": float}

METHODS: dict[str, Method] = {
    **{f"ears-{name.lower()}": Method(ears, _EARS, {"method": name}, frequency=False) for name in ("C1", "C2", "C3")},
    "farrington": Method(farrington, {**_FARRINGTON, "fit_method": str}, calendar=True),
    "farrington-flexible": Method(
        farrington_flexible,
        {
            **_FARRINGTON,
            "past_weeks_not_included": int,
            "no_periods": int,
            "threshold_method": str,
            "population_offset": yes_or_no,
        },
        calendar=True,
    ),
    "cusum": Method(cusum, {"k": float, "h": float, "trans": str, "alpha": float, "m": number_or("glm")}, yearly=False),
    "glr-nb": Method(
        glr_nb,
        {
            "c_arl": float,
            "mu0": float,
            "alpha": float,
            "mtilde": int,
            "m": int,
            "theta": float,
            "dir": str,
            "ret": str,
            "s": int,
            "trend": yes_or_no,
        },
        yearly=False,
    ),
    "historical-limits": Method(historical_limits, {"b": int, "m": int, "alpha": float}),
}
"""The legal criteria (``klb``) answer otherwise: :func:`laras.surveillance.rules.klb.klb_criteria`."""
