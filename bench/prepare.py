"""Run inside the product's environment: organisations, tokens, sessions and many rows for the figures.

``python -m bench.prepare labs N`` prints tokens as JSON; ``python -m bench.prepare rows N`` fills one laboratory with N results;
``python -m bench.prepare referrals N`` makes both ends of N referrals;
``python -m bench.prepare session USER`` prints a session key. ``python -m bench.prepare issue N`` draws, signs and keeps up to N
released reports of the demo's busiest laboratory in one job and prints how many and in how many seconds.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "laras.config.settings")

import django

django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction

from laras.core import clock
from laras.core.api import new_token, token_digest
from laras.core.bulk import Rows
from laras.core.ids import new_id
from laras.core.jobs import refresh_statistics
from laras.core.models import ApiToken, Owner, RoleAssignment, StaffPerson, User
from laras.core.numbering import format_number

ROLES = ("receptionist", "sampler", "receiver", "analyst", "verifier", "validator", "head")


def labs(count: int) -> None:
    """Laboratories with one account and one token each; prints the tokens."""
    from laras.resources.models import Capability

    tokens = []
    with transaction.atomic():
        for n in range(count):
            owner = Owner.objects.create(code=f"BM-{n:02d}", name=f"Lab Ukur {n}", kind="laboratory", tier=2)
            person = StaffPerson.objects.create(name=f"Petugas Ukur {n}")
            user = User.objects.create(username=f"ukur{n}", person=person, password="!")
            for role in ROLES:
                RoleAssignment.objects.create(user=user, owner=owner, role=role)
            token = new_token()
            ApiToken.objects.create(
                user=user, owner=owner, label="bench", digest=token_digest(token),
                rights=["orders", "people", "bench", "reports", "referral", "partners"],
            )  # fmt: skip
            Capability.objects.bulk_create(
                Capability(owner=owner, test_code=code, method="Fotometri", tat_hours=4, price=20000)
                for code in ("HB", "GDS", "CHOL", "SGPT", "SGOT", "TG", "WBC", "PLT")
            )
            tokens.append(token)
    print(json.dumps(tokens))


def session(username: str) -> None:
    """A signed-in session that passed the second factor; prints its key."""
    user = User.objects.get(username=username)
    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store["second_factor"] = True
    store.create()
    print(store.session_key)


def rows(count: int) -> None:
    """``count`` results in the laboratory BM-00, four to an order; all but the last 400 orders are finished."""
    from laras.bench.models import Result, ResultValue
    from laras.orders.models import Order, OrderLine, RequestedTest, Sample
    from laras.orders.services import part_number
    from laras.people.models import Patient
    from laras.people.services import fill_derived

    owner = Owner.objects.get(code="BM-00")
    persons = list(StaffPerson.objects.order_by("name")[:3])
    chance, now = random.Random(1), clock.now()
    orders = count // 4
    tables = {m: Rows(m) for m in (Patient, Order, OrderLine, Sample, RequestedTest, Result, ResultValue)}
    names = [field.attname for field in Patient._meta.concrete_fields]
    patient_ids = []
    columns: dict[str, object] = {}

    def flush() -> None:
        with transaction.atomic():
            for table in tables.values():
                table.write()

    for n in range(orders):
        at = now - timedelta(minutes=2 * (orders - n))
        if n % 3 == 0:
            patient = Patient(
                owner_id=owner.id, full_name=f"Pasien {chance.choice('ABCDEFGHIJKLMN')}{n}", sex="P",
                birth_date=(now - timedelta(days=chance.randrange(2000, 30000))).date(), nik="", no_nik_reason="absent",
                mrn=f"U-{n}", registered_at=at, updated_at=at,
            )  # fmt: skip
            fill_derived(patient, now.date())
            columns = {name: getattr(patient, name) for name in names}
            tables[Patient].add(**columns)
            patient_ids.append(patient.id)
        order, line, sample = new_id(), new_id(), new_id()
        open_ = n >= orders - 400
        number = format_number(owner.code, at.date(), n)
        tables[Order].add(
            id=order, owner_id=owner.id, number=number, day=at.date(), subject_kind="person",
            patient_id=chance.choice(patient_ids[-2000:]), status="working" if open_ else "reported", registered_at=at,
            source="import",
        )  # fmt: skip
        tables[OrderLine].add(
            id=line, owner_id=owner.id, order_id=order, position=1, code="X", name="Kimia", price=1000
        )
        tables[Sample].add(
            id=sample, owner_id=owner.id, order_id=order, number=part_number(number, 0), position=1, specimen="Serum",
            status="received", collected_at=at, received_at=at,
        )  # fmt: skip
        for position, code in enumerate(("HB", "GDS", "CHOL", "SGPT"), 1):
            requested, result = new_id(), new_id()
            tables[RequestedTest].add(
                id=requested, owner_id=owner.id, order_id=order, line_id=line, sample_id=sample, test_code=code,
                position=position,
            )  # fmt: skip
            row = {
                "id": result, "owner_id": owner.id, "requested_id": requested, "order_id": order, "sample_id": sample,
                "test_code": code, "discipline": "kimia_klinik", "opened_at": at, "due_at": at + timedelta(hours=4),
                "status": "waiting",
            }  # fmt: skip
            stage = 3 if not open_ else n % 3
            if stage:
                value = Decimal(chance.randrange(100, 1800)) / 10
                row |= {
                    "raw": str(value), "kind": "number", "number": value, "unit": "mg/dL", "flag": "N", "entries": 1,
                    "entered_by": persons[0].id, "entered_at": at, "status": "entered",
                }  # fmt: skip
                tables[ResultValue].add(
                    id=new_id(), owner_id=owner.id, result_id=result, sequence=1, raw=str(value), kind="number",
                    number=value, unit="mg/dL", flag="N", entered_by=persons[0].id, entered_at=at,
                )  # fmt: skip
            if stage > 1:
                row |= {"verified_by": persons[1].id, "verified_at": at, "status": "verified"}
            if stage > 2:
                row |= {"validated_by": persons[2].id, "validated_at": at, "status": "validated"}
            tables[Result].add(**row)
        if n % 5000 == 4999:
            flush()
    flush()
    refresh_statistics()


def addresses(code: str) -> None:
    """Pages of single things and of searches in one laboratory, as JSON: what the menu does not lead to."""
    from urllib.parse import quote

    from laras.bench.models import Result
    from laras.orders.models import Order

    owner = Owner.objects.get(code=code)
    order = Order.rows.filter(owner=owner).order_by("registered_at")[500]
    result = Result.rows.filter(owner=owner, status="waiting").first()
    name = quote(order.patient.full_name)
    print(
        json.dumps(
            [
                f"/permintaan/{order.id}/", f"/permintaan/?q={order.number}", f"/permintaan/?q={name}",
                "/permintaan/?status=reported", f"/pasien/{order.patient_id}/", f"/pasien/?q={name}",
                f"/pasien/?q={name[-4:]}", f"/cari/?q={order.number}", f"/cari/?q={name}", "/meja-kerja/?test=HB",
                f"/meja-kerja/hasil/{result.id}/", "/pengirim/", "/jejak-audit/", "/rujukan/terkirim/",
            ]
        )
    )  # fmt: skip


def issue(count: int) -> None:
    """The job of a morning: reports released and not opened yet, through the service, journal and kept file included."""
    from django.db.models import Count

    from laras.core.actor import actor_of
    from laras.reports.models import Report
    from laras.reports.services import issue_many

    waiting = Report.rows.filter(pdf_digest="")
    owner_id = waiting.values("owner_id").annotate(n=Count("id")).order_by("-n").values_list("owner_id", flat=True)[0]
    user = User.objects.filter(assignments__owner_id=owner_id, assignments__role="validator").first()
    ids = list(waiting.filter(owner_id=owner_id).order_by("released_at").values_list("id", flat=True)[:count])
    began = time.perf_counter()
    done = issue_many(actor_of(user, "bench"), owner_id=owner_id, report_ids=ids)
    print(json.dumps({"issued": done.done, "problems": len(done.problems), "seconds": time.perf_counter() - began}))


def referrals(count: int) -> None:
    """Both ends of so many referrals between the first two laboratories, each with one specimen sent back. Three do not agree."""
    from django.db import connection

    from laras.bench.models import Result
    from laras.core.actor import system_actor
    from laras.core.delivery import catch_up_all
    from laras.orders import services as orders

    sender, receiver = Owner.objects.filter(code__in=("BM-00", "BM-01")).order_by("code")
    clerk = system_actor("job:bench")
    person = {"full_name": "Warga Ukur", "sex": "P", "birth_date": date(1980, 1, 1), "no_nik_reason": "absent"}
    made = orders.register_order(clerk, owner=sender, codes=["HB"], new_patient=person)
    orders.receive_samples(clerk, owner_id=sender.id, sample_ids=[one.id for one in made.samples])
    catch_up_all()
    result = Result.rows.get(order_id=made.id)
    lite = connection.vendor == "sqlite"
    numbers = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %(count)s) "
        if lite
        else "WITH n(i) AS (SELECT generate_series(1, %(count)s)) "
    )

    def key(more: int) -> str:
        return f"printf('%%032x', i + {more})" if lite else f"lpad(to_hex(i + {more}), 32, '0')::uuid"

    text, now, empty = ("printf('R%%09d', i)", "datetime('now')", "'[]'") if lite else (
        "'R' || lpad(i::text, 9, '0')", "now()", "'[]'::jsonb"
    )  # fmt: skip
    known = {"count": count, **{
        name: value.hex if lite else str(value)
        for name, value in {
            "sender": sender.id, "receiver": receiver.id, "order": made.id, "sample": made.samples[0].id, "result": result.id,
        }.items()
    }}  # fmt: skip
    tables = {
        "referral_outgoing": {
            "id": key(0), "owner_id": "%(sender)s", "recipient_id": "%(receiver)s", "number": text, "order_id": "%(order)s",
            "status": "'refused'", "created_at": now, "sent_at": now, "message_revision": "1", "answer_revision": "1",
            **dict.fromkeys(("reason", "courier", "packaging", "temperature", "remote_order", "answer_note", "cancel_reason",
                             "suggested"), "''"), "on_paper": "FALSE",
        },
        "referral_outgoing_item": {
            "id": key(10**8), "owner_id": "%(sender)s", "referral_id": key(0), "result_id": "%(result)s",
            "sample_id": "%(sample)s", "test_code": "'HB'", "status": "'refused'", "refusal": "'damaged'", "note": "''",
            "result_revision": "0", "journey": empty,
        },
        "referral_incoming": {
            "id": key(2 * 10**8), "owner_id": "%(receiver)s", "sender_id": "%(sender)s", "remote": key(0), "number": text,
            "status": "'refused'", "urgency": "'routine'", "message_revision": "1", "answer_revision": "1",
            "announced_at": now, "decided_at": now, "note": "''",
        },
        "referral_incoming_item": {
            "id": key(3 * 10**8), "owner_id": "%(receiver)s", "referral_id": key(2 * 10**8), "remote_item": key(10**8),
            "test_code": "'HB'", "sample_number": text, "status": "'refused'", "refusal": "'damaged'", "note": "''",
            "reported_revision": "0", "told": empty,
        },
    }  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        for table, row in tables.items():
            insert = f"INSERT INTO {table} ({', '.join(row)}) SELECT {', '.join(row.values())} FROM n"
            cursor.execute(numbers + insert if not lite else f"INSERT INTO {table} ({', '.join(row)}) {numbers}"
                           f"SELECT {', '.join(row.values())} FROM n", known)  # fmt: skip
        cursor.execute(
            "UPDATE referral_outgoing SET status = 'completed' WHERE number IN ('R000000010', 'R000000011', 'R000000012')"
        )
    refresh_statistics()


def looking(count: int) -> None:
    """Three persons enter, verify and validate ``count`` results of BM-00, each in one action, after a hundred others that
    warm them up; prints how many and in how many seconds."""
    from laras.bench import services
    from laras.bench.models import Result
    from laras.bench.types import Entry
    from laras.core.actor import actor_of
    from laras.core.scope import Scope

    owner = Owner.objects.get(code="BM-00")
    actors = {}
    for role in ("analyst", "verifier", "validator"):
        user = User.objects.create(username=f"bulk-{role}", person=StaffPerson.objects.create(name=role), password="!")
        RoleAssignment.objects.create(user=user, owner=owner, role=role)
        actors[role] = actor_of(user, "bench")
    usual = {"HB": "13,2", "GDS": "95", "CHOL": "170", "SGPT": "20"}
    waiting = list(
        Result.objects.within(Scope.of(owner.id))
        .filter(status="waiting", test_code__in=usual)
        .order_by("-id")
        .values_list("id", "test_code")
    )
    found: dict[str, tuple[float, int]] = {}
    for part in (waiting[:100], waiting[100 : 100 + count]):
        ids = [key for key, _code in part]
        entries = [Entry(key, usual[code]) for key, code in part]
        acts: dict[str, Callable[[], object]] = {
            "entered": lambda entries=entries: services.enter_many(
                actors["analyst"], owner_id=owner.id, entries=entries
            ),
            "verified": lambda ids=ids: services.verify_many(actors["verifier"], owner_id=owner.id, result_ids=ids),
            "validated": lambda ids=ids: services.validate_many(actors["validator"], owner_id=owner.id, result_ids=ids),
        }
        for name, act in acts.items():
            began = time.perf_counter()
            report = act()
            found[name] = time.perf_counter() - began, len(report.done)  # type: ignore[attr-defined]
    print(json.dumps(found))


TASKS: dict[str, Callable[[str], None]] = {
    "labs": lambda count: labs(int(count)),
    "rows": lambda count: rows(int(count)),
    "referrals": lambda count: referrals(int(count)),
    "session": session,
    "addresses": addresses,
    "looking": lambda count: looking(int(count)),
    "issue": lambda count: issue(int(count)),
}

if __name__ == "__main__":
    TASKS[sys.argv[1]](sys.argv[2])
