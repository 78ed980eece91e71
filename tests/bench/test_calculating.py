"""A reckoned result on the bench: offered, entered by a person, kept with what it was made of, held when that changes."""

import pytest
from django.test import Client
from django.urls import reverse

from laras.bench import calculating, queries, services
from laras.bench.models import Hold, Result, ResultValue
from laras.core.errors import DomainError, Forbidden, NotFound
from laras.core.models import JournalEntry

pytestmark = pytest.mark.django_db
LIPIDS = ("CHOL", "HDL", "TG", "LDL")


@pytest.fixture
def lipids(make_results, analyst, lab):
    """CHOL 200, HDL 50, TG as given; LDL waits."""

    def make(tg="150"):
        rows = make_results(*LIPIDS)
        for code, raw in (("CHOL", "200"), ("HDL", "50"), ("TG", tg)):
            services.enter_result(analyst, owner_id=lab.id, result_id=rows[code].id, raw=raw)
        return rows

    return make


def again(row: Result) -> Result:
    return Result.rows.get(pk=row.id)


def test_it_is_entered_as_the_value_of_who_asked(lipids, analyst, lab, scope):
    ldl = lipids()["LDL"]
    offered = calculating.proposals_of(scope, lab, [ldl.id])[ldl.id]
    assert (offered.raw, offered.made_of) == ("120", "CHOL 200 mg/dL; HDL 50 mg/dL; TG 150 mg/dL")
    report = services.enter_calculated(analyst, owner_id=lab.id, result_ids=[ldl.id])
    assert report.done == (ldl.id,)
    assert report.problems == ()
    now = again(ldl)
    assert (now.status, now.raw, now.number, now.method) == ("entered", "120", 120, "Perhitungan (Friedewald)")
    assert now.entered_by == analyst.person_id
    value = ResultValue.rows.get(result=ldl)
    assert (value.reason, value.note) == ("first", offered.made_of)
    entry = JournalEntry.rows.filter(owner=lab, event="bench.result_entered").latest("sequence")
    assert b'"why":"calculated"' in bytes(entry.payload)
    # Nothing is offered where it stands, and asking again changes nothing and says so.
    assert calculating.proposals_of(scope, lab, [ldl.id]) == {}
    second = services.enter_calculated(analyst, owner_id=lab.id, result_ids=[ldl.id])
    assert second.done == ()
    assert [one.code for one in second.problems] == ["not_calculated"]
    assert again(ldl).entries == 1


def test_two_persons_look_at_a_reckoned_value_too(lipids, analyst, second, lab):
    ldl = lipids()["LDL"]
    services.enter_calculated(second, owner_id=lab.id, result_ids=[ldl.id])
    with pytest.raises(DomainError) as refused:
        services.verify_result(second, owner_id=lab.id, result_id=ldl.id)
    assert refused.value.code == "same_person"


@pytest.mark.parametrize(
    ("tg", "why"),
    [("450", "trigliserida di atas 400"), ("<10", "bukan angka pasti"), (None, "menunggu Trigliserida")],
)
def test_what_cannot_be_reckoned_stays_empty_and_says_why(make_results, analyst, lab, scope, tg, why):
    rows = make_results(*LIPIDS)
    for code, raw in (("CHOL", "200"), ("HDL", "50"), ("TG", tg)):
        if raw:
            services.enter_result(analyst, owner_id=lab.id, result_id=rows[code].id, raw=raw)
    assert why in calculating.proposals_of(scope, lab, [rows["LDL"].id])[rows["LDL"].id].why
    report = services.enter_calculated(analyst, owner_id=lab.id, result_ids=[rows["LDL"].id])
    assert report.done == ()
    assert why in report.problems[0].message
    assert again(rows["LDL"]).status == "waiting"


def test_sex_and_age_on_the_day_of_collection_are_asked(make_results, make_patient, analyst, lab, scope):
    from datetime import date

    # MONDAY is 16 November 2026: eighteen tomorrow, and eighteen today.
    for born, able in ((date(2008, 11, 17), False), (date(2008, 11, 16), True)):
        rows = make_results("KREA", "EGFR", who=make_patient(name=f"Budi {born.day}", sex="L", born=born))
        services.enter_result(analyst, owner_id=lab.id, result_id=rows["KREA"].id, raw="0,90")
        found = calculating.proposals_of(scope, lab, [rows["EGFR"].id])[rows["EGFR"].id]
        assert bool(found.raw) is able, found


