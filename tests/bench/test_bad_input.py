"""Wrong, too long, too large, too early: the forms and the API of the bench answer in words and keep nothing of it."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from django.urls import reverse

from laras.bench import services
from laras.bench.models import CriticalCall, Hold, Result, ResultValue
from laras.core.models import JournalEntry, User

from .test_api import Caller

WORKLIST = "/meja-kerja/"


@pytest.fixture
def as_(sign_in):
    """``as_(actor)`` -> a client signed in as that person."""
    return lambda actor: sign_in(User.objects.get(id=actor.user_id))


@pytest.fixture
def call_api(client, lab):
    return lambda actor: Caller(client, User.objects.get(id=actor.user_id), lab)


def untouched(row: Result) -> bool:
    row.refresh_from_db()
    return (row.status, row.raw, row.entries) == ("waiting", "", 0) and not ResultValue.rows.exists()


NO_VALUES = [
    "NaN", "-inf", "Infinity", "#N/A", "#DIV/0!", "null", "1e400", "9" * 40, "0," + "1" * 12, "12.345", "1\x002",
    "12 g/dL", "<>5", "--5", "1,2,3", "=1+1", "12;13",
]  # fmt: skip


@pytest.mark.parametrize("raw", NO_VALUES)
def test_what_is_no_figure_is_refused_at_its_cell(make_results, analyst, as_, raw):
    row = make_results("HB")["HB"]
    answer = as_(analyst).post(WORKLIST, {f"raw-{row.id}": raw}, headers={"Accept": "application/json"})
    assert answer.status_code == 422
    (problem,) = answer.json()["problems"]
    assert (problem["id"], bool(problem["message"])) == (str(row.id), True)
    assert untouched(row)


@pytest.mark.parametrize(
    "more",
    [
        {"comment": "x" * 501},
        {"comment": "a\x00b"},
        {"instrument": "x" * 81},
        {"reagent_lot": "x" * 61},
        {"reagent_lot": "\x1b[31m"},
    ],
    ids=lambda more: next(iter(more)),
)
def test_what_is_too_long_or_no_text_beside_a_value(make_results, analyst, as_, more):
    row = make_results("HB")["HB"]
    given = {f"{name}-{row.id}" if name == "comment" else name: text for name, text in more.items()}
    answer = as_(analyst).post(WORKLIST, {f"raw-{row.id}": "13", **given}, headers={"Accept": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["message"]
    assert untouched(row)


@pytest.mark.parametrize("seen", ["-1", "abc", "9" * 30, "1.5", "", "\u0663"])
def test_a_strange_count_of_values_overwrites_nothing_unseen(make_results, analyst, second, lab, as_, seen):
    row = make_results("HB")["HB"]
    services.enter_result(second, owner_id=lab.id, result_id=row.id, raw="13")
    answer = as_(analyst).post(
        WORKLIST, {f"raw-{row.id}": "12,5", f"seen-{row.id}": seen}, headers={"Accept": "application/json"}
    )
    assert answer.status_code in (200, 422)
    row.refresh_from_db()
    assert ResultValue.rows.filter(result=row).count() == row.entries


def test_the_other_analysts_value_is_named(make_results, analyst, second, lab, as_):
    row = make_results("HB")["HB"]
    services.enter_result(second, owner_id=lab.id, result_id=row.id, raw="13,1")
    answer = as_(analyst).post(
        WORKLIST, {f"raw-{row.id}": "12,5", f"seen-{row.id}": "0"}, headers={"Accept": "application/json"}
    )
    (problem,) = answer.json()["problems"]
    assert answer.status_code == 422
    assert (problem["code"], problem["theirs"], problem["by"], problem["entries"]) == (
        "entered_meanwhile", "13,1", "Wayan", 1,
    )  # fmt: skip
    row.refresh_from_db()
    assert row.raw == "13,1"
    given = {f"raw-{row.id}": "12,5", f"seen-{row.id}": str(problem["entries"])}
    assert as_(analyst).post(WORKLIST, given, headers={"Accept": "application/json"}).status_code == 200
    assert [value.reason for value in ResultValue.rows.order_by("sequence")] == ["first", "correction"]


@pytest.mark.parametrize(
    "body", ["{" * 5000, "[" * 100_000, "\x00", '{"rows": null}', '{"rows": [[]]}', "9" * 10_000, '"' * 99]
)
def test_judging_bears_any_body(make_results, analyst, as_, body):
    make_results("HB")
    answer = as_(analyst).post(reverse("bench:judge"), body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["message"]


@pytest.mark.parametrize("query", ["page=0", "page=-5", "page=x", "page=" + "9" * 50, "status=x", "number=%00", "test=%27%3B--",
                                   "urgency=panik", "discipline=%F0%9F%92%A9", "number=" + "9" * 500])  # fmt: skip
def test_any_address_of_the_worklist_opens(make_results, analyst, as_, query):
    make_results("HB")
    assert as_(analyst).get(f"{WORKLIST}?{query}").status_code == 200


@pytest.mark.parametrize(
    "given",
    [
        {"called_at": "2999-01-01T00:00"},
        {"called_at": "0001-01-01T00:00"},
        {"called_at": "kemarin"},
        {"receiver": "x" * 121},
        {"receiver": " "},
        {"receiver": "a\x00b"},
        {"note": "x" * 241},
        {"read_back": ""},
    ],
    ids=str,
)
def test_a_call_that_cannot_have_been(make_results, analyst, lab, as_, given):
    row = make_results("HB")["HB"]
    services.enter_result(analyst, owner_id=lab.id, result_id=row.id, raw="5")
    call = CriticalCall.rows.get()
    sent = {"receiver": "dr. Jaga", "read_back": "on", **given}
    answer = as_(analyst).post(reverse("bench:call", args=[call.id]), sent)
    assert answer.status_code == 422
    call.refresh_from_db()
    assert call.called_at is None


@pytest.mark.parametrize("act", ["kembalikan", "ulangi", "tahan", "sisihkan", "batalkan", "perbaiki"])
@pytest.mark.parametrize(
    "reason", ["", " ", "ab", "x" * 241, "a\x00b c"], ids=["none", "blank", "short", "long", "nul"]
)
def test_a_reason_that_is_none(make_results, make_actor, analyst, lab, as_, act, reason):
    row = make_results("HB")["HB"]
    if act in ("kembalikan", "ulangi"):
        services.enter_result(analyst, owner_id=lab.id, result_id=row.id, raw="13")
    head = make_actor("kepala", lab, "head", "validator", "analyst", "verifier", "receptionist")
    before = JournalEntry.rows.count()
    answer = as_(head).post(reverse("bench:act", args=[row.id, act]), {"reason": reason})
    assert answer.status_code in (403, 422)
    assert (JournalEntry.rows.count(), Hold.rows.count()) == (before, 0)


STRANGE = [
    ("/results/{id}/values", {"raw": 13}),
    ("/results/{id}/values", {"raw": None}),
    ("/results/{id}/values", {"raw": "x" * 4001}),
    ("/results/{id}/values", {"raw": "13", "seen": -1}),
    ("/results/{id}/values", {"raw": "13", "seen": 10**30}),
    ("/results/{id}/values", {"raw": "13", "decimal_mark": ";"}),
    ("/results/{id}/values", {"raw": "13", "reason": "ngawur"}),
    ("/results/{id}/values", {"raw": "13", "run": "bukan-id"}),
    ("/results/{id}/values", {"raw": "13", "method": "x" * 161}),
    ("/results/{id}/values", {"raw": "13", "note": "\x00"}),
    ("/results/{id}/values", {"raw": "13", "comment": "\ud800"}),
    ("/results/{id}/values", {"raw": "NaN"}),
    ("/results/values", {"rows": []}),
    ("/results/values", {"rows": "semua"}),
    ("/results/values", {"rows": [{"result_id": "x", "raw": "1"}]}),
    ("/results/verify", {"result_ids": []}),
    ("/results/verify", {"result_ids": [1, 2]}),
    ("/results/judge", {"rows": [{"result_id": "{id}"}]}),
    ("/holds", {"result_id": "{id}", "reason": "", "kind": "manual"}),
    ("/holds", {"result_id": "{id}", "reason": "diperiksa", "kind": "x" * 25}),
    ("/holds", {"result_id": "{id}", "reason": "diperiksa", "key": "x" * 81}),
    ("/holds", {"reason": "diperiksa"}),
]


@pytest.mark.parametrize(("path", "body"), STRANGE, ids=[str(n) for n in range(len(STRANGE))])
def test_the_api_names_what_is_wrong_and_keeps_nothing(make_results, make_actor, lab, call_api, path, body):
    row = make_results("HB")["HB"]
    everything = make_actor("semua", lab, "analyst", "verifier", "validator", "head")
    text = json.dumps(body).replace("{id}", str(row.id))
    answer = call_api(everything).post(path.replace("{id}", str(row.id)), json.loads(text))
    assert answer.status_code == 422, answer.content
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert untouched(row)
    assert not Hold.rows.exists()


def test_another_laboratorys_things_are_not_found_and_a_missing_right_is_refused(
    make_results, make_actor, analyst, counter, other, client, lab
):
    row = make_results("HB")["HB"]
    services.enter_result(analyst, owner_id=lab.id, result_id=row.id, raw="5")
    call = CriticalCall.rows.get()
    stranger = make_actor("orang", other, "analyst", "verifier", "validator", "head")
    theirs = Caller(client, User.objects.get(id=stranger.user_id), other)
    ways = [
        (f"/results/{row.id}/values", {"raw": "13"}),
        (f"/results/{row.id}/verify", {}),
        (f"/results/{row.id}/validate", {}),
        (f"/results/{row.id}/return", {"reason": "tidak cocok"}),
        (f"/results/{row.id}/repeat", {"reason": "tidak cocok"}),
        (f"/critical-calls/{call.id}", {"receiver": "dr. Jaga", "read_back": True}),
        ("/holds", {"result_id": str(row.id), "reason": "diperiksa dulu"}),
        ("/holds", {"order_id": str(row.order_id), "reason": "diperiksa dulu"}),
        ("/results/verify", {"result_ids": [str(row.id)]}),
        (f"/results/{uuid4()}/verify", {}),
    ]
    before = JournalEntry.rows.count()
    for path, body in ways:
        assert theirs.post(path, body).status_code == 404, path
    ours = Caller(client, User.objects.get(id=counter.user_id), lab)
    for path, body in ways[:-1]:
        assert ours.post(path, body).status_code == 403, path
    assert JournalEntry.rows.count() == before
