"""``make bench``: the figures that Laras promises, measured on this machine. Prints medians, ratios and what missed.

``python -m bench [registration burst chain pages reports memory demo detect listen programme resources maps route network boxes]`` runs
only those; ``--quick`` shortens them.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import psycopg

from bench import load
from bench.server import laras, listening, serving

QUICK = "--quick" in sys.argv
ROWS = 50_000 if QUICK else 1_000_000
USED = 40_000  # results
PAGES = (
    "/", "/permintaan/", "/permintaan/baru/", "/permintaan/penerimaan/", "/permintaan/pengambilan/", "/meja-kerja/",
    "/meja-kerja/verifikasi/", "/meja-kerja/validasi/", "/meja-kerja/kritis/", "/pasien/", "/lhu/", "/lhu/siap/",
    "/rujukan/", "/rujukan/masuk/", "/katalog/", "/jejaring/",
)  # fmt: skip


def prepare(data: Path, *arguments: str, database_url: str = "") -> str:
    environment = {**os.environ, "LARAS_DATA": str(data)}
    if database_url:
        environment["DATABASE_URL"] = database_url
    command = [sys.executable, "-m", "bench.prepare", *arguments]
    return subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def figure(name: str, value: str, promise: str = "") -> None:
    print(f"  {name:<58} {value:>16}   {promise}", flush=True)


def installation(
    stack: ExitStack, *, postgres: bool = False, count: int = 20, used: bool = False
) -> tuple[Path, str, list[str]]:
    """An installation with ``count`` laboratories, empty or with the orders of some weeks in the first of them: directory, URL
    of the database to serve with, tokens.

    On PostgreSQL it is served as on a hub: by a role for which the policies of the tables hold.
    """
    data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="laras-bench-")))
    owner = serving_url = ""
    if postgres:
        from tests.postgres import cluster

        owner = stack.enter_context(cluster())
        serving_url = owner.replace("postgres@", "laras_serving@", 1)
        with psycopg.connect(owner.replace("postgres://", "postgresql://", 1)) as database:
            database.execute("CREATE ROLE laras_serving LOGIN")
    laras(data, "migrate", database_url=owner, LARAS_APPLICATION_ROLE="laras_serving" if postgres else "")
    tokens: list[str] = json.loads(prepare(data, "labs", str(count), database_url=owner))
    if used:
        # As a database is that has been there for weeks: a connection keeps its plans for the checks of foreign keys, and those
        # made while the tables were empty read them from end to end (5 ms of a registration's processor time grew to 10).
        # Their tests were looked at by the persons of the first three laboratories, so ``count`` is at least three.
        prepare(data, "rows", str(USED), database_url=owner)
    if postgres:
        # Else its housekeeping falls into the first minute measured.
        with psycopg.connect(owner.replace("postgres://", "postgresql://", 1), autocommit=True) as database:
            database.execute("VACUUM ANALYZE")
    return data, serving_url, tokens


def registration() -> None:
    """Processor seconds of the server for one registration of a new patient with four tests, over HTTP."""
    for postgres in (False, True):
        with ExitStack() as stack:
            data, url, tokens = installation(stack, postgres=postgres)
            server = stack.enter_context(serving(data, database_url=url))
            load.run(server.port, tokens, seconds=5, clients=2)
            costs = []
            for n in range(1, 4):
                before = server.cpu_seconds()
                outcome = load.run(server.port, tokens, seconds=6, clients=2, first=n * 100_000)
                costs.append((server.cpu_seconds() - before) / max(1, len(outcome.latencies)))
            name = "PostgreSQL" if postgres else "SQLite"
            cost = statistics.median(costs)
            figure(f"CPU of the server per registration, {name}", f"{cost * 1000:.2f} ms", "at most 10 ms")
            figure(f"  GNU Health LIS (53 ms, in process) : ours, {name}", f"{53 / (cost * 1000):.1f} x")
            figure(f"  failures, {name}", str(outcome.failures), "0")


def burst() -> None:
    """106 a second over 20 laboratories on PostgreSQL with pages read beside; the greatest rate on SQLite."""
    import psutil

    seconds = 15 if QUICK else 60
    with ExitStack() as stack:
        data, url, tokens = installation(stack, postgres=True, used=True)
        key = prepare(data, "session", "ukur0", database_url=url)
        server = stack.enter_context(serving(data, database_url=url, workers=2, threads=4))
        beside = [(path, {"Cookie": f"sessionid={key}"}) for path in ("/meja-kerja/", "/")]
        # As at nine in the morning: every thread has its connection, and has drawn these pages before.
        for first in (10**5, 2 * 10**5):
            load.run(server.port, tokens, seconds=5, rate=40, clients=16, first=first, beside=beside)
        before, machine = server.cpu_seconds(), psutil.cpu_times()
        postgres_before = _postgres_cpu(psutil)
        outcome = load.run(server.port, tokens, seconds=seconds, rate=106, clients=16, first=10**6, beside=beside)
        figure("registrations a second held, PostgreSQL, 20 laboratories", f"{outcome.rate:.0f} /s", "106")
        figure("  median, p95", f"{outcome.median * 1e3:.0f}, {outcome.quantile(0.95) * 1e3:.0f} ms", "p95 150 ms")
        figure("  failures", str(outcome.failures), "0")
        used = (server.cpu_seconds() - before, _postgres_cpu(psutil) - postgres_before, outcome.client_cpu)
        shares = ", ".join(f"{share / outcome.seconds:.2f}" for share in used)
        figure("  cores taken by server, PostgreSQL, load", shares, "of 2")
        now = psutil.cpu_times()
        spent = (getattr(now, name, 0) - getattr(machine, name, 0) for name in ("idle", "steal"))
        figure("  cores idle, stolen by the host", ", ".join(f"{cores / outcome.seconds:.2f}" for cores in spent))
    with ExitStack() as stack:
        data, url, tokens = installation(stack)
        server = stack.enter_context(serving(data))
        load.run(server.port, tokens, seconds=3)
        outcome = load.run(server.port, tokens, seconds=seconds, clients=4, first=10**6)
        figure("registrations a second, SQLite (full sync)", f"{outcome.rate:.0f} /s", "80")
        figure("  median, p95", f"{outcome.median * 1e3:.0f}, {outcome.quantile(0.95) * 1e3:.0f} ms")


def _postgres_cpu(psutil: object) -> float:
    total = 0.0
    for process in psutil.process_iter(["name"]):  # type: ignore[attr-defined]
        if process.info["name"] == "postgres":
            times = process.cpu_times()
            total += times.user + times.system
    return total


def chain() -> None:
    """One busy laboratory alone: its journal is one chain, so its registrations queue for the head."""
    seconds = 10 if QUICK else 20
    with ExitStack() as stack:
        data, url, tokens = installation(stack, postgres=True, count=3, used=True)
        server = stack.enter_context(serving(data, database_url=url, workers=2, threads=4))
        load.run(server.port, tokens[:1], seconds=3)
        outcome = load.run(server.port, tokens[:1], seconds=seconds, clients=8, first=10**6)
        figure("one laboratory alone, PostgreSQL", f"{outcome.rate:.0f} /s")
        figure("  median, p95", f"{outcome.median * 1e3:.0f}, {outcome.quantile(0.95) * 1e3:.0f} ms")


def pages() -> None:
    """Server time and bytes of the pages of daily work with a million results in the database, on both databases."""
    for postgres in (False, True):
        with ExitStack() as stack:
            data, url, _tokens = installation(stack, postgres=postgres, count=3)
            owner = url.replace("laras_serving@", "postgres@", 1)
            began = time.perf_counter()
            prepare(data, "rows", str(ROWS), database_url=owner)
            name = "PostgreSQL" if postgres else "SQLite"
            figure(f"{name}: rows prepared ({ROWS:,} results)", f"{time.perf_counter() - began:.0f} s")
            key = prepare(data, "session", "ukur0", database_url=owner)
            found = json.loads(prepare(data, "addresses", "BM-00", database_url=owner))
            server = stack.enter_context(serving(data, database_url=url))
            cookie = {"Cookie": f"sessionid={key}"}
            for path in (*PAGES, *found):  # every thread of the server opens its connection and reads its templates
                load.get(server.port, path, cookie)
            assets = _assets(server.port)
            figure("stylesheet, scripts and icons at first load", f"{assets / 1024:.0f} KB")
            for path in (*PAGES, *found):
                status, content, _first = load.get(server.port, path, cookie)
                times = sorted(load.get(server.port, path, cookie)[2] for _n in range(20))
                median, slow = statistics.median(times) * 1e3, times[18] * 1e3
                size = (len(content) + assets) / 1024
                missed = " MISSED" if median > 100 or slow > 200 or size > 130 else ""
                figure(
                    f"{path[:46]} [{status}]", f"{median:.0f}, {slow:.0f} ms",
                    f"median 100, p95 200 ms; {size:.0f} of 130 KB{missed}",
                )  # fmt: skip


def _assets(port: int) -> int:
    import re

    _status, page, _seconds = load.get(port, "/akun/login/", {"Accept-Encoding": "identity"})
    found = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', page.decode()))
    return sum(len(load.get(port, path, {})[1]) for path in found)


def reports() -> None:
    """Draw and sign a report, without the database. A job of a thousand through the service is in ``demo``."""
    count = 50 if QUICK else 200
    script = (
        "import os,time,statistics,tempfile,pathlib,django;os.environ['DJANGO_SETTINGS_MODULE']='laras.config.settings';"
        "django.setup();from datetime import datetime,UTC;from laras.core.printing import demo_key,sign_pdf;"
        "from laras.reports.documents import render_lhu;from laras.reports.types import *;"
        "k=demo_key(pathlib.Path(tempfile.mkdtemp()),'X',name='Lab',organisation='Lab',now=datetime.now(UTC));"
        "d=lambda n:LhuDocument(kind='clinical',number=f'L-{n}',version=1,letterhead=Letterhead(name='Labkesmas Contoh'),"
        "sender=Sender(name='Klinik Contoh'),patient=PatientBlock(name='Pasien Contoh',nik='5271014101900001'),"
        "times=Times(zone='WITA',registered=datetime(2026,11,13,1,tzinfo=UTC),released=datetime(2026,11,13,3,tzinfo=UTC)),"
        "rows=tuple(ResultRow(test=f'Pemeriksaan {i}',result='12,4',unit='g/dL',limit='11,7 - 15,5',section='Hematologi')"
        "for i in range(12)),verification_url='http://127.0.0.1/lhu/cek/x');"
        "[sign_pdf(render_lhu(d(n)),k,reason='r',location='l',name='n') for n in range(3)];a=[];b=[]\n"
        f"for n in range({count}):\n"
        " t=time.perf_counter();p=render_lhu(d(n));u=time.perf_counter();sign_pdf(p,k,reason='r',location='l',name='n')\n"
        " a.append(u-t);b.append(time.perf_counter()-t)\n"
        "print(statistics.median(a),statistics.median(b))"
    )
    with tempfile.TemporaryDirectory() as data:
        answer = subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "LARAS_DATA": data},
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
    drawn, signed = map(float, answer.stdout.split())
    figure("LHU drawn, median", f"{drawn * 1e3:.0f} ms", "under 100 ms")
    figure("LHU drawn and signed, median", f"{signed * 1e3:.0f} ms", "under 250 ms")


def memory() -> None:
    """``laras run`` at rest, all its processes, after a few pages were read."""
    with ExitStack() as stack:
        data, _url, _tokens = installation(stack, count=1)
        key = prepare(data, "session", "ukur0")
        server = stack.enter_context(serving(data, jobs=True))
        for path in PAGES:
            load.get(server.port, path, {"Cookie": f"sessionid={key}"})
        time.sleep(5)
        figure("`laras run` at rest, proportional memory", f"{server.proportional_memory():.0f} MB", "under 300 MB")


def programme() -> None:
    """A file of 2,000 new people of a programme, by the command that scripts use, and the same file cut off in the middle."""
    from bench.programme import people

    count = 500 if QUICK else 2000
    with ExitStack() as stack:
        data, _url, _tokens = installation(stack, count=1)
        file = data / "people.csv"
        file.write_bytes(people(count))
        command = ("orders", "import", str(file), "--programme", "CKG", "--lab", "BM-00")
        begun = time.monotonic()
        laras(data, *command, "--dry-run")
        looked = time.monotonic() - begun
        begun = time.monotonic()
        answer = laras(data, *command)
        seconds = time.monotonic() - begun
        figure(f"{count:,} people looked at, SQLite, with the start of the command", f"{looked:.1f} s")
        promised = "" if QUICK else "at most 10 s" + (" MISSED" if seconds > 10 else "")
        figure(f"{count:,} people registered, the same", f"{seconds:.1f} s", promised)
        figure("  the answer", answer.strip())


def looking() -> None:
    """300 values entered, verified and validated, each in one action of one person, with orders of some weeks in the database."""
    for postgres in (False, True):
        with ExitStack() as stack:
            data, url, _tokens = installation(stack, postgres=postgres, count=3, used=True)
            answer = json.loads(prepare(data, "looking", "300", database_url=url))
            name = "PostgreSQL" if postgres else "SQLite"
            for step, (seconds, done) in answer.items():
                missed = " MISSED" if step == "validated" and seconds > 1 else ""
                promised = f"at most 1 s{missed}" if step == "validated" else ""
                figure(f"{done} results {step} in one action, {name}", f"{seconds * 1e3:.0f} ms", promised)


def listen() -> None:
    """Blood counts of six records over ASTM, each durable before its last ACK; the devices on the same cores."""
    count = 500 if QUICK else 3000
    for postgres in (False, True):
        with ExitStack() as stack:
            data, url, _tokens = installation(stack, postgres=postgres, count=1)
            name = "PostgreSQL" if postgres else "SQLite"
            line = stack.enter_context(listening(data, database_url=url))
            _devices(line.port, 1, 100, 0)
            for number, (connections, promise) in enumerate(((1, 500), (8, 1000)), start=1):
                before = line.cpu_seconds()
                sent = _devices(line.port, connections, count, number * 1_000_000)
                rate = sent["messages"] / sent["seconds"]
                cost = (line.cpu_seconds() - before) / sent["messages"] * 1e3
                missed = "" if rate >= promise else " MISSED"
                figure(f"messages a second, {connections} connections, {name}", f"{rate:.0f} /s", f"{promise}{missed}")
                figure("  median, p95 of a message", f"{sent['median'] * 1e3:.1f}, {sent['p95'] * 1e3:.1f} ms")
                figure("  CPU of the listener for one message", f"{cost:.2f} ms")
            inbox = json.loads(laras(data, "analyzer", "inbox", "--json", database_url=url))
            figure("  stored, of those acknowledged", f"{len(inbox):,}", f"{100 + 9 * count:,}")


def _devices(port: int, connections: int, count: int, first: int) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.lines", *map(str, (port, connections, count, first))]
    answer: dict[str, float] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    return answer


def demo() -> None:
    """The demo network from an empty, migrated installation, and a morning's reports issued from it."""
    with tempfile.TemporaryDirectory(prefix="laras-bench-") as place:
        data = Path(place)
        began = time.perf_counter()
        laras(data, "migrate")
        migrated = time.perf_counter()
        laras(data, "demo", "--json")
        loaded = time.perf_counter()
        figure("migrate with 92,000 areas and the catalogue", f"{migrated - began:.0f} s")
        figure("demo: 31 laboratories, 20,000 orders", f"{loaded - migrated:.0f} s", "under 90 s")
        began = time.perf_counter()
        answer = json.loads(laras(data, "journal", "verify", "--json"))
        figure(f"verify {answer['entries']:,} journal entries", f"{time.perf_counter() - began:.0f} s")
        issued = json.loads(prepare(data, "issue", "100" if QUICK else "1000"))
        figure(
            f"{issued['issued']:,} reports drawn, signed, journaled and kept in one job", f"{issued['seconds']:.0f} s",
            f"1,000 under 120 s; {issued['problems']} could not be",
        )  # fmt: skip


