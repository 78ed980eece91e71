"""Tables of orders: what is asked for and on which samples, and the rounds on which samples are taken."""

from laras.orders.models.field import Bottle, PlanPoint, SamplingPlan, Stop, Visit
from laras.orders.models.inspections import Inspection, InspectionOrder
from laras.orders.models.ordering import (
    PAYERS,
    PURPOSES,
    REFUSAL_REASONS,
    SOURCES,
    SUBJECT_KINDS,
    URGENCIES,
    Custody,
    Order,
    OrderLine,
    Participation,
    ProgrammeSession,
    RequestedTest,
    Sample,
    Site,
)
from laras.orders.models.quality import QualityMate, QualitySample
from laras.orders.models.reviews import RequestReview, SitePolicy
from laras.orders.models.vectors import EntomologySurvey, VectorPool

__all__ = [
    "PAYERS",
    "PURPOSES",
    "REFUSAL_REASONS",
    "SOURCES",
    "SUBJECT_KINDS",
    "URGENCIES",
    "Bottle",
    "Custody",
    "EntomologySurvey",
    "Inspection",
    "InspectionOrder",
    "Order",
    "OrderLine",
    "Participation",
    "PlanPoint",
    "ProgrammeSession",
    "QualityMate",
    "QualitySample",
    "RequestReview",
    "RequestedTest",
    "Sample",
    "SamplingPlan",
    "Site",
    "SitePolicy",
    "Stop",
    "VectorPool",
    "Visit",
]
