"""From a signal to a declared and closed KLB: who may do what, what must be said, who sees names."""

from __future__ import annotations

from datetime import timedelta

import pytest

from laras.core import clock, journal
from laras.core.actor import system_actor
from laras.core.errors import Forbidden, MoveRefused, NotFound, Refused
from laras.core.models import JournalEntry
from laras.surveillance import queries, services
from laras.surveillance.models import Outbreak, Signal
from tests.product import world as worlds

pytestmark = pytest.mark.django_db
SYSTEM = system_actor("job:test")


@pytest.fixture
def signal(world):
    """Three children in a city that takes one as a signal."""
    services.adopt_threshold(
        world.city.officer, owner_id=world.city.id, disease="CAMPAK", cases=1, reason="Keputusan kepala dinas"
    )
    for n in range(3):
        world.lab.tested(world.lab.person(full_name=f"Anak {'ABC'[n]}"), "CAMIGM", "Positif")
    services.judge(SYSTEM, owner_id=world.city.id)
    return Signal.objects.within(world.city.scope).get()


@pytest.fixture
def event(world, signal):
    return services.join_signal(
        world.city.officer, owner_id=world.city.id, signal_id=signal.id, reason="Tiga anak satu kelas"
    )


def verified(world, event):
    mine = {"owner_id": world.city.id, "outbreak_id": event.id}
    services.verify_outbreak(world.city.officer, **mine, verification="Didatangi puskesmas")
    return mine


def test_a_signal_becomes_an_event_with_its_cases_and_later_ones_join(world, event, signal):
    signal.refresh_from_db()
    assert (signal.status, signal.outbreak_id, signal.triaged_by) == ("joined", event.id, world.city.officer.person_id)
    assert len(queries.cases_of(event)) == 3
    world.lab.tested(world.lab.person(), "CAMIGM", "Positif")
    assert len(queries.cases_of(event)) == 4
    assert event.number.startswith("DK-K-261116-K0001")
    assert [person.id for person in queries.team_of(event)] == [world.city.officer.person_id]


def test_the_whole_way_with_who_may_what(world, event):
    officer, head, mine = world.city.officer, world.city.head, {"owner_id": world.city.id, "outbreak_id": event.id}
    with pytest.raises(MoveRefused):
        services.declare_klb(head, **mine, decree="SK 1")
    verified(world, event)
    with pytest.raises(Refused):
        services.declare_klb(head, **mine, decree="SK 1")  # its risk was not assessed
    services.assess_risk(officer, **mine, risk="high", note="Cakupan imunisasi rendah")
    with pytest.raises(Forbidden):
        services.declare_klb(officer, **mine, decree="SK 1")
    with pytest.raises(Forbidden):
        services.declare_klb(world.province.head, **mine, decree="SK 1")
    with pytest.raises(Refused):
        services.declare_klb(head, **mine, decree=" ")
    services.declare_klb(head, **mine, decree="SK 440/1/2026")
    with pytest.raises(MoveRefused):
        services.close_outbreak(officer, **mine, conclusion="Selesai")
    services.end_klb(head, **mine)
    closed = services.close_outbreak(officer, **mine, conclusion="Imunisasi ulang; dua masa inkubasi tanpa kasus")
    assert closed.status == "closed"
    moves = JournalEntry.objects.within(world.city.scope).filter(subject=event.id).order_by("sequence")
    assert [entry.event.partition(".")[2] for entry in moves] == [
        "outbreak_opened", "team_changed", "outbreak_moved", "risk_assessed", "outbreak_moved", "outbreak_moved",
        "outbreak_moved",
    ]  # fmt: skip
    assert all(b"Imunisasi" not in bytes(entry.payload) for entry in moves), "what was written is sealed"
    assert journal.verify(world.city.owner).whole


def test_a_closed_event_takes_no_more_cases(world, event):
    mine = verified(world, event)
    services.close_outbreak(world.city.officer, **mine, conclusion="Tidak berlanjut")
    world.lab.tested(world.lab.person(), "CAMIGM", "Positif")
    assert len(queries.cases_of(event)) == 3


