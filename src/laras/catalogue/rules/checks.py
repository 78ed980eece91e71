"""Whether a catalogue is sound as a whole: used on what is shipped and on every release before it is
published."""

from __future__ import annotations

from collections import Counter

from laras.basics import units
from laras.catalogue.rules.codes import is_loinc
from laras.catalogue.rules.judging import overlapping
from laras.catalogue.rules.programmes import is_span
from laras.catalogue.types import DISCIPLINES, LIMIT_KINDS, SUBJECTS, TEST_KINDS, Catalogue, Finding, TestInfo


def faults_of(catalogue: Catalogue) -> list[Finding]:
    """What is wrong, in a stable order; empty when the catalogue is sound. :mod:`laras.catalogue.words` says it."""
    faults: list[Finding] = []
    for test in catalogue.tests.values():
        faults += _test_faults(catalogue, test)
    loincs = Counter(test.loinc for test in catalogue.tests.values() if test.loinc)
    faults += [Finding.of("loinc_twice", code=code) for code, n in loincs.items() if n > 1]
    for panel in catalogue.panels.values():
        if panel.code in catalogue.tests:
            faults.append(Finding.of("code_of_both", key=panel.code))
        if not panel.members:
            faults.append(Finding.of("panel_empty", key=panel.code))
        faults += [
            Finding.of("panel_member", key=panel.code, code=m) for m in panel.members if m not in catalogue.tests
        ]
        if len(set(panel.members)) < len(panel.members):
            faults.append(Finding.of("panel_twice", key=panel.code))
        if panel.loinc and not is_loinc(panel.loinc):
            faults.append(Finding.of("loinc_wrong", key=panel.code, code=panel.loinc))
        if panel.standard and panel.standard not in catalogue.standards:
            faults.append(Finding.of("panel_standard", key=panel.code, code=panel.standard))
    faults += _range_faults(catalogue)
    faults += _critical_faults(catalogue)
    faults += _limit_faults(catalogue)
    faults += _programme_faults(catalogue)
    faults += _handling_faults(catalogue)
    return faults


def _handling_faults(catalogue: Catalogue) -> list[Finding]:
    faults = []
    for test, rows in catalogue.handling_by_test.items():
        if test not in catalogue.tests:
            faults.append(Finding.of("handling_test", code=test))
        faults += [Finding.of("handling_hours", key=row.key) for row in rows if row.hours is not None and row.hours < 1]
        faults += [
            Finding.of("handling_words", key=row.key) for row in rows if not row.container or not row.preservation
        ]
    return faults


def _programme_faults(catalogue: Catalogue) -> list[Finding]:
    faults = [
        Finding.of("programme_subject", key=row.code, code=row.subject)
        for row in catalogue.programmes.values()
        if row.subject not in SUBJECTS
    ]
    for programme, items in catalogue.items_by_programme.items():
        if programme not in catalogue.programmes:
            faults.append(Finding.of("item_programme", code=programme))
            continue
        for item in items:
            if item.order not in catalogue:
                faults.append(Finding.of("item_order", key=item.key, code=item.order))
            if item.sex not in ("", "male", "female"):
                faults.append(Finding.of("sex", key=item.key))
            spans = (item.age_from, item.age_until, item.interval, item.due)
            faults += [Finding.of("span", key=item.key, written=span) for span in spans if span and not is_span(span)]
    return faults


def _test_faults(catalogue: Catalogue, test: TestInfo) -> list[Finding]:
    faults: list[Finding] = []
    if test.discipline not in DISCIPLINES:
        faults.append(Finding.of("discipline", key=test.code, code=test.discipline))
    if test.subject not in SUBJECTS or test.kind not in TEST_KINDS:
        faults.append(Finding.of("subject_or_kind", key=test.code))
    if not 1 <= test.tier <= 5:
        faults.append(Finding.of("tier", key=test.code))
    if test.tat_hours < 1:
        faults.append(Finding.of("tat", key=test.code))
    if test.decimals is not None and not 0 <= test.decimals <= 6:
        faults.append(Finding.of("decimals", key=test.code))
    if test.loinc and not is_loinc(test.loinc):
        faults.append(Finding.of("loinc_wrong", key=test.code, code=test.loinc))
    if not test.loinc and ":" not in test.local_code:
        faults.append(Finding.of("local_code", key=test.code))
    if not units.is_unit(test.ucum):
        faults.append(Finding.of("ucum", key=test.code, code=test.ucum))
    if test.answers and test.answers not in catalogue.answers_by_set:
        faults.append(Finding.of("answer_set", key=test.code, code=test.answers))
    if test.kind == "coded" and not test.answers:
        faults.append(Finding.of("no_answers", key=test.code))
    return faults


