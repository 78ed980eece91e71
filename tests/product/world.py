"""Two laboratories below a third, each with one of everything, made by the services that people use.

What a test over all addresses needs: for every placeholder of an address an object that belongs to the one who asks, and one that
belongs to the neighbour.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from unittest import mock
from uuid import UUID

from django.apps import apps
from django.db import connection, transaction

from laras.bench import queries as bench_queries
from laras.bench import services as bench
from laras.catalogue import queries as catalogue_queries
from laras.catalogue import services as catalogue
from laras.core import attachments
from laras.core.actor import Actor, actor_of, system_actor
from laras.core.api import new_token, token_digest
from laras.core.ids import new_id
from laras.core.models import ApiToken, JournalHead, Owner, RoleAssignment, StaffPerson, User
from laras.core.rights import RIGHTS, ROLES
from laras.core.scope import Scope
from laras.core.services import create_token, create_user
from laras.cultures import queries as culture_queries
from laras.cultures import services as cultures
from laras.interop import queries as analyzers
from laras.interop import services as interop
from laras.interop.rules.framing import unframe
from laras.network import queries as network_queries
from laras.network import services as network
from laras.network import shipped
from laras.orders import inspections, rounds
from laras.orders import services as orders
from laras.orders.types import SiteInput
from laras.partners import accounts as partner_accounts
from laras.partners import bookings
from laras.partners import services as partners
from laras.partners.types import BookingInput
from laras.people import services as people
from laras.referral import codec
from laras.referral import queries as referrals
from laras.referral import services as referral
from laras.referral.types import BoxedSample, BoxNews, PaperLine
from laras.reports import services as reports
from laras.resources import services as resources
from laras.stores import services as stores
from laras.surveillance import services as surveillance
from tests.interop import captures
from tests.network import places

MONDAY = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)
SYSTEM = system_actor("job:test")
START = date(2024, 1, 1)
STAFF = {
    "counter": ("receptionist", "receiver", "sampler"),
    "analyst": ("analyst",),
    "verifier": ("verifier",),
    "doctor": ("validator",),
    "head": ("head", "quality_manager"),
    "admin": ("administrator",),
}
# A square around Makassar.
BOUNDARIES = json.dumps({"type": "FeatureCollection", "features": [{
    "type": "Feature", "properties": {"kode": "73.71"},
    "geometry": {"type": "Polygon", "coordinates": [[[119.3, -5.3], [119.6, -5.3], [119.6, -5.0], [119.3, -5.0], [119.3, -5.3]]]},
}]}).encode()  # fmt: skip
COMMON = ("HB", "PLT", "K", "SGOT", "SGPT")


@dataclass
class Lab:
    """``ids``: placeholder of an address -> the laboratory's own object."""

    owner: Owner
    staff: dict[str, Actor]
    ids: dict[str, Any] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    orders: dict[str, UUID] = field(default_factory=dict)

    @property
    def id(self) -> UUID:
        return self.owner.id

    @property
    def scope(self) -> Scope:
        return Scope.of(self.id)

    def results(self, order_id: UUID) -> dict[str, Any]:
        return {view.test_code: view for view in bench_queries.results_of(self.scope, order_id)}

    def order(self, *codes: str, receive: bool = True, **head: Any) -> UUID:
        made = orders.register_order(
            self.staff["counter"], owner=self.owner, codes=list(codes), patient_id=self.ids["patient_id"], **head
        )
        if receive:
            orders.receive_samples(self.staff["counter"], owner_id=self.id, sample_ids=[one.id for one in made.samples])
        else:
            self.ids["sample_id"] = made.samples[0].id
        return made.id

    def enter(self, order_id: UUID, code: str, raw: str) -> UUID:
        result = self.results(order_id)[code].id
        bench.enter_result(self.staff["analyst"], owner_id=self.id, result_id=result, raw=raw)
        return result

    def finish(self, order_id: UUID, code: str, raw: str) -> None:
        result = self.enter(order_id, code, raw)
        bench.verify_result(self.staff["verifier"], owner_id=self.id, result_id=result)
        bench.validate_result(self.staff["doctor"], owner_id=self.id, result_id=result, uncalled_reason="uji")


def give_account(owner: Owner, username: str, *roles: str) -> User:
    """An account of a new person with these roles there, that passed its first sign-in."""
    person = StaffPerson.objects.create(name=f"Petugas {username}")
    user = User.objects.create_user(username, "kata sandi uji 1", person=person)
    for role in roles:
        RoleAssignment.objects.create(user=user, owner=owner, role=role)
    return user


