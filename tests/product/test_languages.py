"""Indonesian screens with an English translation: complete, true to its placeholders, and chosen by the person alone."""

from __future__ import annotations

import ast
import csv
import gettext
import re
from datetime import UTC, datetime
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from django.template import Context, Template
from django.template.base import Lexer, TokenType
from django.utils import translation
from django.utils.translation import trans_real

from laras.catalogue.shipped import shipped_terms
from laras.catalogue.words import figures
from laras.cli import translations
from laras.core.rights import ROLES

LOGIN = "/akun/login/"
COOKIE = "laras_language"


@pytest.fixture(scope="module")
def wanted():
    return translations.extract_all()


@pytest.fixture(scope="module")
def english():
    (path,) = [p for p in translations.catalogues() if p.parent.parent.name == "en"]
    return translations.read(path)


@pytest.fixture(scope="module")
def compiled():
    """The catalogue as it is in the sources now, not as it was when this installation was set up."""
    assert translations.compile_all() == 1

    def forget():
        gettext._translations.clear()
        trans_real._translations.clear()

    forget()
    yield
    forget()


# --- The catalogue ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", translations.catalogues(), ids=lambda p: p.parent.parent.name)
def test_a_catalogue_follows_the_sources(path, wanted):
    assert len(wanted) > 1500, "the sources are not read"
    found = translations.faults(path, wanted)
    advice = "python -m laras.cli.translations --extract, then fill in what is empty in"
    assert not found, f"{advice} {path}:\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('{% translate "Simpan" %}', [("Simpan", None)]),
        ('{% card _("Sampel") flush=True %}\n    a\n  b', [("Sampel", None)]),
        ('{{ name|default:_("tanpa nama") }}', [("tanpa nama", None)]),
        ("{% translate 'dari' context 'asal' %}", [("dari", "asal")]),
        (
            "{% blocktranslate trimmed count n=n with a=b %}\n  {{ n }} hasil {{ a }}\n  {% plural %}{{ n }} hasil{% endblocktranslate %}",
            [(("%(n)s hasil %(a)s", "%(n)s hasil"), None)],
        ),
        ("{# {% translate 'tidak' %} #}<p>Simpan</p>", []),
    ],
)
def test_messages_are_found_on_pages(tmp_path, source, found):
    page = tmp_path / "page.html"
    page.write_text(source)
    assert list(translations.messages_in(page)) == found


def test_faults_are_seen(tmp_path, wanted):
    """The check above is worth something: it sees each way in which a catalogue goes wrong."""
    from babel.messages.catalog import Catalog

    sources, kept = Catalog(locale="en"), Catalog(locale="en")
    for name in ("satu", "dua %(n)s", "tiga", "lima %(n)s"):
        sources.add(name)
    kept.add("satu", "")
    kept.add("dua %(n)s", "two %(m)s")
    kept.add("empat", "four")
    kept.add("lima %(n)s", "five")
    path = tmp_path / "en" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    translations.write(path, kept)
    assert sorted(translations.faults(path, sources)) == [
        "gone from the sources: empat",
        "not in the catalogue: tiga",
        "not translated: satu",
        "placeholder lost: lima %(n)s",
        "placeholder that the message does not have: dua %(n)s",
    ]


def test_the_file_stays_as_extraction_writes_it(english, tmp_path):
    """No places, no days, one order: two people who extract get the same file."""
    (path,) = translations.catalogues()
    again = tmp_path / "en" / "LC_MESSAGES" / "django.po"
    again.parent.mkdir(parents=True)
    translations.write(again, english)
    assert again.read_text() == path.read_text()
    assert "POT-Creation-Date" not in path.read_text()
    assert "\n#: " not in path.read_text()


# --- The sources --------------------------------------------------------------------------------------------------------

PLAIN = {"Laras", "NIK", "STR", "SIP", "LOINC", "CSV", "XLSX", "English", "Bahasa Indonesia", "PDF", "QR"}


