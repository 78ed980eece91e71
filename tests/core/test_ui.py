"""The components: what they draw, and that nothing typed by a person becomes markup."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import timezone, translation

import laras.core
from laras.core import clock, words
from laras.core.forms import DayField, LarasForm, MomentField, NumberField, RupiahField
from laras.core.states import Move, StateMachine
from laras.core.templatetags import ui

EVIL = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>"
CORE = Path(laras.core.__file__).parent


def draw(text: str, **context) -> str:
    return Template(text).render(Context(context))


def safe(html: str) -> bool:
    return "<script" not in html and "<img" not in html


class PersonForm(LarasForm):
    name = forms.CharField(label="Nama", help_text="Seperti di KTP", max_length=10)
    sex = forms.ChoiceField(label="Kelamin", choices=[("m", EVIL)], widget=forms.RadioSelect)
    agree = forms.BooleanField(label="Setuju", required=False)


@pytest.mark.parametrize(
    "text",
    [
        "{% chip label=evil tone='danger' %}",
        "{% chip evil machine %}",
        "{% icon 'vial' evil %}",
        "{% number_code evil copy=True %}",
        "{% value evil evil flag='HH' limit=evil %}",
        "{% stat evil evil url=evil note=evil %}",
        "{% meter 1 2 label=evil %}",
        "{% notice 'danger' evil %}{{ evil }}{% endnotice %}",
        "{% card evil id=evil %}{{ evil }}{% endcard %}",
        "{% facts %}{% fact evil evil note=evil %}{% endfacts %}",
        "{% tabs %}{% tab evil evil count=1 %}{% endtabs %}",
        "{% dialog evil evil button=evil tone=evil %}{{ evil }}{% enddialog %}",
        "{% more %}<li>{{ evil }}</li>{% endmore %}",
        "{% table evil id=evil %}<tr><td>{{ evil }}</td></tr>{% endtable %}",
        "{% empty evil %}{{ evil }}{% endempty %}",
        "{% timeline items %}",
        "{% steps steps %}",
        "{% count 3 evil of=9 %}",
        "{% kbd evil %}",
    ],
)
def test_names_never_become_markup(text):
    machine = StateMachine("x", states={"a": "A"}, moves=[])
    items = [{"text": EVIL, "who": EVIL, "where": EVIL, "note": EVIL, "at": None}]
    html = draw(text, evil=EVIL, machine=machine, items=items, steps=[(EVIL, "now")])
    assert "alert(" in html  # it is shown ...
    assert safe(html)  # ... as text


def test_form_shows_values_labels_and_errors_as_text():
    form = PersonForm({"name": EVIL, "sex": "none"})
    html = draw("{% form_errors form %}{% fields form %}", form=form)
    assert safe(html)
    assert html.count('aria-invalid="true"') == 2
    assert '<fieldset class="field wrong group" id="id_sex" aria-describedby="id_sex_error">' in html
    assert 'aria-describedby="id_name_help id_name_error"' in html
    assert 'href="#id_name"' in html
    assert 'role="alert"' in html


def test_field_is_linked_to_its_label_and_help():
    html = draw(
        "{% field form.name size='short' unit='g' inputmode='numeric' hx_get='/x/' autofocus=True %}", form=PersonForm()
    )
    assert '<label class="label" for="id_name">' in html
    assert 'aria-describedby="id_name_help"' in html
    assert 'hx-get="/x/"' in html
    assert " autofocus" in html
    assert "boleh kosong" not in html
    assert "boleh kosong" in draw(
        "{% field form.a %}", form=type("F", (LarasForm,), {"a": forms.CharField(required=False)})()
    )


def test_group_is_a_fieldset_with_a_legend():
    html = draw("{% field form.sex %}", form=PersonForm())
    assert "<fieldset" in html
    assert "<legend" in html
    assert safe(html)


def test_field_without_a_field_is_a_mistake_of_the_template():
    with pytest.raises(Exception, match="needs a field"):
        draw("{% field form.nothing %}", form=PersonForm())


def test_summary_is_silent_without_errors():
    assert draw("{% form_errors form %}", form=PersonForm()).strip() == ""
    assert draw("{% form_errors form %}", form=PersonForm({"name": "A", "sex": "m"})).strip() == ""


def test_chip_takes_word_and_tone_from_the_machine():
    machine = StateMachine(
        "sample",
        states={"expected": "Ditunggu", "received": "Diterima"},
        moves=[Move("receive", ("expected",), "received")],
        tones={"received": "done"},
    )
    html = draw("{% chip status machine %}", status="received", machine=machine)
    assert "Diterima" in html
    assert 'class="chip done"' in html
    assert "#tone-done" in html


def test_out_of_range_is_bold_with_arrow_word_and_limit():
    html = draw("{% value '12,4' 'g/dL' flag='L' limit='13,0–17,0' %}")
    for part in ("<b>12,4", "↓", "rendah", "13,0–17,0", "g/dL"):
        assert part in html
    assert "<b>" not in draw("{% value '14,0' 'g/dL' %}")


def test_meter_bears_anything():
    for amount, of in [(5, 0), ("x", 3), (None, None), (9, 3), (-1, 3)]:
        share = float(re.search(r'meter-bar" width="([\d.]+)"', ui.meter(amount, of, label="x"))[1])
        assert 0 <= share <= 100


def test_a_nought_is_no_alarm():
    assert "danger" in ui.stat("Kritis", 1, tone="danger")
    assert "danger" not in ui.stat("Kritis", 0, tone="danger")


@pytest.mark.parametrize(
    ("given", "decimals", "shown"),
    [
        (1234.5, 2, "1.234,50"),
        (Decimal("0.125"), 2, "0,13"),
        (1000000, "", "1.000.000"),
        (-3, "", "−3"),
        ("", 2, ""),
        (None, 2, ""),
        ("abc", 2, "abc"),
        (Decimal("NaN"), 2, "NaN"),
    ],
)
def test_numbers_are_written_as_here(given, decimals, shown):
    assert ui.number(given, decimals) == shown


def test_numbers_and_moments_in_english():
    with translation.override("en"), timezone.override("Asia/Jakarta"):
        assert ui.number(1234.5, 2) == "1,234.50"
        assert ui.moment(datetime(2026, 5, 2, 7, 5, tzinfo=UTC)) == "2 May 2026 14:05 WIB"


@pytest.mark.parametrize(
    ("zone", "shown"), [("Asia/Jakarta", "22 Nov 2026 23.30 WIB"), ("Asia/Jayapura", "23 Nov 2026 01.30 WIT")]
)
def test_moment_names_the_zone(zone, shown):
    with timezone.override(zone):
        assert ui.moment(datetime(2026, 11, 22, 16, 30, tzinfo=UTC)) == shown


def test_short_moment_leaves_out_what_is_known():
    with clock.at(datetime(2026, 11, 22, 3, tzinfo=UTC)), timezone.override("Asia/Jakarta"):
        assert ">08.00</time>" in ui.when(datetime(2026, 11, 22, 1, tzinfo=UTC))
        assert ">21 Nov 08.00</time>" in ui.when(datetime(2026, 11, 21, 1, tzinfo=UTC))
        assert ">21 Nov 2025 08.00</time>" in ui.when(datetime(2025, 11, 21, 1, tzinfo=UTC))


def test_money_share_age_and_span():
    assert ui.rupiah(125000) == "Rp125.000"
    assert ui.percent(Decimal("0.125"), 1) == "12,5 %"
    assert ui.age(date(1992, 3, 5), date(2026, 3, 4)) == "33 th"
    assert ui.age(date(2025, 3, 5), date(2026, 3, 4)) == "11 bln"
    assert ui.age(date(2026, 2, 20), date(2026, 3, 4)) == "12 hr"
    assert ui.span(timedelta(days=2, hours=5, minutes=9)) == "2 hari 5 jam"
    assert ui.span(59) == "0 mnt"
    assert ui.span(-3600) == "−1 jam"
    assert ui.initials("Siti Rahma, SKM") == "SR"


def test_addresses_keep_their_other_parts():
    request = RequestFactory().get("/x/", {"q": "a b&c", "page": "2", "sort": "name"})
    context = {"request": request, "page": Paginator(range(100), 10).page(2)}
    assert draw("{% address_with page=3 %}", **context) == "?q=a+b%26c&amp;page=3&amp;sort=name"
    assert draw("{% address_with page=None %}", **context) == "?q=a+b%26c&amp;sort=name"
    head = draw("{% sort_head 'name' 'Nama' %}", **context)
    assert 'aria-sort="ascending"' in head
    assert "sort=-name" in head
    html = draw("{% pages page %}", **context)
    assert "Halaman 2 dari 10" in html
    assert "page=1" in html
    assert "page=3" in html


def test_evil_query_stays_in_its_quotes():
    request = RequestFactory().get("/x/", {"q": EVIL})
    assert safe(draw("{% address_with page=3 %}{% sort_head 'a' 'A' %}{% next_page 'c' %}", request=request))


def test_title_serves_head_and_heading(rf):
    html = render_to_string("core/refusal.html", {"error": ValueError(EVIL), "status": 404}, rf.get("/x/"))
    assert html.count("Tidak ditemukan") == 2
    assert "<h1>Tidak ditemukan</h1>" in html


# --- Fields -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("12,5", "12.5"),
        ("1.234,5", "1234.5"),
        ("0.25", "0.25"),
        ("-3", "-3"),
        ("1234", "1234"),
        ("1.234.567", "1234567"),
        ("−2,0", "-2.0"),
    ],
)
def test_numbers_are_read_as_written(typed, read):
    assert NumberField().clean(typed) == Decimal(read)


@pytest.mark.parametrize("typed", ["1.234", "tujuh", "1,2,3", "1e5", "NaN", "12.34.5", "٣", "9" * 40, "--1"])
def test_numbers_are_not_read_by_guess(typed):
    with pytest.raises(forms.ValidationError):
        NumberField().clean(typed)


def test_number_limits():
    assert NumberField(decimals=0).clean("1.234") == 1234
    for field, typed in [
        (NumberField(max_value=14), "14,1"),
        (NumberField(min_value=0), "-1"),
        (NumberField(decimals=1), "1,25"),
    ]:
        with pytest.raises(forms.ValidationError):
            field.clean(typed)
    with pytest.raises(forms.ValidationError):
        NumberField().clean("")
    assert NumberField(required=False).clean("") is None


def test_number_goes_back_as_written():
    assert NumberField().prepare_value(Decimal("1234.50")) == "1234,50"


def test_money_days_and_moments():
    assert RupiahField().clean("Rp 125.000,00") == 125000
    for bad in ("125,5", "-5", "1e3", "9" * 30):
        with pytest.raises(forms.ValidationError):
            RupiahField().clean(bad)
    assert DayField().clean("2026-11-22") == DayField().clean("22/11/2026") == date(2026, 11, 22)
    with timezone.override("Asia/Makassar"):
        moment = MomentField().clean("2026-11-22T14:05")
        assert moment == datetime(2026, 11, 22, 6, 5, tzinfo=UTC)
        html = draw("{% field form.at %}", form=type("F", (LarasForm,), {"at": MomentField()})(initial={"at": moment}))
        assert 'value="2026-11-22T14:05"' in html


# --- Words of events ----------------------------------------------------------------------------------------------------


def test_events_are_told_in_words(monkeypatch):
    monkeypatch.setitem(words.EVENT_WORDS, "x.cancelled", "Dibatalkan: %(reason)s")
    assert words.sentence("x.cancelled", {"reason": "salah"}) == "Dibatalkan: salah"
    assert words.sentence("x.cancelled", {}) == "Dibatalkan"
    assert words.sentence("x.unknown", {}) == "x.unknown"
    monkeypatch.setitem(words.EVENT_WORDS, "x.made", lambda payload: f"Dibuat: {payload['code']}")
    assert words.sentence("x.made", {"code": "A"}) == "Dibuat: A"
    assert words.sentence("x.made", {}) == "Dibuat: …"
    monkeypatch.setitem(words.EVENT_WORDS, "x.odd", lambda payload: "+".join(payload["codes"] + 1))
    assert words.sentence("x.odd", {}) == "x.odd"
    assert words.sentence("core.role_assigned", {"role": "analyst"}) == "Peran diberikan: Analis (ATLM)"


@pytest.mark.django_db
def test_history_names_the_person(make_user, make_owner):
    from laras.core.journal import Line

    person = make_user("rina", make_owner(), "analyst").person
    now = datetime(2026, 11, 22, tzinfo=UTC)
    lines = [
        Line(uuid4(), "core.user_created", now, person.pk, "web", {}),
        Line(uuid4(), "core.role_ended", now, None, "job:nightly", {"role": "analyst", "reason": EVIL}),
    ]
    html = draw("{% history lines %}", lines=lines)
    assert "Akun dibuat" in html
    assert "Rina" in html
    assert "Sistem" in html
    assert safe(html)


# --- The policy of the page ---------------------------------------------------------------------------------------------


def test_templates_hold_no_inline_style_or_script():
    """The content security policy would block them silently; nothing from elsewhere either."""
    wrong = []
    for path in (CORE.parent).rglob("templates/**/*.html"):
        text = path.read_text(encoding="utf-8")
        for pattern in (
            r"\sstyle=",
            r"<style",
            r"<script(?![^>]*\ssrc=)",
            r"\son[a-z]+=[\"']",
            r"javascript:",
            r"(src|href)=[\"']https?:",
        ):
            if re.search(pattern, text):
                wrong.append((str(path.relative_to(CORE.parent)), pattern))
    assert wrong == []


def test_every_icon_named_in_a_template_exists():
    from laras.core.gallery import icon_names

    named = set()
    for path in (CORE.parent).rglob("templates/**/*.html"):
        named |= set(re.findall(r"""\{% icon ["']([a-z-]+)["']\s*[^|}]*%\}""", path.read_text(encoding="utf-8")))
    named.discard("notice-")
    assert named
    assert named <= set(icon_names())


def test_weight_of_the_frame():
    """The stylesheet stays under 12 KB and the script under 7 KB on the wire."""
    import gzip

    assert len(gzip.compress((CORE / "static/laras/laras.css").read_bytes())) < 12_000
    assert len(gzip.compress((CORE / "static/laras/laras.js").read_bytes())) < 7_000


def test_htmx_settings_are_json():
    text = (CORE / "templates/base.html").read_text(encoding="utf-8")
    settings = json.loads(re.search(r"name=\"htmx-config\" content='([^']+)'", text)[1])
    assert settings["includeIndicatorStyles"] is False
    assert settings["allowEval"] is False
    assert settings["historyCacheSize"] == 0  # health data never rests in the browser's storage