def give_token(user: User, owner: Owner, rights: tuple[str, ...] = tuple(RIGHTS)) -> str:
    token = new_token()
    ApiToken.objects.create(user=user, owner=owner, label="uji", digest=token_digest(token), rights=list(rights))
    return token


def load_shipped() -> None:
    """A true piece of the areas and the whole catalogue."""
    catalogue_queries._memory.clear()
    with mock.patch.object(shipped, "read_areas", return_value=iter(places.few_rows())):
        network.load_shipped_areas()
    catalogue.load_shipped_catalogue()
    resources.load_shipped_standards()


def area(code: str) -> UUID:
    return network_queries.find_area(code).area_id


def make_lab(code: str, supervisor: UUID | None, tests: tuple[str, ...], *, tier: int = 2) -> Lab:
    kind = {2: "labkesda_kabkota", 4: "labkesmas_regional"}[tier]
    made = network.create_organisation(
        SYSTEM,
        code=code,
        kind=kind,
        tier=tier,
        name=f"Labkesmas {code}",
        area_id=area("73.71"),
        supervisor_id=supervisor,
        valid_from=START,
    )
    owner = Owner.objects.get(pk=made.pk)
    staff = {name: actor_of(give_account(owner, f"{code}-{name}", *roles), "web") for name, roles in STAFF.items()}
    lab = Lab(owner, staff)
    for test in tests:
        row = resources.add_capability(
            staff["head"], owner_id=owner.id, test_code=test, method="Fotometri", tat_hours=4, price=20000
        )
        lab.ids["capability_id"] = row.id
    return lab


