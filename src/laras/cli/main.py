"""``laras``: the command line. Each command says what it does with ``--help`` and answers ``--json`` where scripts read it."""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module
from typing import Any

import click

# Name -> (module, attribute, what `laras --help` says). Loaded only when called: `laras --help` needs no database.
COMMANDS: dict[str, tuple[str, str, str]] = {
    "run": ("laras.cli.serve", "run", "Start Laras on this machine: pages, API and jobs."),
    "jobs": ("laras.cli.serve", "jobs", "Run the jobs only (deliveries, queued work, nightly rounds)."),
    "demo": ("laras.demo.commands", "demo", "Load the demo network and print its logins."),
    "migrate": ("laras.cli.system", "migrate", "Bring the database and the shipped tables up to date."),
    "doctor": ("laras.cli.system", "doctor", "Check this installation and say what to do."),
    "backup": ("laras.cli.system", "backup", "Write a verified copy of the SQLite database and the files."),
    "user": ("laras.cli.access", "user", "Accounts and their roles."),
    "token": ("laras.cli.access", "token", "API tokens."),
    "journal": ("laras.cli.journal", "journal", "The journal: verify its chain, list its entries."),
    "network": ("laras.cli.network", "network", "Areas and laboratories; do they agree."),
    "resources": (
        "laras.resources.commands",
        "resources",
        "Equipment, the standard of each tier, and how far it is met.",
    ),
    "catalogue": ("laras.catalogue.commands", "catalogue", "Tests, panels, limits."),
    "people": ("laras.people.commands", "people", "Patients: tokens by which one person is recognised."),
    "orders": ("laras.orders.commands", "orders", "Orders and samples."),
    "referral": ("laras.referral.commands", "referral", "Referrals between laboratories."),
    "route": ("laras.referral.commands", "route", "Whom to ask for a test: ranked laboratories with reasons."),
    "listen": ("laras.interop.commands", "listen", "Listen to analyzers: ASTM and HL7 over TCP."),
    "analyzer": ("laras.interop.commands", "analyzer", "Analyzers: profiles, captured streams, what they sent."),
    "report": ("laras.reports.commands", "report", "Laboratory reports (LHU)."),
    "detect": ("laras.surveillance.commands", "detect", "What is unusual in series of counts."),
    "scan": ("laras.surveillance.commands", "scan_command", "Clusters of cases in space and time."),
    "surveillance": ("laras.surveillance.commands", "surveillance", "Cases, weekly counts, signals of health offices."),
}


class Lazy(click.Group):
    """A group whose commands are imported, and Django with them, when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        if ctx.resilient_parsing or name != ctx.meta.get("called"):
            return click.Command(name, short_help=COMMANDS[name][2])
        module, attribute, _help = COMMANDS[name]
        if name == "run":  # the supervisor stays small: no Django in it
            return getattr(import_module(module), attribute)
        import django
        from django.apps import apps

        if not apps.ready:
            gc.disable()  # nothing of what is loaded is thrown away again
            django.setup()
            gc.freeze()
            gc.enable()
        return getattr(import_module(module), attribute)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        ctx.meta["called"] = args[0] if args else ""
        return super().resolve_command(ctx, args)


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="laras")
def laras() -> None:
    """Laras, the information system of a network of public-health laboratories."""


def main() -> None:
    """Entry point. What a person can mend is one clear line on stderr and exit code 1, not a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "laras.config.settings")
    from laras.core.errors import DomainError

    try:
        laras(standalone_mode=True)
    except DomainError as error:
        click.echo(f"laras: {error.message}", err=True)
        for problem in error.problems:
            row = f"baris {problem.row}, " if problem.row else ""
            click.echo(f"  {row}{problem.field}: {problem.message}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:  # before the command itself began
        sys.exit(130)
    except Exception as error:
        todo = explain(error)
        if not todo:
            raise
        click.echo(f"laras: {todo}", err=True)
        sys.exit(1)
    finally:
        _close_stdout()


def explain(error: Exception) -> str:
    """What to do about a fault of the installation, in one line; empty when it is the program's own."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    text = str(error).strip().split("\n")[0]
    if kinds & {"OperationalError", "ProgrammingError"}:
        if "no such table" in text or "no such column" in text or ("does not exist" in text and "database" not in text):
            return "basis data belum siap atau belum diperbarui; jalankan: laras migrate"
        if "locked" in text:
            return "basis data sedang dipakai proses lain; coba lagi sebentar"
        return f"basis data tidak terjangkau ({text}); periksa DATABASE_URL dan folder {os.environ.get('LARAS_DATA', 'data')}"
    if kinds & {"ParseError", "UnknownSchemeError"}:
        return f"DATABASE_URL tidak dapat dibaca ({text}); contoh: postgres://laras:sandi@127.0.0.1:5432/laras"
    if isinstance(error, PermissionError) and error.filename:
        return f"{error.filename} tidak boleh dibaca atau ditulis; beri hak, atau pilih folder lain dengan LARAS_DATA"
    if isinstance(error, FileExistsError | NotADirectoryError) and error.filename:
        return f"{error.filename} bukan folder; pilih folder lain dengan LARAS_DATA"
    return ""


def _close_stdout() -> None:
    """``laras ... | head``: a reader that has left is no fault; without this the interpreter would complain at its end."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
