"""What the laboratory said of its tests judges values, is printed, and stands beside what quality samples found."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from laras.bench import queries, services
from laras.bench.models import Measured, Result, TestPerformance
from laras.core.errors import Forbidden, NotFound, Refused
from laras.core.scope import Scope
from laras.orders import queries as orders_queries
from laras.orders import services as orders
from laras.orders.models import QualityMate, QualitySample, Sample
from laras.orders.types import SiteInput
from laras.reports import facts
from laras.reports.assembly import assemble, from_content, to_content

from .conftest import MONDAY

D = Decimal


@pytest.fixture
def head(make_actor, lab):
    return make_actor("kepala", lab, "head")


@pytest.fixture
def site_order(counter, lab, able):
    able("FEAIR", "NO3", "ECOLI")
    made = orders.register_site_order(
        counter, owner=lab, new_site=SiteInput("Depot Tirta"), standard="AM-PMK2-2023", codes=["FEAIR", "NO3", "ECOLI"]
    )
    orders.receive_samples(counter, owner_id=lab.id, sample_ids=[sample.id for sample in made.samples])
    return made


def results(order):
    return {row.test_code: row for row in Result.rows.filter(order_id=order.id)}


def say(head, lab, code="FEAIR", **figures):
    return services.set_performance(
        head, owner_id=lab.id, test_code=code, figures={name: D(text) for name, text in figures.items()},
        source="Validasi metode 2026",
    )  # fmt: skip


def enter(analyst, lab, row, raw, **more):
    return services.enter_result(analyst, owner_id=lab.id, result_id=row.id, raw=raw, decimal_mark=",", **more)


def document(order, scope):
    detail = orders_queries.get_order(scope, order.id)
    views = queries.results_of(scope, order.id)
    return assemble(facts.gather(detail, views, releaser=None), views, number="1", version=1, released_at=MONDAY)


def test_without_anything_said_nothing_changes(site_order, analyst, lab, scope):
    enter(analyst, lab, results(site_order)["FEAIR"], "0,19")
    assert not Measured.rows.exists()
    told = document(site_order, scope)
    (iron,) = [row for row in told.rows if row.test.startswith("Besi")]
    assert (iron.result, iron.uncertainty, iron.complies, told.decision_rule) == ("0,190", "", True, "")


def test_the_report_prints_uncertainty_detection_limit_and_rule(site_order, analyst, head, lab, scope):
    say(head, lab, lod="0.01", u_value="0.02")
    say(head, lab, "NO3", lod="0.5", u_value="0.4")
    services.choose_decision_rule(head, owner_id=lab.id, rule="guard")
    rows = results(site_order)
    enter(analyst, lab, rows["FEAIR"], "0,19")
    enter(analyst, lab, rows["NO3"], "0,2")
    enter(analyst, lab, rows["ECOLI"], "0")
    told = document(site_order, scope)
    shown = {row.key.rpartition("/")[2]: row for row in told.rows}
    assert (shown["FEAIR"].result, shown["FEAIR"].uncertainty, shown["FEAIR"].complies) == ("0,190", "0,020", False)
    assert (shown["NO3"].result, shown["NO3"].uncertainty, shown["NO3"].complies) == ("< 0,5", "", True)
    assert shown["ECOLI"].complies is True
    assert "pita pengaman" in told.decision_rule
    assert "k = 2" in told.decision_rule
    assert told.conclusion.startswith("Contoh uji tidak memenuhi syarat pada 1 dari 3")
    assert from_content(to_content(told)) == told


def test_a_result_keeps_what_held_when_it_was_entered(site_order, analyst, head, lab, scope):
    say(head, lab, lod="0.01", u_value="0.02")
    services.choose_decision_rule(head, owner_id=lab.id, rule="simple")
    rows = results(site_order)
    enter(analyst, lab, rows["FEAIR"], "0,19")
    say(head, lab, lod="0.05", u_value="0.1")
    services.choose_decision_rule(head, owner_id=lab.id, rule="guard")
    kept = Measured.rows.get(result=rows["FEAIR"])
    assert (kept.lod, kept.expanded, kept.rule) == (D("0.01"), D("0.02"), "simple")
    assert "sederhana" in document(site_order, scope).decision_rule
    enter(analyst, lab, rows["FEAIR"], "0,18", reason="repeat")
    kept = Measured.rows.get(result=rows["FEAIR"])
    assert (kept.lod, kept.expanded, kept.rule) == (D("0.05"), D("0.1"), "guard")
    assert TestPerformance.rows.count() == 1


def test_a_sample_without_a_judged_parameter_is_not_judged(counter, analyst, head, lab, able, scope):
    able("FEAIR")
    services.choose_decision_rule(head, owner_id=lab.id, rule="guard")
    made = orders.register_site_order(
        counter, owner=lab, new_site=SiteInput("Sumur"), standard="AM-PMK2-2023", codes=["FEAIR"]
    )
    orders.receive_samples(counter, owner_id=lab.id, sample_ids=[sample.id for sample in made.samples])
    row = enter(analyst, lab, results(made)["FEAIR"], "0,1")
    assert row.meets_limit is None
    assert "ketidakpastiannya belum ditetapkan" in queries.view(scope, row.id).screen.judgement


def test_uncertainty_is_explained_although_nothing_is_judged(counter, analyst, head, lab, able, scope):
    able("FEAIR")
    say(head, lab, u_value="0.02")
    made = orders.register_site_order(counter, owner=lab, new_site=SiteInput("Sumur"), codes=["FEAIR"])
    orders.receive_samples(counter, owner_id=lab.id, sample_ids=[sample.id for sample in made.samples])
    enter(analyst, lab, results(made)["FEAIR"], "0,1")
    told = document(made, scope)
    assert (told.conclusion, told.decision_rule) == ("", "± adalah ketidakpastian diperluas dengan k = 2.")
    assert told.rows[0].uncertainty == "0,020"


def test_what_is_wrong_with_figures_is_named(head, lab, analyst, other, make_actor):
    def refused(**more):
        given = {"test_code": "FEAIR", "figures": {"lod": D("0.1")}, "source": "Validasi", **more}
        with pytest.raises(Refused) as error:
            services.set_performance(head, owner_id=lab.id, **given)
        return {problem.field for problem in error.value.problems}

    assert refused(test_code="HB") == {"test_code"}
    assert refused(figures={"lod": D(0)}) == {"lod"}
    assert refused(figures={}) == {"lod"}
    assert refused(figures={"lod": D(1), "loq": D("0.5")}) == {"loq"}
    assert refused(figures={"recovery_low": D(80)}) == {"recovery_high"}
    assert refused(figures={"recovery_low": D(120), "recovery_high": D(80)}) == {"recovery_high"}
    assert refused(source="") == {"source"}
    with pytest.raises(Forbidden):
        say(analyst, lab, lod="1")
    with pytest.raises(Forbidden):
        services.choose_decision_rule(analyst, owner_id=lab.id, rule="guard")
    with pytest.raises(Refused):
        services.choose_decision_rule(head, owner_id=lab.id, rule="untung")
    assert queries.performances(Scope.of(other.id)) == []


# --- Quality samples --------------------------------------------------------------------------------------------------


def add(counter, lab, sample, role, **more):
    made = orders.add_quality_sample(counter, owner=lab, sample_ids=[sample.id], role=role, **more)
    orders.receive_samples(counter, owner_id=lab.id, sample_ids=[one.id for one in made.samples])
    return made


def test_quality_samples_speak_of_their_mates(site_order, counter, analyst, head, lab, scope, client, make_user):
    say(head, lab, lod="0.01", rpd_max="20", recovery_low="80", recovery_high="120")
    water = next(sample for sample in site_order.samples if sample.specimen == "Air")
    blank = add(counter, lab, water, "field_blank", codes=["FEAIR"])
    double = add(counter, lab, water, "duplicate", codes=["FEAIR", "NO3"])
    spike = add(counter, lab, water, "spike", codes=["FEAIR"], added={"FEAIR": D("0.5")})
    rows = results(site_order)
    enter(analyst, lab, rows["FEAIR"], "0,1")
    enter(analyst, lab, results(blank)["FEAIR"], "0,02")
    enter(analyst, lab, results(spike)["FEAIR"], "0,58")
    lines = queries.quality_of(scope, queries.rows_with_things(scope, [row.id for row in rows.values()]))
    told = {line.role: (line.checked.good if line.checked else "waits") for line in lines[rows["FEAIR"].id]}
    assert told == {"field_blank": False, "duplicate": "waits", "spike": True}
    assert [line.role for line in lines[rows["NO3"].id]] == ["duplicate"]
    assert rows["ECOLI"].id not in lines
    client.force_login(make_user("verif", lab, "verifier"))
    shown = client.get(reverse("bench:verification")).content.decode()
    shown += client.get(reverse("bench:result", args=[rows["FEAIR"].id])).content.decode()
    assert "batas deteksi 0,01" in shown
    assert "perolehan kembali 96,0 %" in shown
    # The customer's report says nothing of them, and nobody pays for them.
    assert {row.key.rpartition("/")[0] for row in document(site_order, scope).rows} <= {
        s.number for s in site_order.samples
    }
    assert double.order.payer == "free"


def test_a_quality_sample_needs_the_tests_of_its_mate(site_order, counter, lab, other, make_actor, make_results):
    water = next(sample for sample in site_order.samples if sample.specimen == "Air")
    germs = next(sample for sample in site_order.samples if sample.id != water.id)

    def refused(role, ids=None, **more):
        with pytest.raises(Refused) as error:
            orders.add_quality_sample(counter, owner=lab, sample_ids=ids or [water.id], role=role, **more)
        return {problem.field for problem in error.value.problems}

    assert refused("duplicate", codes=["ECOLI"]) == {"codes"}
    assert refused("duplicate", ids=[water.id, germs.id]) == {"samples"}
    assert refused("spike") == {"added"}
    assert refused("spike", added={"FEAIR": D(-1)}) == {"added"}
    assert refused("kembar") == {"role"}
    blood = Sample.rows.filter(order_id=make_results("HB")["HB"].order_id).first()
    assert "samples" in refused("duplicate", ids=[blood.id])
    stranger = make_actor("orang", other, "receptionist")
    with pytest.raises(NotFound):
        orders.add_quality_sample(stranger, owner=other, sample_ids=[water.id], role="duplicate")
    made = orders.add_quality_sample(counter, owner=lab, sample_ids=[water.id, germs.id], role="trip_blank")
    assert QualityMate.rows.filter(quality__in=QualitySample.rows.all()).count() == 2
    assert {row.test_code for row in made.requested} == {"FEAIR", "NO3", "ECOLI"}


def test_amounts_of_a_spike_are_read_or_named():
    assert orders.read_added("feair 0,5; NO3=10\n") == {"FEAIR": D("0.5"), "NO3": D(10)}
    with pytest.raises(Refused):
        orders.read_added("FEAIR banyak")


def test_the_pages(site_order, client, make_user, lab):
    client.force_login(make_user("mutu", lab, "quality_manager", "receptionist"))
    page = reverse("bench:performance")
    assert "belum dipilih" in client.get(page).content.decode()
    assert client.post(reverse("bench:choose_rule"), {"rule": "guard"}).status_code == 303
    typed = {
        "test_code": "FEAIR",
        "lod": "0,01",
        "u_value": "10",
        "u_kind": "percent",
        "k": "2",
        "source": "Validasi 2026",
    }
    assert client.post(reverse("bench:set_performance"), {**typed, "lod": "-1"}).status_code == 422
    assert client.post(reverse("bench:set_performance"), typed).status_code == 303
    shown = client.get(page).content.decode()
    assert "Validasi 2026" in shown
    assert "Pita pengaman" in shown
    address = reverse("orders:add_quality", args=[site_order.id])
    assert client.get(address).status_code == 200
    typed = {"role": "duplicate", "samples": [str(site_order.samples[0].id)], "added": "", "codes": ""}
    answer = client.post(address, typed)
    assert answer.status_code == 303
    assert "Duplikat dari" in client.get(answer["Location"]).content.decode()
    assert "Duplikat:" in client.get(reverse("orders:detail", args=[site_order.id])).content.decode()