def furnish(lab: Lab, number: int) -> None:
    """One of everything that an address can name."""
    staff, ids, owner_id = lab.staff, lab.ids, lab.id
    person = {"sex": "P", "birth_date": date(1990, 4, 12), "no_nik_reason": "absent", "duplicates_checked": True}
    counter = staff["counter"]
    patient = people.register_patient(counter, owner_id=owner_id, full_name=f"Siti Contoh {number}", **person)
    other = people.register_patient(counter, owner_id=owner_id, full_name=f"Sitti Contoh {number}", **person)
    ids["patient_id"] = patient.id
    merge = people.merge_patients(
        staff["head"], owner_id=owner_id, kept_id=patient.id, other_id=other.id, reason="Orang yang sama"
    )
    ids["merge_id"] = merge.id
    ids["consent_id"] = people.give_consent(
        counter, owner_id=owner_id, patient_id=patient.id, purpose="examination", given_by="Siti Contoh"
    ).id
    client = partners.register_client(counter, owner_id=owner_id, name=f"Klinik Contoh {number}", kind="facility")
    ids["client_id"] = client.id
    ids["practitioner_id"] = partners.add_practitioner(
        counter, owner_id=owner_id, client_id=client.id, name="dr. Contoh"
    ).id
    ids["agreement_id"] = partners.draft_agreement(
        counter, owner_id=owner_id, client_id=client.id, number="PKS/1", title="Kerja sama", valid_from=START
    ).id
    ids["institution_id"] = network.create_institution(
        SYSTEM, office_id=owner_id, code=f"YYS-{number}", name=f"Yayasan Contoh {number}", kind="yayasan"
    ).id
    catalogue.adopt_criticals(staff["head"], owner_id=owner_id, practice="a", reason="Praktik laboratorium ini")
    account = create_user(
        staff["admin"], owner_id=owner_id, username=f"baru{number}", name=f"Petugas Baru {number}", roles=["cashier"]
    )
    ids["set_id"] = network.bring_boundaries(
        SYSTEM, office_id=owner_id, level=2, content=BOUNDARIES, file_name="batas.geojson", source="Peta uji"
    ).id
    ids["user_id"] = account.user_id
    ids["assignment_id"] = RoleAssignment.objects.get(user_id=account.user_id).id
    ids["token_id"], lab.tokens["made"] = create_token(
        staff["analyst"], owner_id=owner_id, label="alat", rights=["bench.read"], expires_at=MONDAY + timedelta(days=30)
    )
    # Orders in several states, the last one with everything still to do.
    done = lab.orders["done"] = lab.order("HB", client_id=client.id)
    lab.finish(done, "HB", "13,5")
    lab.orders["ready"] = lab.order("PLT")
    lab.finish(lab.orders["ready"], "PLT", "250")
    report = reports.release_report(staff["doctor"], owner_id=owner_id, order_id=done)
    ids["report_id"], ids["token"] = report.id, report.token
    gone = lab.orders["withdrawn"] = lab.order("HB")
    lab.finish(gone, "HB", "13,1")
    report = reports.release_report(staff["doctor"], owner_id=owner_id, order_id=gone)
    reports.withdraw_report(staff["doctor"], owner_id=owner_id, report_id=report.id, reason="Sampel tertukar")
    ids["withdrawn_id"] = report.id
    critical = lab.orders["critical"] = lab.order("K", "HB")
    lab.enter(critical, "K", "7,5")
    ids["call_id"] = bench_queries.open_calls(lab.scope)[0].id
    entered = lab.enter(critical, "HB", "12,1")
    ids["hold_id"] = bench.place_hold(
        staff["doctor"], owner_id=owner_id, result_id=entered, kind="manual", reason="Diperiksa dulu"
    ).id
    # A draft: it judges nothing of what the tests of other pages enter.
    ids["rule_id"] = bench.draft_auto_rule(staff["doctor"], owner_id=owner_id, test_code="HB").id
    verified = lab.orders["verified"] = lab.order("SGOT")
    bench.verify_result(staff["verifier"], owner_id=owner_id, result_id=lab.enter(verified, "SGOT", "25"))
    waiting = lab.orders["waiting"] = lab.order("HB", "SGPT")
    ids["order_id"], ids["result_id"] = waiting, lab.results(waiting)["HB"].id
    lab.orders["announced"] = lab.order("HB", "PLT", receive=False)
    ids["line_id"] = orders_line(lab, waiting)
    ids["pickup_id"] = referral.add_pickup(counter, owner_id=owner_id, weekday=0, at=time(14, 0)).id
    ids["equipment_id"] = resources.record_equipment(
        staff["head"], owner_id=owner_id, item_code="", values={"name": "Kulkas", "functioning": 1}
    ).id
    resources.set_price(
        staff["head"], owner_id=owner_id, item_code="A-05", values={"price": 350_000_000, "source": "Penawaran uji"}
    )
    ids["permit_id"] = resources.begin_permit(staff["head"], owner_id=owner_id, kind="slf").id
    ids["member_id"] = resources.record_staff(
        staff["head"], owner_id=owner_id, values={"name": "Pegawai Uji", "profession": "atlm"}
    ).id
    ids["room_id"] = resources.record_room(
        staff["head"], owner_id=owner_id, values={"name": "Ruang uji", "function": "clinical"}
    ).id
    ids["organisation_id"] = owner_id
    listed = "Nama;Tanggal lahir;L/P;Tanpa NIK\nPeserta Satu;1961-02-03;L;belum punya\n"
    ids["session_id"] = orders.accept_session(
        staff["counter"], owner=lab.owner, session=orders.SessionInput("CKG", "Posyandu uji"), content=listed.encode()
    ).id
    ids["own_test"] = _own_test(lab)
    ids["disease"], ids["week"] = "CAMPAK", "2026-M46"
    ids["signal_id"], ids["outbreak_id"], ids["notice_id"] = _something_unusual(lab)
    ids["reading_id"], ids["message_id"] = _from_an_analyzer(lab)
    ids["instrument_id"], ids["name"] = _an_analyzer(lab)
    ids["stock_id"] = _a_reagent(lab)
    ids["culture_id"], ids["isolate_id"], ids["tested_id"], ids["table_id"] = _a_culture(lab)
    ids["survey_id"] = orders.note_survey(
        counter, owner=lab.owner, survey=orders.SurveyInput("larvae", MONDAY.date(), "RW 03", houses=10)
    ).id
    ids["inspection_id"] = orders.note_inspection(
        counter, owner=lab.owner, day=MONDAY.date(), new_site=SiteInput("Hotel Uji"),
        answers={item.code: "yes" for item in inspections.items()},
    ).id  # fmt: skip
    ids["plan_id"], ids["point_id"], ids["visit_id"], ids["stop_id"] = _a_round(lab)