def test_another_office_finds_nothing(world, signal, event):
    with pytest.raises(NotFound):
        services.triage_signal(
            world.elsewhere.officer, owner_id=world.elsewhere.id, signal_id=signal.id, move="watch", reason="x"
        )
    with pytest.raises(Forbidden):
        services.verify_outbreak(
            world.elsewhere.officer, owner_id=world.city.id, outbreak_id=event.id, verification="x"
        )
    with pytest.raises(NotFound):
        services.verify_outbreak(
            world.elsewhere.officer, owner_id=world.elsewhere.id, outbreak_id=event.id, verification="x"
        )


def test_names_are_for_the_team_and_every_look_is_journaled(world, event):
    mine = {"owner_id": world.city.id, "outbreak_id": event.id}
    rows = services.read_line_list(world.city.officer, **mine)
    assert sorted(row.name for row in rows) == ["Anak A", "Anak B", "Anak C"]
    for stranger in (world.city.head, world.province.officer):
        with pytest.raises(Forbidden):
            services.read_line_list(stranger, **mine)
    looks = JournalEntry.objects.within(world.city.scope).filter(event="surveillance.line_list_read")
    assert [entry.person for entry in looks] == [world.city.officer.person_id]
    services.add_member(world.city.officer, **mine, person_id=world.city.head.person_id)
    assert len(services.read_line_list(world.city.head, **mine)) == 3
    services.remove_member(world.city.head, **mine, person_id=world.city.officer.person_id)
    with pytest.raises(Forbidden):
        services.read_line_list(world.city.officer, **mine)
    with pytest.raises(Refused):
        services.remove_member(world.city.head, **mine, person_id=world.city.head.person_id)
    with pytest.raises(Refused):
        services.add_member(world.city.head, **mine, person_id=world.lab.staff["doctor"].person_id)


@pytest.mark.parametrize(("hours", "in_time"), [(23, True), (25, False)])
def test_the_first_report_is_due_within_a_day_of_verification(world, event, hours, in_time):
    with pytest.raises(Refused):
        services.note_first_report(world.city.officer, owner_id=world.city.id, outbreak_id=event.id)
    mine = verified(world, event)
    with clock.at(worlds.MONDAY + timedelta(hours=hours)):
        services.note_first_report(world.city.officer, **mine)
        again = services.note_first_report(world.city.officer, **mine)
    assert again.first_report_at == worlds.MONDAY + timedelta(hours=hours)
    entries = JournalEntry.objects.within(world.city.scope).filter(event="surveillance.first_report_made")
    assert [f'"in_time":{str(in_time).lower()}'.encode() in bytes(entry.payload) for entry in entries] == [True]


def test_a_withdrawn_case_leaves_the_event(world, event):
    order_id, _report = world.lab.tested(world.lab.person(), "CAMIGM", "Positif")
    assert len(queries.cases_of(event)) == 4
    world.lab.amend(order_id, "CAMIGM")
    assert len(queries.cases_of(event)) == 3


def test_a_signal_joins_an_open_event_of_its_disease_only(world, event, signal):
    with clock.at(worlds.MONDAY + timedelta(days=7)):
        world.lab.tested(world.lab.person(), "CAMIGM", "Positif")
        services.judge(SYSTEM, owner_id=world.city.id)
        later = Signal.objects.within(world.city.scope).get(status="new")
        Outbreak.objects.within(world.city.scope).filter(id=event.id).update(disease="DENGUE")
        arguments = {"owner_id": world.city.id, "signal_id": later.id, "outbreak_id": event.id}
        with pytest.raises(Refused):
            services.join_signal(world.city.officer, **arguments, reason="Lanjutan")
        Outbreak.objects.within(world.city.scope).filter(id=event.id).update(disease="CAMPAK")
        assert services.join_signal(world.city.officer, **arguments, reason="Lanjutan").id == event.id


@pytest.mark.parametrize(("later", "columns"), [(2, [3, 0, 1]), (28, [3, 0, 0, 0, 1])])
def test_the_epidemic_curve_has_no_gap(world, event, later, columns):
    with clock.at(worlds.MONDAY + timedelta(days=later)):
        world.lab.tested(world.lab.person(), "CAMIGM", "Positif")
    by_day, bars = queries.curve(queries.cases_of(event))
    assert by_day is (later < 28)
    assert [sum(bar.values()) for _column, bar in bars] == columns
    assert queries.curve([]) == (False, [])