def detect() -> None:
    """Detection for 514 districts x 20 diseases, one processor, beside the R package `surveillance` where it is installed."""
    command = [sys.executable, "-m", "bench.detection", *(["--quick"] if QUICK else [])]
    found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    rival = found["r"]
    if rival is None:
        print("  R with its package surveillance is not installed: absolute times only")
    else:
        print(f"  R timed on {found['sample']:,} points of the same series")
    figure(f"Farrington flexible, {found['series']:,} series x 52 weeks", f"{found['seconds']:.1f} s")
    for name, key, theirs, promise in (
        ("Farrington flexible, every statistic", "flexible", "flexible", 400),
        (f"  points below limit54 skipped ({found['skipped']:.0%})", "flexible_skipped", "flexible", 1500),
        ("  10 periods, every statistic", "periods", "periods", 150),
        ("  10 periods, skipped", "periods_skipped", "periods", 500),
        ("EARS C1", "C1", "C1", 500),
        ("EARS C3", "C3", "C3", 500),
    ):
        figure(f"{name}, a point", f"{found[key] * 1e6:.3g} us")
        if rival is not None:
            times = rival[theirs] / found[key]
            figure(
                f"    R ({rival[theirs] * 1e6:.3g} us) : ours",
                f"{times:.0f} x",
                f"{promise}{' MISSED' if times < promise else ''}",
            )
    figure(f"weekly run of {found['series']:,} series", f"{found['weekly']:.2f} s", "under 0.5 s for 10,280")
    figure("twice the series take", f"{found['linear']:.2f} x", "2 x")
    figure("memory of the process", f"{found['megabytes']:.0f} MB", "under 1,000 MB")