def words_outside_tags(text: str) -> list[str]:
    """Text and spoken attributes of a page that no translation tag holds; values and tags are left out."""
    html, inside = "", False
    text = re.sub(r"\{% comment.*?%\}.*?\{% endcomment %\}", "", text, flags=re.DOTALL)
    for token in Lexer(text).tokenize():
        name = token.contents.split()[0] if token.token_type is TokenType.BLOCK else ""
        if name in ("blocktranslate", "endblocktranslate"):
            inside = name == "blocktranslate"
        elif token.token_type is TokenType.TEXT and not inside:
            html += token.contents
        elif not inside:
            html += "\0"
    html = re.sub(r"<!--.*?-->|<(script|style)\b.*?</\1>", "", html, flags=re.DOTALL)
    spoken = re.findall(r'\b(?:aria-label|title|placeholder|alt|data-t-[a-z]+)="([^"]*)"', html)
    # An attribute's value may hold a ">" inside a tag only, which is a "\0" by now.
    shown = re.sub(r"<[^>]*>", "\n", html).split("\n")
    pieces = [piece.strip() for text in [*spoken, *shown] for piece in re.split(r"[\0·()]", text)]
    return [piece for piece in pieces if re.search(r"[A-Za-z]{3}", piece) and piece not in PLAIN]


def test_pages_hold_no_words_outside_translation():
    assert words_outside_tags('<p title="Ada">Halo {% translate "a" %} <b>dunia</b> · {{ x }}</p>') == [
        "Ada",
        "Halo",
        "dunia",
    ]
    found = []
    for path in translations.sources():
        if path.suffix == ".html":
            text = path.read_text(encoding="utf-8")
            # Content of a block such as "narrow" is a class of the page's frame.
            text = re.sub(r"\{% block (width|body_class) %\}.*?\{% endblock %\}", "", text)
            found += [f"{path.relative_to(translations.PACKAGE)}: {words}" for words in words_outside_tags(text)]
    assert not found, "\n".join(found)


def early(tree: ast.Module) -> list[int]:
    """Lines where a message is translated while the module is being read: it would keep that language for ever."""
    eager = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
        if alias.name in ("gettext", "ngettext", "pgettext", "npgettext")
    }
    found = []

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.Lambda):
            return
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for outside in [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]:
                visit(outside)
            return
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in eager:
            found.append(node.lineno)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(tree)
    return found


def test_no_message_is_translated_at_import():
    sample = (
        "from django.utils.translation import gettext as _, gettext_lazy as lazy\n"
        "A = _('a')\nB = lazy('b')\ndef f(x=_('c')):\n  return _('d')\n"
    )
    assert early(ast.parse(sample)) == [2, 4]
    found = []
    for path in translations.sources():
        if path.suffix == ".py":
            lines = early(ast.parse(path.read_text(encoding="utf-8")))
            found += [f"{path.relative_to(translations.PACKAGE)}:{line}" for line in lines]
    assert not found, found


# --- The screens --------------------------------------------------------------------------------------------------------


