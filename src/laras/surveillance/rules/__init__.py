"""Detection of what is unusual in series of counts: pure functions on arrays, NumPy and SciPy only, many series in one call.

Arrays of counts are ``(series, time)``, equally spaced in time, NaN where no report came. Methods, parameters, conventions and what differs
from the R package `surveillance`: docs/detection.md. The products of small matrices in here are fastest on one thread of the BLAS
(``OPENBLAS_NUM_THREADS=1`` before NumPy is imported); several processors are used by several processes.
"""

from laras.surveillance.rules.cusum import cusum
from laras.surveillance.rules.ears import ears
from laras.surveillance.rules.farrington import FarringtonDetection, farrington, farrington_flexible
from laras.surveillance.rules.foods import Estimate, Table, fisher, odds_ratio, proportion, relative_risk
from laras.surveillance.rules.glr import glr_nb
from laras.surveillance.rules.historical import historical_limits
from laras.surveillance.rules.klb import CRITERIA, Verdicts, klb_criteria
from laras.surveillance.rules.nowcast import Nowcast, nowcast, reporting_triangle
from laras.surveillance.rules.positivity import moving_positivity
from laras.surveillance.rules.references import Calendar
from laras.surveillance.rules.scan import Cluster, distances, scan
from laras.surveillance.rules.series import Detection

__all__ = [
    "CRITERIA",
    "Calendar",
    "Cluster",
    "Detection",
    "Estimate",
    "FarringtonDetection",
    "Nowcast",
    "Table",
    "Verdicts",
    "cusum",
    "distances",
    "ears",
    "farrington",
    "farrington_flexible",
    "fisher",
    "glr_nb",
    "historical_limits",
    "klb_criteria",
    "moving_positivity",
    "nowcast",
    "odds_ratio",
    "proportion",
    "relative_risk",
    "reporting_triangle",
    "scan",
]