def _something_unusual(lab: Lab) -> tuple[UUID, UUID, UUID]:
    """A signal to be decided on, an event from another one, and a notice; whose office it is does not matter to addresses."""
    rows = apps.get_model("surveillance", "Signal").objects
    waiting, joined = (
        rows.create(owner=lab.owner, disease=disease, week=date(2026, 11, 8), observed=7, by=["method"])
        for disease in ("CAMPAK", "DENGUE")
    )
    user = give_account(lab.owner, f"{lab.owner.code}-surveilans", "officer")
    outbreak = surveillance.join_signal(
        actor_of(user, "web"), owner_id=lab.id, signal_id=joined.id, reason="Satu kelurahan"
    )
    surveillance.describe_study(
        actor_of(user, "web"), owner_id=lab.id, outbreak_id=outbreak.id, design="cohort", meal="Makan siang",
        case_definition="Mual dan muntah", foods=["Nasi", "Ayam"],
    )  # fmt: skip
    notice = apps.get_model("surveillance", "Notice").objects.create(
        owner=lab.owner, kind="signal", about=waiting.id, office=lab.owner, disease="CAMPAK", week=waiting.week,
        observed=7, due_at=MONDAY,
    )  # fmt: skip
    return waiting.id, outbreak.id, notice.id


def _from_an_analyzer(lab: Lab) -> tuple[UUID, UUID]:
    """A value of a sample that nobody knows, and the message it came in."""
    (found,) = unframe(captures.session(captures.sysmex_records("LAIN-1", captures.CBC[2:])))
    arrived = interop.Arrived(found, f"astm {lab.owner.code}", "astm", "sysmex-xn", lab.id)
    (message_id,) = interop.store_messages(SYSTEM, arrived=[arrived])
    interop.read_messages(SYSTEM, owner_id=lab.id, message_ids=[message_id])
    return analyzers.waiting_readings(lab.scope)[0].id, message_id


def _an_analyzer(lab: Lab) -> tuple[UUID, str]:
    """An instrument that is read with a profile of the laboratory's own; its id and the profile's name."""
    saved = interop.save_profile(
        lab.staff["head"], owner_id=lab.id, based_on="sysmex-xn", label=f"XN {lab.owner.code}",
        rows=[interop.CodeRow("HGB", "HB")], units={"g/dL": "g/dL"}, checked=True,
    )  # fmt: skip
    port = 15000 + sum(map(ord, lab.owner.code))
    row = interop.add_instrument(
        lab.staff["head"],
        owner_id=lab.id,
        name="XN-550",
        protocol="astm",
        address=f"127.0.0.1:{port}",
        profile=saved.name,
    )
    return row.id, saved.name


def _a_reagent(lab: Lab) -> UUID:
    """A reagent with a lot in stock, for a test that the laboratory offers; the id of the item."""
    head = lab.staff["head"]
    item = stores.add_item(head, owner_id=lab.id, name="Reagen hemoglobin", unit="mL", test_codes=["HB"])
    stores.receive(
        head, owner_id=lab.id, item_id=item.id, number="H-1", quantity=Decimal(500), expires_on=date(2199, 12, 31)
    )
    return item.id


def _a_round(lab: Lab) -> tuple[UUID, UUID, UUID, UUID]:
    """A plan with two points and a visit; the first point waits and has a photo."""
    counter = lab.staff["counter"]
    day = MONDAY.date()
    plan = orders.save_plan(
        counter, owner=lab.owner, plan=orders.PlanInput(name="Depot uji", codes=("PH", "ECOLI"), first_day=day)
    )
    points = [
        orders.add_point(counter, owner_id=lab.id, plan_id=plan.id, new_site=SiteInput(name)).id
        for name in ("Depot Uji A", "Depot Uji B")
    ]
    visit = orders.prepare_visit(counter, owner=lab.owner, plan_id=plan.id, day=day)
    waiting = rounds.stops_of(lab.scope, visit.id)[0].stop.id
    photo = attachments.store(lab.id, b"\x89PNG gambar uji", "image/png", "uji.png")
    apps.get_model("orders", "Stop").objects.within(lab.scope).filter(id=waiting).update(photo=photo)
    return plan.id, points[1], visit.id, waiting