def resources() -> None:
    """How far the nation's laboratories meet the standard: all scores, one after an edit, a great sheet (SQLite)."""
    with tempfile.TemporaryDirectory(prefix="laras-bench-") as data:
        command = [sys.executable, "-m", "bench.resources", *(["--quick"] if QUICK else [])]
        answer = subprocess.run(
            command, env={**os.environ, "LARAS_DATA": data}, check=True, stdout=subprocess.PIPE, text=True
        )
    found = json.loads(answer.stdout)
    name = f"{found['laboratories']:,} laboratories, {found['rows']:,} rows"
    figure(f"all scores, {name}", f"{found['all']:.2f} s", "under 3 s")
    figure("  as they were 200 days ago", f"{found['past']:.2f} s")
    figure("one laboratory after an edit, edit included", f"{found['edit'] * 1000:.0f} ms", "under 50 ms")
    figure(f"import of {found['import_rows']:,} rows", f"{found['import']:.1f} s", "under 60 s")
    figure("  memory of that process at its peak", f"{found['megabytes']:.0f} MB", "under 500 MB")


def maps() -> None:
    """The map of the network with a nation of laboratories, opened by the ministry (SQLite)."""
    with tempfile.TemporaryDirectory(prefix="laras-bench-") as data:
        command = [sys.executable, "-m", "bench.maps", *(["--quick"] if QUICK else [])]
        answer = subprocess.run(
            command, env={**os.environ, "LARAS_DATA": data}, check=True, stdout=subprocess.PIPE, text=True
        )
    found = json.loads(answer.stdout)
    print(f"  {found['laboratories']:,} laboratories, {found['rows']:,} rows")
    for name, one in found["served"].items():
        figure(f"{name}: server, warm", f"{one['median'] * 1e3:.0f} ms", "under 300 ms")
        figure("  once in ten minutes (for the public: an hour)", f"{one['first'] * 1e3:.0f} ms")
        figure("  on the wire, gzipped", f"{one['page'] / 1024:.0f} KB", "under 400 KB")
        figure("  painted, processor slowed four times", f"{found['painted'][name]:.0f} ms", "under 1 s")
        figure("    after the server's first byte", f"{found['painted'][name + ' after']:.0f} ms")


