"""The layers in the database: loading, adopting, overriding, withdrawing; who may; what is journaled."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from django.test.utils import CaptureQueriesContext

from laras.catalogue import queries, rules, services
from laras.catalogue.models import ReferenceRelease, ReferenceRow
from laras.catalogue.shipped import shipped_rows
from laras.core import journal
from laras.core.errors import Forbidden, NotFound, Refused
from laras.core.ids import shipped_id
from laras.core.models import JournalEntry, Owner, Reach
from laras.core.scope import Scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def lab(make_owner) -> Owner:
    return make_owner("LAB-A")


@pytest.fixture
def manager(lab, actor_at):
    return actor_at(lab, "catalogue.manage")


def _judged(catalogue, code: str, raw: str, **person):
    test = catalogue.test(code)
    value = rules.read_value(test, raw, answers=catalogue.answers(code))
    return rules.judge(
        test,
        value,
        ranges=catalogue.ranges(code),
        criticals=catalogue.criticals(code),
        answers=catalogue.answers(code),
        **person,
    )


def test_migrating_loads_the_shipped_catalogue_once(lab):
    release = ReferenceRelease.objects.get(publisher__layer="shipped")
    assert services.load_shipped_catalogue().id == release.id
    assert ReferenceRelease.objects.count() == 1
    assert release.rows.count() == len(shipped_rows())
    assert queries.is_intact(release.id)
    assert queries.effective(lab.id).test("HB").id == shipped_id("catalogue.test", "HB")


def test_a_changed_shipped_catalogue_becomes_the_next_release_and_the_old_one_stays(lab, monkeypatch):
    before = queries.effective(lab.id)
    rows = tuple(r for r in shipped_rows() if not (r.kind == "panel" and r.key == "DR"))
    monkeypatch.setattr(services, "shipped_rows", lambda: rows)
    monkeypatch.setattr(services, "shipped_digest", lambda: "ab" * 32)
    release = services.load_shipped_catalogue()
    assert release.number == 2
    after = queries.effective(lab.id)
    assert "DR" in before.panels
    assert "DR" not in after.panels
    assert ReferenceRelease.objects.count() == 2


def test_effective_asks_the_database_nothing_while_it_is_fresh_and_one_count_after(lab, monkeypatch):
    from django.db import connection

    first = queries.effective(lab.id)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert queries.effective(lab.id) is first
    assert len(seen) == 0
    monkeypatch.setattr(queries, "FRESH_SECONDS", 0)
    with CaptureQueriesContext(connection) as seen:
        assert queries.effective(lab.id) is first
    assert len(seen) == 1
    assert "COUNT" in seen[0]["sql"]


def test_laboratories_without_a_layer_share_one_catalogue(make_owner):
    assert queries.effective(make_owner("A").id) is queries.effective(make_owner("B").id)


def test_an_example_critical_value_judges_only_after_adoption_and_only_there(lab, manager, make_owner):
    person = {"sex": "L", "age_days": 12000}
    assert not _judged(queries.effective(lab.id), "HB", "5,5", **person).critical
    release = services.adopt_critical(manager, owner_id=lab.id, key="HB/adult@b", reason="Rapat mutu 1")
    found = _judged(queries.effective(lab.id), "HB", "5,5", **person)
    assert (found.flag, found.critical) == ("LL", True)
    assert f"critical:HB/adult@{release.version}" in found.basis
    row = queries.row_that_judged(f"critical:HB/adult@{release.version}")
    assert row is not None
    assert row.body["low"] == "6"
    assert row.reason == "Rapat mutu 1"
    assert not _judged(queries.effective(make_owner("LAB-B").id), "HB", "5,5", **person).critical


def test_adopting_another_practice_replaces_the_first(lab, manager):
    services.adopt_critical(manager, owner_id=lab.id, key="HB/adult@b", reason="satu")
    services.adopt_critical(manager, owner_id=lab.id, key="HB/adult@a", reason="dua")
    judging = [row for row in queries.effective(lab.id).criticals("HB") if row.judges]
    assert [(row.key, row.low) for row in judging] == [("HB/adult", Decimal("7"))]


def test_a_whole_practice_is_adopted_in_one_release_and_compares_across_units(lab, manager):
    services.adopt_criticals(manager, owner_id=lab.id, practice="a", reason="Kesepakatan klinisi")
    catalogue = queries.effective(lab.id)
    # The table says 2000 to 50000 /uL, the test reports 10*3/uL.
    assert _judged(catalogue, "WBC", "1,9", sex="P", age_days=9000).flag == "LL"
    assert _judged(catalogue, "WBC", "2,0", sex="P", age_days=9000).flag == "L"
    assert _judged(catalogue, "WBC", "50,1", sex="P", age_days=9000).flag == "HH"
    assert ReferenceRelease.objects.filter(publisher__owner=lab).count() == 1
    with pytest.raises(NotFound):
        services.adopt_criticals(manager, owner_id=lab.id, practice="zzz", reason="x")


def test_own_critical_value_and_its_withdrawal(lab, manager):
    services.set_critical(
        manager, owner_id=lab.id, test="K", population="all", low=Decimal("2.5"), high=Decimal("6.5"), reason="r"
    )
    assert _judged(queries.effective(lab.id), "K", "6,6").critical
    services.withdraw(manager, owner_id=lab.id, kind="critical", key="K/all", reason="keliru")
    assert not _judged(queries.effective(lab.id), "K", "6,6").critical
    with pytest.raises(NotFound):
        services.withdraw(manager, owner_id=lab.id, kind="critical", key="K/all", reason="lagi")


def test_own_range_replaces_the_same_sex_and_age_and_an_overlapping_one_is_refused(lab, manager):
    services.set_range(
        manager,
        owner_id=lab.id,
        test="HB",
        sex="male",
        age_from=6575,
        low=Decimal("13.0"),
        high=Decimal("17.0"),
        reason="Studi lokal",
    )
    assert _judged(queries.effective(lab.id), "HB", "13,1", sex="L", age_days=9000).flag == "N"
    with pytest.raises(Refused) as refusal:
        services.set_range(
            manager, owner_id=lab.id, test="HB", age_from=7000, low=Decimal(1), high=Decimal(2), reason="x"
        )
    assert "bertumpang tindih" in str(refusal.value)
    assert ReferenceRelease.objects.filter(publisher__owner=lab).count() == 1


def test_a_memory_limit_judges_after_adoption(lab, manager):
    catalogue = queries.effective(lab.id)
    bod = catalogue.test("BOD")
    value = rules.read_value(bod, "31")
    limit = catalogue.limits("LIMBAH-DOM-P68-2016")["BOD"]
    assert rules.judge_limit(bod, limit, value).reason == "not_adopted"
    services.adopt_standard(manager, owner_id=lab.id, standard="LIMBAH-DOM-P68-2016", reason="Naskah dibaca")
    limit = queries.effective(lab.id).limits("LIMBAH-DOM-P68-2016")["BOD"]
    assert rules.judge_limit(bod, limit, value).verdict == "fails"
    with pytest.raises(NotFound):
        services.adopt_standard(manager, owner_id=lab.id, standard="LIMBAH-DOM-P68-2016", reason="lagi")


def test_a_local_test_is_namespaced_by_its_publisher(lab, manager, make_owner):
    template = queries.effective(lab.id).test("CRP")
    local = replace(template, code="crp-hs", name="CRP sensitivitas tinggi", loinc="", local_code="")
    services.add_test(manager, owner_id=lab.id, test=local, reason="Alat baru")
    found = queries.effective(lab.id).test("LAB-A:CRP-HS")
    assert found.coding == ("urn:laras:test", "LAB-A:CRP-HS")
    assert found.provenance.layer == "laboratory"
    assert "LAB-A:CRP-HS" not in queries.effective(make_owner("LAB-B").id)
    with pytest.raises(Refused):
        services.add_test(manager, owner_id=lab.id, test=replace(local, code="<b>"), reason="x")
    with pytest.raises(Refused, match="LOINC"):
        services.add_test(manager, owner_id=lab.id, test=replace(local, code="Y", loinc="718-7"), reason="x")


def test_a_test_that_is_still_needed_cannot_be_withdrawn(lab, manager):
    crp = queries.effective(lab.id).test("CRP")
    local = replace(crp, code="Y", name="Uji Y", loinc="", local_code="")
    services.add_test(manager, owner_id=lab.id, test=local, reason="baru")
    services.set_range(manager, owner_id=lab.id, test="LAB-A:Y", high=Decimal(5), reason="rujukan")
    with pytest.raises(Refused, match="tidak ada"):
        services.withdraw(manager, owner_id=lab.id, kind="test", key="LAB-A:Y", reason="tutup")
    services.withdraw(manager, owner_id=lab.id, kind="range", key="LAB-A:Y/all/0-", reason="tutup")
    services.withdraw(manager, owner_id=lab.id, kind="test", key="LAB-A:Y", reason="tutup")
    assert "LAB-A:Y" not in queries.effective(lab.id)


def test_values_that_no_table_holds_are_refused(lab, manager):
    for low in (Decimal("Infinity"), Decimal("1E+99"), Decimal("9" * 40)):
        with pytest.raises(Refused):
            services.set_critical(manager, owner_id=lab.id, test="K", population="all", low=low, high=None, reason="r")
    with pytest.raises(Refused):
        services.set_critical(
            manager, owner_id=lab.id, test="K", population="all", low=Decimal(9), high=Decimal(2), reason="r"
        )
    with pytest.raises(Refused):
        services.set_critical(manager, owner_id=lab.id, test="K", population="x", low=Decimal(1), high=None, reason="r")
    for reason, method in (("a\x00b", "x"), ("alasan", "a\x00b"), ("alasan", "x" * 251)):
        with pytest.raises(Refused):
            services.change_test(manager, owner_id=lab.id, code="HB", changes={"method": method}, reason=reason)
    assert not ReferenceRelease.objects.filter(publisher__owner=lab).exists()


def test_how_a_test_is_done_can_change_but_not_what_it_means(lab, manager):
    services.change_test(manager, owner_id=lab.id, code="HB", changes={"method": "Sianmet", "decimals": 2}, reason="r")
    assert queries.effective(lab.id).test("HB").method == "Sianmet"
    with pytest.raises(Refused):
        services.change_test(manager, owner_id=lab.id, code="HB", changes={"ucum": "g/L"}, reason="r")
    with pytest.raises(NotFound):
        services.change_test(manager, owner_id=lab.id, code="NOPE", changes={"method": "x"}, reason="r")


def test_offices_and_the_ministry_speak_before_the_laboratory(make_owner, actor_at):
    ministry, office = make_owner("KEMKES", kind="ministry", tier=None), make_owner("DINKES", kind="office", tier=None)
    lab, other = make_owner("LAB-A"), make_owner("LAB-B")
    Reach.objects.create(office=office, reached=lab, way="jurisdiction")
    for owner, low in ((lab, "5"), (office, "6"), (ministry, "7")):
        services.set_critical(
            actor_at(owner, "catalogue.manage"),
            owner_id=owner.id,
            test="HB",
            population="adult",
            low=Decimal(low),
            high=None,
            reason="uji lapisan",
        )

    def low_at(owner):
        return next(row.low for row in queries.effective(owner.id).criticals("HB") if row.judges)

    assert low_at(lab) == Decimal(5)
    assert low_at(other) == Decimal(7)
    services.withdraw(
        actor_at(lab, "catalogue.manage"), owner_id=lab.id, kind="critical", key="HB/adult", reason="cabut"
    )
    assert low_at(lab) == Decimal(6)


def test_publishing_needs_the_right_here_and_a_reason(lab, make_owner, actor_at):
    other = make_owner("LAB-B")
    for actor in (actor_at(lab, "bench.enter"), actor_at(other, "catalogue.manage")):
        with pytest.raises(Forbidden):
            services.adopt_critical(actor, owner_id=lab.id, key="HB/adult@a", reason="x")
    manager = actor_at(lab, "catalogue.manage")
    for reason in ("", "  ", "x" * 501):
        with pytest.raises(Refused):
            services.adopt_critical(manager, owner_id=lab.id, key="HB/adult@a", reason=reason)
    with pytest.raises(NotFound):
        services.adopt_critical(manager, owner_id=lab.id, key="HB/adult@nobody", reason="x")
    assert not ReferenceRelease.objects.filter(publisher__owner=lab).exists()
    assert not JournalEntry.objects.within(Scope.of(lab.id)).exists()


def test_a_publication_is_journaled_where_it_holds(lab, manager):
    release = services.adopt_critical(manager, owner_id=lab.id, key="HB/adult@a", reason="Rapat")
    (line,) = journal.history(Scope.of(lab.id), release.id)
    assert line.event == "catalogue.release_published"
    assert line.payload["changes"] == ["critical:HB/adult"]
    assert line.payload["digest"] == release.digest
    assert journal.verify(lab).whole
    assert queries.is_intact(release.id)
    (own,) = queries.own_releases(lab.id)
    assert (own.reason, own.changes) == ("Rapat", ("critical:HB/adult",))


def test_what_was_published_cannot_change(lab, manager):
    release = services.adopt_critical(manager, owner_id=lab.id, key="HB/adult@a", reason="Rapat")
    release.reason = "lain"
    with pytest.raises(TypeError):
        release.save()
    with pytest.raises(TypeError):
        release.rows.get().delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        ReferenceRow.objects.filter(release=release).update(key="x")
    with pytest.raises(DatabaseError), transaction.atomic():
        ReferenceRelease.objects.filter(pk=release.pk).update(reason="lain")


def test_every_field_has_a_privacy_class():
    from django.apps import apps

    from laras.core.privacy import unclassed_fields

    assert [unclassed_fields(model) for model in apps.get_app_config("catalogue").get_models()] == [[], [], []]