def _a_culture(lab: Lab) -> tuple[UUID, UUID, UUID, UUID]:
    """A culture with an isolate that was named and tested, and the table that judged it; the ids of all four."""
    staff, owner_id = lab.staff, lab.id
    resources.add_capability(staff["head"], owner_id=owner_id, test_code="KULURIN", method="Kultur", tat_hours=96)
    table = cultures.import_breakpoints(
        staff["head"], owner_id=owner_id, name="Uji", version="1", source="Rekaan uji", valid_from=START,
        content=b"antibiotik;jenis;sensitif;resistan\nCIP;zona;26;21\n",
    )  # fmt: skip
    lab.order("KULURIN")
    (view,) = culture_queries.to_inoculate(lab.scope)
    (culture,) = cultures.inoculate(staff["analyst"], owner_id=owner_id, result_ids=[view.id])
    seen = cultures.ReadingInput(culture.id, "growth", "GNB")
    cultures.record_readings(staff["analyst"], owner_id=owner_id, readings=[seen])
    isolate = cultures.pick_isolate(staff["analyst"], owner_id=owner_id, culture_id=culture.id)
    cultures.identify_isolate(staff["analyst"], owner_id=owner_id, isolate_id=isolate.id, organism="ECO")
    drugs = [cultures.DrugInput("CIP", "disk", "20")]
    (tested,) = cultures.enter_susceptibility(staff["analyst"], owner_id=owner_id, isolate_id=isolate.id, drugs=drugs)
    return culture.id, isolate.id, tested.id, table.id


def orders_line(lab: Lab, order_id: UUID) -> UUID:
    return apps.get_model("orders", "OrderLine").objects.within(lab.scope).filter(order_id=order_id)[0].id


def _own_test(lab: Lab) -> str:
    """A change of the shipped catalogue that holds in this laboratory only; answers its code."""
    catalogue.change_test(lab.staff["head"], owner_id=lab.id, code="SGPT", changes={"decimals": 1}, reason="Alat baru")
    return "SGPT"


def refer(sender: Lab, recipient: Lab, code: str) -> None:
    """An order whose test goes to the other laboratory, announced there and not decided yet."""
    order_id = sender.orders["away"] = sender.order(code)
    views = sender.results(order_id)
    row = referral.send_referral(
        sender.staff["counter"], owner_id=sender.id, recipient_id=recipient.id, result_ids=[views[code].id]
    )
    sender.ids["outgoing"] = row.id
    sender.ids["item_id"] = (
        apps.get_model("referral", "OutgoingItem").objects.within(sender.scope).get(referral_id=row.id).id
    )
    # A line of what the recipient is paid, and the agreement behind it.
    agreed = referral.propose_agreement(
        sender.staff["head"],
        owner_id=sender.id,
        code=recipient.owner.code,
        number=f"PKS-{row.number}",
        performs_here=False,
        valid_from=START,
        prices={"HB": 15_000},
    )
    sender.ids["lab_agreement_id"] = agreed.id
    sender.ids["ledger_partner_id"] = recipient.id
    item = apps.get_model("referral", "OutgoingItem").objects.within(sender.scope).get(referral_id=row.id)
    sender.ids["entry_id"] = apps.get_model("referral", "LedgerEntry").rows.create(
        owner=sender.owner, partner=recipient.owner, side="payable", item=item.id, referral_number=row.number,
        test_code=code, owed_on=MONDAY.date(), price=20_000, price_source="tariff",
    ).id  # fmt: skip
    recipient.ids["incoming"] = referrals.incoming(recipient.scope).get(remote=row.id).id
    # A box that is being packed, and another one announced there.
    box = referral.open_box(sender.staff["counter"], owner_id=sender.id, recipient_id=recipient.id)
    (packed,) = referral.pack(sender.staff["counter"], owner_id=sender.id, box_id=box.id, scanned=row.number)
    sender.ids["box"], sender.ids["packed_id"] = box.id, packed.id
    logged = f"waktu;suhu\n{MONDAY:%Y-%m-%d} 08:00;12\n{MONDAY:%Y-%m-%d} 09:00;4\n".encode()
    log = referral.add_log(sender.staff["counter"], owner_id=sender.id, box_id=box.id, content=logged)
    sender.ids["log"] = log.id
    news = BoxNews(f"K-{row.number}", (BoxedSample(views[code].sample_number, row.id),), ())
    came = referral.announce_box(
        SYSTEM, owner_id=recipient.id, sender_id=sender.id, remote=new_id(), revision=1, news=news
    )
    assert came is not None
    recipient.ids["incoming_box"] = came.id
    came.logs = [codec.write(replace(log, lab=recipient.owner.code))]
    came.save(update_fields=["logs"])
    recipient.ids["incoming_log"] = log.id


