"""Readings taken at the site, as plain functions."""

from __future__ import annotations

from laras.orders import rules


def test_readings_stand_in_the_order_of_the_form_however_they_were_kept():
    kept = {"own": "1", "turbidity": "1.5", "ph": "7.2"}
    assert rules.in_form_order(kept) == [("ph", "7.2"), ("turbidity", "1.5"), ("own", "1")]


def test_a_reading_answers_the_test_that_is_asked_for_once():
    readings = {"ph": "7.2", "turbidity": "1.5", "temperature": ""}
    assert rules.readings_as_results(readings, ["PH", "ECOLI", "SUHU"]) == {"PH": "7.2"}
    assert rules.readings_as_results(readings, ["PH", "PH"]) == {}