def route() -> None:
    """Routing against a directory of 11,000 laboratories x 150 tests, half of them offered, one processor."""
    command = [sys.executable, "-m", "bench.routing", *(["--quick"] if QUICK else [])]
    found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    figure("one order of four tests, median", f"{found['one'] * 1e3:.2f} ms", "under 5 ms")
    figure("  p95", f"{found['one_p95'] * 1e3:.2f} ms")
    each = found["seconds"] / found["orders"]
    figure(f"{found['orders']:,} orders of one to four tests", f"{found['seconds']:.1f} s", "10,000 under 20 s")
    figure("  each; processor", f"{each * 1e3:.2f}, {found['cpu'] / found['orders'] * 1e3:.2f} ms")


def network() -> None:
    """``laras network check`` over both ends of referrals, as a process, three of which do not agree; on both databases."""
    count = 50_000 if QUICK else 1_000_000
    for postgres in (False, True):
        with ExitStack() as stack:
            data, url, _tokens = installation(stack, postgres=postgres, count=2)
            owner = url.replace("laras_serving@", "postgres@", 1)
            prepare(data, "referrals", str(count), database_url=owner)
            environment = {**os.environ, "LARAS_DATA": str(data), **({"DATABASE_URL": url} if url else {})}
            began = time.perf_counter()
            command = [sys.executable, "-m", "laras.cli.main", "network", "check", "--json"]
            done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
            taken = time.perf_counter() - began
            said = json.loads(done.stdout)
            name = "PostgreSQL" if postgres else "SQLite"
            figure(f"{said['referrals']:,} referrals compared, {name}", f"{taken:.1f} s", "1,000,000 under 60 s")
            figure("  contradictions found; exit code", f"{len(said['contradictions'])}; {done.returncode}", "3; 1")