def test_a_replaced_input_holds_it_until_it_is_reckoned_again(lipids, analyst, second, doctor, lab, scope):
    rows = lipids()
    ldl = rows["LDL"]
    services.enter_calculated(analyst, owner_id=lab.id, result_ids=[ldl.id])
    services.enter_result(analyst, owner_id=lab.id, result_id=rows["TG"].id, raw="100", reason="correction")
    hold = Hold.rows.get(result=ldl, lifted_at__isnull=True)
    assert hold.kind == "recalculate"
    assert "TG" in hold.reason
    services.verify_result(second, owner_id=lab.id, result_id=ldl.id)
    with pytest.raises(DomainError) as refused:
        services.validate_result(doctor, owner_id=lab.id, result_id=ldl.id)
    assert refused.value.code == "held"
    services.return_result(second, owner_id=lab.id, result_id=ldl.id, reason="TG diganti")
    report = services.enter_calculated(analyst, owner_id=lab.id, result_ids=[ldl.id])
    assert report.problems == ()
    assert again(ldl).raw == "130"
    assert not Hold.rows.filter(result=ldl, lifted_at__isnull=True).exists()
    services.verify_result(second, owner_id=lab.id, result_id=ldl.id)
    services.validate_result(doctor, owner_id=lab.id, result_id=ldl.id)


def test_an_amended_input_keeps_the_report_back(lipids, analyst, second, doctor, make_actor, lab, scope):
    rows = lipids()
    services.enter_calculated(analyst, owner_id=lab.id, result_ids=[rows["LDL"].id])
    for row in rows.values():
        services.verify_result(second, owner_id=lab.id, result_id=row.id)
        services.validate_result(doctor, owner_id=lab.id, result_id=row.id)
    assert queries.releasable(scope, rows["LDL"].order_id).ready
    services.amend_result(doctor, owner_id=lab.id, result_id=rows["TG"].id, reason="Tabung tertukar")
    services.enter_result(analyst, owner_id=lab.id, result_id=rows["TG"].id, raw="100")
    services.verify_result(second, owner_id=lab.id, result_id=rows["TG"].id)
    services.validate_result(doctor, owner_id=lab.id, result_id=rows["TG"].id)
    assert not queries.releasable(scope, rows["LDL"].order_id).ready


def test_a_measured_value_is_left_alone(lipids, analyst, lab, scope):
    rows = lipids()
    services.enter_result(analyst, owner_id=lab.id, result_id=rows["LDL"].id, raw="111")
    services.enter_result(analyst, owner_id=lab.id, result_id=rows["TG"].id, raw="100", reason="correction")
    assert not Hold.rows.filter(result=rows["LDL"]).exists()
    assert calculating.proposals_of(scope, lab, [rows["LDL"].id]) == {}


def test_rights_and_other_laboratories(lipids, analyst, second, doctor, counter, make_actor, lab, other):
    ldl = lipids()["LDL"]
    with pytest.raises(Forbidden):
        services.enter_calculated(counter, owner_id=lab.id, result_ids=[ldl.id])
    stranger = make_actor("asing", other, "analyst")
    with pytest.raises(NotFound):
        services.enter_calculated(stranger, owner_id=other.id, result_ids=[ldl.id])
    assert again(ldl).status == "waiting"


def test_the_worklist_offers_it_and_one_press_fills_it(lipids, lab, make_user, scope):
    rows = lipids()
    client = Client()
    client.force_login(make_user("meja", lab, "analyst"), backend="allauth.account.auth_backends.AuthenticationBackend")
    page = client.get(reverse("bench:worklist")).content.decode()
    assert "1 hasil dapat dihitung" in page
    assert "Terhitung 120 · Friedewald" in page
    answer = client.post(
        reverse("bench:calculate"), {"result": [str(rows["LDL"].id), "bukan"], "next": reverse("bench:worklist")}
    )
    assert answer.status_code == 302
    assert again(rows["LDL"]).raw == "120"
    assert "dapat dihitung" not in client.get(reverse("bench:worklist")).content.decode()