class Words(HTMLParser):
    """What a page shows and says: its texts and its spoken attributes; not the names of languages, nor codes (``translate="no"``)."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.apart = ""

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if not self.apart and ((tag == "button" and "lang" in given) or given.get("translate") == "no"):
            self.apart = tag
        self.found += [
            v for k, v in attrs if v and (k in ("aria-label", "title", "placeholder") or k.startswith("data-t-"))
        ]

    def handle_endtag(self, tag):
        if tag == self.apart:
            self.apart = ""

    def handle_data(self, data):
        if data.strip() and not self.apart:
            self.found.append(" ".join(data.split()))


def words_of(html: str) -> list[str]:
    reader = Words()
    reader.feed(html)
    return reader.found


@pytest.fixture
def indonesian_only(english):
    """Messages whose translation is another text; not what is also a name in the catalogue, whose rows speak for themselves."""
    names = set()
    for path in (translations.PACKAGE / "catalogue/data").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            names |= {row.get("name") for row in csv.DictReader(file)}
    return {m.id for m in english if isinstance(m.id, str) and m.id and m.string != m.id and "%" not in m.id} - names


def test_sign_in_page_in_both_languages(client, db, compiled):
    page = client.get(LOGIN)
    html = page.content.decode()
    assert '<html lang="id"' in html
    assert page.headers["Content-Language"] == "id"
    assert "Kata sandi" in html
    assert "Password" not in words_of(html)

    client.cookies[COOKIE] = "en"
    page = client.get(LOGIN)
    html = page.content.decode()
    assert '<html lang="en"' in html
    assert page.headers["Content-Language"] == "en"
    assert "Sign in" in words_of(html)
    assert "Kata sandi" not in html


def test_the_menu_changes_the_language_and_back(client, db, compiled):
    answer = client.post("/bahasa/setlang/", {"language": "en", "next": LOGIN})
    assert answer.status_code == 302
    assert answer.url == LOGIN
    assert "Sign in" in words_of(client.get(LOGIN).content.decode())
    client.post("/bahasa/setlang/", {"language": "id", "next": LOGIN})
    assert "Masuk" in words_of(client.get(LOGIN).content.decode())


@pytest.mark.parametrize("cookie", ["", "fr", "en'; x", "id"])
def test_indonesian_whatever_the_browser_or_a_strange_cookie_says(client, db, compiled, cookie):
    client.cookies[COOKIE] = cookie
    html = client.get(LOGIN, headers={"accept-language": "en-US,en;q=0.9"}).content.decode()
    assert '<html lang="id"' in html
    assert "Masuk" in words_of(html)


def test_the_api_answers_in_the_language_that_is_asked_for(client, db, compiled):
    path = "/api/v1/orders"
    assert "Token tidak ada" in client.get(path).content.decode()
    answer = client.get(path, headers={"accept-language": "en"})
    assert answer.status_code == 401
    assert "The token is missing" in answer.content.decode()


def test_every_page_of_the_menu_in_english(sign_in, make_owner, make_user, compiled, indonesian_only):
    lab = make_owner("LAB-A", name="Labkesda Melati")
    client = sign_in(make_user("rina", lab, *ROLES))
    client.cookies[COOKIE] = "en"
    home = client.get("/").content.decode()
    assert '<html lang="en"' in home
    assert "Today" in words_of(home)
    menu = re.search(r'<nav class="side-menu".*?</nav>', home, re.DOTALL).group()
    addresses = sorted({*re.findall(r'<a href="(/[^"]*)"', menu), "/profil/", "/komponen/"})
    assert len(addresses) > 10
    left = {}
    for address in addresses:
        page = client.get(address, follow=True)
        # The core's laboratory is not in the network's directory; the page that says so is read as well.
        assert page.status_code == (404 if address == "/kemampuan/" else 200), address
        html = page.content.decode()
        assert '<html lang="en"' in html, address
        if found := sorted(set(words_of(html)) & indonesian_only):
            left[address] = found
    assert not left, left


def test_words_of_the_shipped_catalogue_have_english():
    """What rows keep as text: specimens, containers, conditions of keeping, standards and groups of limits."""
    held = set()
    for name, columns in {
        "tests": ("specimen", "container", "stability"),
        "standards": ("name",),
        "limits": ("group",),
    }.items():
        path = translations.PACKAGE / f"catalogue/data/{name}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            held |= {row[column] for row in csv.DictReader(file) for column in columns if row[column]}
    assert len(held) > 90, "the catalogue is not read"
    assert sorted(held - set(shipped_terms())) == []


def test_stored_words_follow_the_screen():
    page = Template('{% load terms %}{{ a|term }}|{{ b|terms|join:", " }}|{{ c|term }}')
    given = {"a": "Usap dubur", "b": ["Darah lengkap", "Buatan sendiri"], "c": ""}
    with translation.override("en"):
        assert page.render(Context(given)) == "Rectal swab|Complete blood count, Buatan sendiri|"
        assert figures("suhu udara -3 s/d +3") == "air temperature -3 to +3"
    with translation.override("id"):
        assert page.render(Context(given)) == "Usap dubur|Darah lengkap, Buatan sendiri|"


# --- Numbers and time ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("id", "1.234,5|−0,25|Rp125.000|22 Mei 2026|22 Mei 2026 14.05 WIB|45 mnt"),
        ("en", "1,234.5|−0.25|Rp125,000|22 May 2026|22 May 2026 14:05 WIB|45 min"),
    ],
)
def test_numbers_and_times_follow_the_language(compiled, language, shown):
    page = Template("{{ a|number }}|{{ b|number }}|{{ c|rupiah }}|{{ d|day }}|{{ d|moment }}|{{ e|span }}")
    given = {
        "a": Decimal("1234.5"),
        "b": Decimal("-0.25"),
        "c": 125000,
        "d": datetime(2026, 5, 22, 7, 5, tzinfo=UTC),
        "e": 45 * 60,
    }
    with translation.override(language):
        assert page.render(Context(given)) == shown


@pytest.mark.parametrize(
    ("count", "shown"), [(1, "1 report released."), (3, "3 reports released."), (0, "0 reports released.")]
)
def test_english_counts_have_a_plural(compiled, count, shown):
    with translation.override("en"):
        assert translation.ngettext("%(n)d LHU terbit.", "%(n)d LHU terbit.", count) % {"n": count} == shown
    with translation.override("id"):
        assert (
            translation.ngettext("%(n)d LHU terbit.", "%(n)d LHU terbit.", count) % {"n": count}
            == f"{count} LHU terbit."
        )