def boxes() -> None:
    """A box of 100 specimens of 100 referrals: packed, sent, received and compared, each as one request, on both databases."""
    for postgres in (False, True):
        with ExitStack() as stack:
            data, url, tokens = installation(stack, postgres=postgres, count=2)
            environment = {**os.environ, "LARAS_DATA": str(data), **({"DATABASE_URL": url} if url else {})}
            command = [sys.executable, "-m", "bench.boxes", *tokens, *(["--quick"] if QUICK else [])]
            done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
            name = "PostgreSQL" if postgres else "SQLite"
            for step, seconds in json.loads(done.stdout).items():
                figure(f"{step} a box of 100, {name}, median", f"{statistics.median(seconds) * 1e3:.0f} ms", "300 ms")


SECTIONS: dict[str, Callable[[], None]] = {
    "registration": registration, "burst": burst, "chain": chain, "pages": pages, "reports": reports, "memory": memory,
    "demo": demo, "detect": detect, "listen": listen, "programme": programme, "resources": resources, "maps": maps, "route": route,
    "network": network, "boxes": boxes, "looking": looking,
}  # fmt: skip


def main() -> None:
    wanted = [name for name in sys.argv[1:] if name in SECTIONS] or list(SECTIONS)
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        "",
    )
    print(
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {model}, Python {platform.python_version()}"
    )
    for name in wanted:
        print(f"\n{name}: {SECTIONS[name].__doc__}")
        SECTIONS[name]()


if __name__ == "__main__":
    main()
