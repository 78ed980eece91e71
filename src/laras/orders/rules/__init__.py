"""Rules of orders. Pure: plain values in, plain values out."""

from laras.orders.rules.ordering import (
    ANSWERED,
    IN_SITU,
    LATITUDES,
    LONGITUDES,
    MAX_CODES,
    MAX_POINTS,
    SUBJECTS_OF_KIND,
    TEMPERATURES,
    Chosen,
    InSitu,
    choose,
    clean_text,
    coordinates_problem,
    fits,
    in_form_order,
    is_printable,
    medium_of,
    number_candidates,
    plan_samples,
    read_decimal,
    read_in_situ,
    readings_as_results,
)

__all__ = [
    "ANSWERED", "IN_SITU", "LATITUDES", "LONGITUDES", "MAX_CODES", "MAX_POINTS", "SUBJECTS_OF_KIND", "TEMPERATURES", "Chosen",
    "InSitu", "choose", "clean_text", "coordinates_problem", "fits", "in_form_order", "is_printable", "medium_of",
    "number_candidates", "plan_samples", "read_decimal", "read_in_situ", "readings_as_results",
]  # fmt: skip
