"""What the documents say can be done, can be done; and the repository says nothing about the machine it was written on."""

from __future__ import annotations

import re
import shlex
import subprocess
from functools import cache
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from laras.cli.main import laras

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
FENCE = re.compile(r"^(?:```|~~~)[^\n]*\n(.*?)^(?:```|~~~)", re.M | re.S)
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"!?\[[^\]]*\]\(<?([^)\s>]+)>?[^)]*\)")
COMMAND = re.compile(r"^(?:\$ )?(?:[A-Z_]+=\S+ )*(?:\S*/)?laras ((?:[a-z-]|…).*)$")
HERE = ("src/", "docs/", "tests/", "tools/", "bench/", "requirements/", "config/", "core/")


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def snippets(page: Path) -> list[str]:
    """Inline code, and the lines of code blocks with their continuations joined."""
    text = page.read_text()
    blocks = [line.strip() for block in FENCE.findall(text) for line in block.replace("\\\n", " ").splitlines()]
    inline = SPAN.findall(FENCE.sub("", text))
    return [*blocks, *(part.strip() for one in inline for part in one.split(" && "))]


def commands(page: Path) -> list[str]:
    found = []
    for text in snippets(page):
        # A command may stand in a pipe or a substitution; several may stand in one span, parted by commas.
        for part in re.split(r"[|;(]|&&", text):
            hit = COMMAND.match(re.sub(r"\s+#.*$", "", part.strip()))
            if hit and not hit[1].startswith(("/", ".")):
                found.append(hit[1])
    return found


def understood(line: str) -> str:
    """Empty when the command with these options exists, else what is wrong."""
    try:
        words = shlex.split(line.replace("…", "x").replace("...", ""))
    except ValueError:
        words = line.split()
    command: click.Command = laras
    path: list[str] = []
    while words and isinstance(command, click.Group):
        word = words.pop(0)
        if word == "--help":
            return ""
        context = click.Context(command)
        context.meta["called"] = word  # commands are imported when they are called
        below = command.get_command(context, word)
        if below is None:
            return f"laras {' '.join(path)} has no {word}"
        command, path = below, [*path, word]
    known = {option for one in command.params for option in (*one.opts, *one.secondary_opts)} | {"--help"}
    unknown = [word for word in words if word.startswith("--") and word.partition("=")[0] not in known]
    if unknown:
        return f"laras {' '.join(path)} has no {unknown}"
    shown = CliRunner().invoke(laras, [*path, "--help"])
    return "" if shown.exit_code == 0 else f"laras {' '.join(path)} --help: {shown.output}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_commands_in_the_documents_exist(page):
    wrong = [(line, why) for line in commands(page) if (why := understood(line))]
    assert wrong == [], wrong


def test_the_reader_of_commands_sees_them():
    """Guards the test above: a pattern that matches nothing would pass on anything."""
    assert sum(len(commands(page)) for page in PAGES) >= 10
    assert understood("journal verify --json") == ""
    assert understood("journal verfy")
    assert understood("journal verify --jsno")


def test_make_targets_in_the_documents_exist():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    asked = {hit for page in PAGES for text in snippets(page) for hit in re.findall(r"^make ([a-z]+)\b", text)}
    assert asked >= {"run", "test"}
    assert asked - targets == set()


def anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page):
    dead = []
    for target in LINK.findall(FENCE.sub("", page.read_text())):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, heading = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        if not found.exists():
            dead.append(target)
        elif found.is_dir() and not any(found.iterdir()):
            dead.append(f"{target} (empty)")
        elif heading and found.suffix == ".md":
            headings = re.findall(r"^#+ (.+)$", FENCE.sub("", found.read_text()), re.M)
            if heading not in {anchor(one) for one in headings}:
                dead.append(target)
    assert dead == [], dead


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_files_named_in_the_documents_exist(page):
    gone = []
    for text in SPAN.findall(FENCE.sub("", page.read_text())):
        plain = text.split("::")[0].rstrip("/")
        if not text.startswith(HERE) or re.search(r"[<>*{}\s…]|\.\.\.", text):
            continue
        if not any((root / plain).exists() for root in (ROOT, ROOT / "src/laras", ROOT / "src/laras/core/templates")):
            gone.append(text)
    assert gone == [], gone


# --- What must not stand in the repository ----------------------------------------------------------------------------


@cache
def tracked() -> tuple[Path, ...]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode == 0:
        named = [ROOT / one for one in listed.stdout.decode().split("\0") if one]
    else:  # an archive without its history: everything but what set-up and runs leave behind
        named = [path for path in ROOT.rglob("*") if not {".venv", "data", "node_modules"} & set(path.parts)]
    return tuple(path for path in named if path.is_file())


def test_lock_files_carry_hashes_and_no_addresses():
    for lock in sorted((ROOT / "requirements").glob("*.txt")):
        lines = lock.read_text().splitlines()
        assert not [line for line in lines if "://" in line or "--index-url" in line or "--find-links" in line], lock
        pinned = [line for line in lines if re.match(r"[a-z0-9]", line, re.I)]
        assert len(pinned) > 20
        assert [line for line in pinned if "==" not in line or not line.endswith("\\")] == []
        assert sum("--hash=sha256:" in line for line in lines) >= len(pinned)


def test_no_file_names_the_machine_it_was_written_on():
    # The documents install to /opt/laras; any other place of this checkout is somebody's own machine.
    own = [] if str(ROOT) == "/opt/laras" else [re.escape(f"{ROOT}/")]
    homes = re.compile("|".join([r"(?<![\w.$}/-])/(?:home|root|Users)/\w", *own]))
    found = []
    for path in tracked():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        found += [f"{name(path)}: {hit}" for hit in homes.findall(text)]
    assert found == []
