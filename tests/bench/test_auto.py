"""Rules that verify: what stops a result, tried before they hold, and two eyes that stay two."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from laras.bench import queries, services
from laras.bench.models import AutoRule, Result
from laras.bench.rules.auto import Case, Conditions, why_stopped
from laras.bench.types import Entry
from laras.catalogue.types import ParsedValue
from laras.core.errors import Forbidden, MoveRefused, NotFound, Refused
from laras.core.models import JournalEntry, User

MAKER, ANALYST, WARD = uuid4(), uuid4(), uuid4()


def number(text, operator=""):
    return ParsedValue(raw=text, kind="number", operator=operator, number=Decimal(text))


PLAIN = Conditions("reference", switched_on_by=MAKER)
LIMITS = Conditions("limits", low=Decimal(9), high=Decimal(18), unit="g/dL", switched_on_by=MAKER)
CASE = Case(
    number("13"), "g/dL", flag="N", critical=False, meets_limit=None, change=(), entries=1, entered_by=ANALYST,
    sex="P", age=36, sender=WARD,
)  # fmt: skip


@pytest.mark.pure
@pytest.mark.parametrize(
    ("asked", "changed", "why"),
    [
        (PLAIN, {}, ()),
        (PLAIN, {"flag": "", "meets_limit": True}, ()),
        (PLAIN, {"critical": True, "flag": "LL"}, ("critical", "range")),
        (PLAIN, {"flag": "H"}, ("range",)),
        (PLAIN, {"flag": "A", "meets_limit": False}, ("range",)),
        (PLAIN, {"flag": ""}, ("unjudged",)),
        (PLAIN, {"entries": 2}, ("again",)),
        (PLAIN, {"held": True}, ("held",)),
        (PLAIN, {"control_state": "failed"}, ("control",)),
        (PLAIN, {"device_flag": "H"}, ()),
        (PLAIN, {"device_flag": "A"}, ("device",)),
        (PLAIN, {"entered_by": MAKER}, ("maker",)),
        (PLAIN, {"entered_by": None}, ("maker",)),
        (PLAIN, {"value": ParsedValue(raw="keruh", kind="text", text="keruh")}, ("words",)),
        (PLAIN, {"change": ("before", "delta_exceeded")}, ("delta",)),
        (PLAIN, {"change": ("before", "answer_changed")}, ("delta",)),
        (replace(PLAIN, exempt=frozenset({WARD})), {}, ("sender",)),
        (replace(PLAIN, exempt=frozenset({WARD})), {"sender": None}, ()),
        (replace(PLAIN, sex="L"), {}, ("sex",)),
        (replace(PLAIN, age_from=18), {"age": 17}, ("age",)),
        (replace(PLAIN, age_from=18, age_to=36), {}, ()),
        (replace(PLAIN, age_to=35), {}, ("age",)),
        (replace(PLAIN, age_to=35), {"age": None}, ("age",)),
        (LIMITS, {"value": number("9"), "flag": "L"}, ()),
        (LIMITS, {"value": number("8.9"), "flag": "L"}, ("limits",)),
        (LIMITS, {"value": number("18.1"), "flag": "H"}, ("limits",)),
        (LIMITS, {"value": number("9", "<")}, ("not_exact",)),
        (LIMITS, {"unit": "g/L"}, ("unit",)),
        (LIMITS, {"meets_limit": False}, ("range",)),
    ],
)
def test_what_stops_a_result(asked, changed, why):
    assert why_stopped(asked, replace(CASE, **changed)) == why


@pytest.mark.pure
@pytest.mark.parametrize(
    ("now", "before", "days", "unit", "why"),
    [
        ("12", "10", 5, "g/dL", ()),  # 20 % is what is allowed
        ("12.1", "10", 5, "g/dL", ("delta",)),
        ("7.9", "10", 5, "g/dL", ("delta",)),
        ("20", "10", 31, "g/dL", ()),  # too long ago
        ("12", "0", 5, "g/dL", ("delta_unknown",)),
        ("12", "10", 5, "g/L", ("delta_unknown",)),
        ("12", "10", None, "g/dL", ()),
    ],
)
def test_the_rules_own_delta(now, before, days, unit, why):
    asked = replace(PLAIN, delta_percent=Decimal(20), delta_days=30)
    case = replace(CASE, value=number(now), previous=number(before), previous_days=days, previous_unit=unit)
    assert why_stopped(asked, case) == why


# --- In the laboratory ----------------------------------------------------------------------------------------------------


@pytest.fixture
def on(doctor, lab):
    """``on(test_code="HB")`` -> a rule that is tried and switched on."""

    def do(who=doctor, **asks):
        rule = services.draft_auto_rule(who, owner_id=lab.id, **asks)
        services.try_auto_rule(who, owner_id=lab.id, rule_id=rule.id, days=30)
        return services.switch_on_auto_rule(who, owner_id=lab.id, rule_id=rule.id)

    return do


def enter(actor, lab, row, raw, **more):
    return services.enter_result(actor, owner_id=lab.id, result_id=row.id, raw=raw, **more)


def test_what_is_entered_is_verified_by_the_rule_and_says_so(on, make_results, analyst, doctor, lab, scope):
    rule = on(test_code="HB")
    row = enter(analyst, lab, make_results("HB")["HB"], "13")
    view = queries.view(scope, row.id)
    assert (view.status, view.verified_by, view.verified_by_rule, view.auto_stopped) == ("verified", "", "HB v1", "")
    told = JournalEntry.rows.get(owner=lab, event="bench.result_verified_by_rule")
    said = json.loads(told.payload)
    assert (said["rule"], said["rule_version"]) == (str(rule.id), "HB v1")
    assert said["switched_on_by"] == str(doctor.person_id)
    # Validation stays a person's; and not the one who entered it.
    assert services.validate_result(doctor, owner_id=lab.id, result_id=row.id).status == "validated"


def test_what_stops_waits_for_a_person_with_the_reason(on, make_results, analyst, second, lab, scope):
    on()
    rows = make_results("HB", "HCT", "KREA")
    report = services.enter_many(
        analyst,
        owner_id=lab.id,
        entries=[
            Entry(rows["HB"].id, "9"),
            Entry(rows["HCT"].id, "40"),
            Entry(rows["KREA"].id, "0,8", device_flag="A"),
        ],
    )
    assert report.whole
    found = {row.test_code: (row.status, row.auto_stopped) for row in Result.rows.all()}
    assert found == {"HB": ("entered", "range"), "HCT": ("verified", ""), "KREA": ("entered", "device")}
    assert queries.view(scope, rows["KREA"].id).screen.stopped == "tanda dari alat"
    assert services.verify_result(second, owner_id=lab.id, result_id=rows["HB"].id).verified_by == second.person_id


def test_a_repeat_and_the_maker_are_looked_at_by_a_person(on, make_results, make_actor, analyst, second, lab):
    both = make_actor("dua.peran", lab, "analyst", "validator")
    on(who=both, test_code="HB")
    row = enter(analyst, lab, make_results("HB")["HB"], "13")
    # The same once more from a device is no news; a repeat empties the signature of the rule.
    assert services.enter_many(analyst, owner_id=lab.id, entries=[Entry(row.id, "13")]).unchanged == (row.id,)
    services.repeat_result(analyst, owner_id=lab.id, result_id=row.id, reason="ragu")
    row = enter(analyst, lab, row, "13,2")
    assert (row.status, row.verified_by_rule_id, row.auto_stopped) == ("entered", None, "again")
    own = enter(both, lab, make_results("HB")["HB"], "13")
    assert (own.status, own.auto_stopped) == ("entered", "maker")


def test_the_database_refuses_by_itself(on, make_results, make_actor, analyst, second, lab):
    both = make_actor("dua.peran", lab, "analyst", "validator")
    row = enter(both, lab, make_results("HB")["HB"], "13")
    rule = on(who=both, test_code="HB")
    rows = Result.rows.filter(id=row.id)
    at = row.entered_at
    for change in (
        {"verified_by_rule": rule, "status": "verified", "verified_at": at},  # who switched it on entered the value
        {"status": "verified", "verified_at": at},  # nobody verified it
        {"status": "verified", "verified_at": at, "verified_by": both.person_id},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**change)
    other = enter(analyst, lab, make_results("HB")["HB"], "13")
    with pytest.raises(IntegrityError), transaction.atomic():  # one or the other
        Result.rows.filter(id=other.id).update(verified_by=second.person_id)


def test_a_rule_is_tried_before_it_holds(make_results, make_patient, analyst, doctor, second, lab, scope):
    for n, raw in enumerate(("13", "13,5", "9", "5")):
        enter(analyst, lab, make_results("HB", who=make_patient(f"Pasien {n}"))["HB"], raw)
    rule = services.draft_auto_rule(doctor, owner_id=lab.id, test_code="HB")
    with pytest.raises(Refused) as refused:
        services.switch_on_auto_rule(doctor, owner_id=lab.id, rule_id=rule.id)
    assert refused.value.code == "untried"
    trial = services.try_auto_rule(doctor, owner_id=lab.id, rule_id=rule.id, days=7)
    assert (trial.total, trial.passed, dict(trial.stops)) == (4, 2, {"range": 1, "critical": 1})
    assert Result.rows.filter(status="entered").count() == 4  # a trial verifies nothing
    services.switch_on_auto_rule(doctor, owner_id=lab.id, rule_id=rule.id)
    newer = services.draft_auto_rule(doctor, owner_id=lab.id, test_code="HB", within="limits", low=Decimal(8))
    assert (newer.number, newer.unit) == (2, "g/dL")
    assert services.try_auto_rule(doctor, owner_id=lab.id, rule_id=newer.id, days=7).passed == 3
    services.switch_on_auto_rule(doctor, owner_id=lab.id, rule_id=newer.id)
    assert [(one.label, one.status) for one in queries.auto_rules(scope, "on", "off")] == [
        ("HB v2", "on"), ("HB v1", "off"),
    ]  # fmt: skip
    services.switch_off_auto_rule(doctor, owner_id=lab.id, rule_id=newer.id, reason="alat diganti")
    with pytest.raises(MoveRefused):
        services.switch_on_auto_rule(doctor, owner_id=lab.id, rule_id=newer.id)
    assert enter(analyst, lab, make_results("HB", who=make_patient("Lain"))["HB"], "13").status == "entered"


def test_rights_fields_and_other_laboratories(doctor, second, make_actor, other, lab):
    for field, asks in (
        ("test_code", {"test_code": "TIDAK-ADA"}),
        ("within", {"within": "limits", "low": Decimal(1)}),
        ("low", {"test_code": "HB", "within": "limits"}),
        ("high", {"test_code": "HB", "within": "limits", "low": Decimal(2), "high": Decimal(1)}),
        ("age_to", {"age_from": 9, "age_to": 3}),
        ("exempt", {"exempt": [uuid4()]}),
    ):
        with pytest.raises(Refused) as refused:
            services.draft_auto_rule(doctor, owner_id=lab.id, **asks)
        assert refused.value.problems[0].field == field
    with pytest.raises(Forbidden):
        services.draft_auto_rule(second, owner_id=lab.id)
    rule = services.draft_auto_rule(doctor, owner_id=lab.id)
    stranger = make_actor("orang", other, "validator")
    for act in (
        lambda: services.switch_on_auto_rule(stranger, owner_id=other.id, rule_id=rule.id),
        lambda: services.try_auto_rule(stranger, owner_id=other.id, rule_id=rule.id, days=3),
        lambda: services.switch_off_auto_rule(stranger, owner_id=other.id, rule_id=rule.id, reason="coba coba"),
    ):
        with pytest.raises(NotFound):
            act()
    assert AutoRule.rows.count() == 1


# --- On the screen --------------------------------------------------------------------------------------------------------


def test_from_a_draft_to_a_verified_result_on_the_screens(
    make_results, make_patient, analyst, second, doctor, lab, client, sign_in
):
    for n, raw in enumerate(("13", "9")):
        enter(analyst, lab, make_results("HB", who=make_patient(f"Pasien {n}"))["HB"], raw)
    here = sign_in(User.objects.get(id=doctor.user_id))
    assert "Belum ada aturan" in here.get(reverse("bench:auto_rules")).content.decode()
    wrong = here.post(reverse("bench:auto_rules"), {"test_code": "HB", "within": "limits"})
    assert wrong.status_code == 422
    assert "Isi batas bawah" in wrong.content.decode()
    here.post(
        reverse("bench:auto_rules"), {"test_code": "HB", "within": "limits", "low": "11,5", "delta_percent": "20"}
    )
    rule = AutoRule.rows.get()
    address = reverse("bench:auto_rule", args=[rule.id])
    tried = here.post(address, {"act": "coba", "days": "30"}).content.decode()
    assert "Dari 2 hasil dalam 30 hari terakhir, 1 akan lolos." in tried
    assert "di luar batas aturan: 1" in tried
    assert "Nilai paling kecil 11,5 g/dL" in tried
    assert "Berlakukan" in tried
    here.post(address, {"act": "berlakukan"})
    row = enter(analyst, lab, make_results("HB", who=make_patient("Baru"))["HB"], "13")
    assert "Aturan HB v1" in here.get(reverse("bench:result", args=[row.id])).content.decode()
    assert "HB v1" in here.get(reverse("bench:validation"), {"tab": "normal"}).content.decode()
    low = enter(analyst, lab, make_results("HB", who=make_patient("Rendah"))["HB"], "9")
    assert "Aturan verifikasi berhenti: di luar batas aturan" in (
        here.get(reverse("bench:verification"), {"tab": "look"}).content.decode()
    )
    assert low.status == "entered"
    assert "diberlakukan" in here.get(address).content.decode()
    assert here.post(address, {"act": "akhiri", "reason": ""}).status_code == 422
    here.post(address, {"act": "akhiri", "reason": "alat diganti"})
    assert AutoRule.rows.get().status == "off"
    reader = sign_in(User.objects.get(id=second.user_id))
    assert 'id="baru"' not in reader.get(reverse("bench:auto_rules")).content.decode()
    assert reader.post(reverse("bench:auto_rules"), {"within": "reference"}).status_code == 403
