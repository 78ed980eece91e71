"""A pytest plug-in: each test process gets an installation of its own, before any setting is read.

Named with ``-p`` in ``pyproject.toml``, since the settings are read (and keys made) earlier than any ``conftest.py``.
"""

import atexit
import os
import shutil
import tempfile

os.environ["LARAS_DATA"] = tempfile.mkdtemp(prefix="laras-test-")
os.environ.setdefault("LARAS_SQLITE_SYNC", "NORMAL")
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
atexit.register(shutil.rmtree, os.environ["LARAS_DATA"], ignore_errors=True)