def _range_faults(catalogue: Catalogue) -> list[Finding]:
    faults: list[Finding] = []
    for code, rows in catalogue.ranges_by_test.items():
        test = catalogue.tests.get(code)
        if test is None:
            faults.append(Finding.of("range_test", code=code))
            continue
        known = {answer.code for answer in catalogue.answers(code)}
        for row in rows:
            if row.sex not in ("", "male", "female"):
                faults.append(Finding.of("sex", key=row.key))
            if row.age_from < 0 or (row.age_until is not None and row.age_until <= row.age_from):
                faults.append(Finding.of("age_order", key=row.key))
            if test.kind in ("coded", "text") and (row.low is not None or row.high is not None):
                faults.append(Finding.of("range_of_words", key=row.key, code=code))
            if row.low is None and row.high is None and not row.normal:
                faults.append(Finding.of("no_bounds", key=row.key))
            if row.low is not None and row.high is not None and row.low > row.high:
                faults.append(Finding.of("bounds_inverted", key=row.key))
            if not row.normal and not units.convertible(row.ucum, test.ucum):
                faults.append(Finding.of("inconvertible", key=row.key, unit=row.ucum, into=test.ucum))
            faults += [Finding.of("answer_unknown", key=row.key, code=a) for a in row.normal if a not in known]
        faults += [Finding.of("ranges_overlap", one=first, other=second) for first, second in overlapping(rows)]
    return faults


def _critical_faults(catalogue: Catalogue) -> list[Finding]:
    faults: list[Finding] = []
    for code, rows in catalogue.criticals_by_test.items():
        test = catalogue.tests.get(code)
        if test is None:
            faults.append(Finding.of("critical_test", code=code))
            continue
        if test.kind not in ("quantity", "count"):
            faults.append(Finding.of("critical_of_words", code=code))
        for row in rows:
            if row.population not in ("all", "adult", "child", "neonate"):
                faults.append(Finding.of("population", key=row.key))
            if row.low is None and row.high is None:
                faults.append(Finding.of("no_bounds", key=row.key))
            if row.low is not None and row.high is not None and row.low >= row.high:
                faults.append(Finding.of("bounds_inverted", key=row.key))
            if not units.convertible(row.ucum, test.ucum):
                faults.append(Finding.of("inconvertible", key=row.key, unit=row.ucum, into=test.ucum))
        judging = Counter(row.population for row in rows if row.judges)
        faults += [Finding.of("criticals_twice", key=code, population=p) for p, n in judging.items() if n > 1]
    return faults


def _limit_faults(catalogue: Catalogue) -> list[Finding]:
    faults: list[Finding] = []
    for standard, rows in catalogue.limits_by_standard.items():
        if standard not in catalogue.standards:
            faults.append(Finding.of("limit_standard", code=standard))
        for code, row in rows.items():
            test = catalogue.tests.get(code)
            if test is None:
                faults.append(Finding.of("limit_test", key=row.key))
                continue
            if row.kind not in LIMIT_KINDS:
                faults.append(Finding.of("limit_kind", key=row.key))
                continue
            needs_low = row.kind in ("min", "gt", "range", "air_temperature")
            needs_high = row.kind in ("max", "lt", "range", "air_temperature")
            if (row.low is None) == needs_low or (row.high is None) == needs_high:
                faults.append(Finding.of("limit_bounds", key=row.key, code=row.kind))
            elif row.low is not None and row.high is not None and row.low > row.high:
                faults.append(Finding.of("bounds_inverted", key=row.key))
            if (needs_low or needs_high) and not units.convertible(row.ucum, test.ucum):
                faults.append(Finding.of("inconvertible", key=row.key, unit=row.ucum, into=test.ucum))
            known = {answer.code for answer in catalogue.answers(code)}
            if row.kind == "text" and not row.accepted and not row.text:
                faults.append(Finding.of("nothing_accepted", key=row.key))
            faults += [Finding.of("answer_unknown", key=row.key, code=a) for a in row.accepted if a not in known]
    return faults