def on_paper(lab: Lab, code: str) -> None:
    """A laboratory without a system that does the test, a referral to it, and its report waiting for a second person."""
    counter = lab.staff["counter"]
    clinic = Owner.objects.create(code=f"Z-{lab.owner.code}", name=f"Klinik {lab.owner.code}", kind="laboratory")
    referral.begin_paper(counter, owner_id=lab.id, code=clinic.code)
    lab.ids["paper_id"] = clinic.id
    lab.ids["paper_test_id"] = referral.add_paper_test(
        counter, owner_id=lab.id, partner_id=clinic.id, test_code=code, tat_hours=24
    ).id
    order_id = lab.order(code)
    row = referral.send_referral(
        counter,
        owner_id=lab.id,
        recipient_id=clinic.id,
        result_ids=[lab.results(order_id)[code].id],
        reason="Yang terdekat",
    )
    (item,) = referrals.open_on_paper(lab.scope, clinic.id, referral_id=row.id)
    (answer,) = referral.enter_paper_results(
        lab.staff["analyst"],
        owner_id=lab.id,
        lines=[PaperLine(item.id, "resulted", raw="12")],
        scan=b"%PDF-1.4 contoh",
        report="Z-1",
    )
    lab.ids["answer_id"] = answer.id


def let_speak(lab: Lab, *users: User) -> None:
    """These accounts, which hold the role of a partner, speak for the laboratory's client; one of them asked for a visit."""
    for user in users:
        row = partner_accounts.invite_account(
            SYSTEM, owner_id=lab.id, client_id=lab.ids["client_id"], username=user.username
        )
    lab.ids["account_id"] = row.id
    visit = BookingInput("pickup", "3 tabung darah", "Jalan Contoh 1", MONDAY.date(), "any", "Sari", "08123456789")
    lab.ids["booking_id"] = bookings.request_booking(
        actor_of(users[-1], "web"), owner_id=lab.id, client_id=lab.ids["client_id"], booking=visit
    ).id


@dataclass
class World:
    here: Lab
    neighbour: Lab
    users: dict[str, User]
    """Role -> an account at ``here`` with this role only."""
    tokens: dict[str, str]
    everybody: User
    """All roles at ``here``."""
    token: str
    outsider: User
    """All roles at the neighbour."""
    outsider_token: str


def build() -> World:
    load_shipped()
    above = make_lab("LAB-R", None, ("GDP",), tier=4)
    here = make_lab("LAB-A", above.id, (*COMMON, "TG"))
    neighbour = make_lab("LAB-B", above.id, (*COMMON, "CHOL"))
    furnish(here, 1)
    furnish(neighbour, 2)
    refer(here, neighbour, "CHOL")
    refer(neighbour, here, "TG")
    on_paper(here, "CHOL")
    on_paper(neighbour, "TG")
    users = {role: give_account(here.owner, f"hanya-{role}", role) for role in ROLES}
    tokens = {role: give_token(user, here.owner) for role, user in users.items()}
    everybody = give_account(here.owner, "semua", *ROLES)
    outsider = give_account(neighbour.owner, "luar", *ROLES)
    let_speak(here, users["partner"], everybody)
    let_speak(neighbour, outsider)
    connection.check_constraints()  # once, not after each test: foreign keys are deferred
    return World(
        here,
        neighbour,
        users,
        tokens,
        everybody,
        give_token(everybody, here.owner),
        outsider,
        give_token(outsider, neighbour.owner),
    )


@cache
def _counting() -> str:
    """One statement for all tables: asked one by one, a hundred counts would take longer than most requests."""
    quote = connection.ops.quote_name
    models = [model for model in apps.get_models() if model._meta.label != "sessions.Session"]
    assert len(models) > 60, "few tables were found"
    return " UNION ALL ".join(
        f"SELECT '{model._meta.label}', COUNT(*) FROM {quote(model._meta.db_table)}" for model in models
    )


def state() -> dict[str, Any]:
    """Row counts of every table and the head of every journal: what a refused request must leave alone."""
    with connection.cursor() as cursor:
        cursor.execute(_counting())
        counts = dict(cursor.fetchall())
    heads = dict(JournalHead.objects.values_list("owner_id", "sequence"))
    return {**counts, **{f"journal of {owner}": sequence for owner, sequence in heads.items()}}


@contextmanager
def undone() -> Iterator[None]:
    """Whatever the block writes is taken back."""
    releases = apps.get_model("catalogue", "ReferenceRelease").objects
    with transaction.atomic():
        point, known = transaction.savepoint(), releases.count()
        try:
            yield
        finally:
            forget = releases.count() != known
            transaction.savepoint_rollback(point)
            if forget:  # what the process remembers of a catalogue that never was
                catalogue_queries._memory.clear()
