"""The WSGI application that granian serves."""

import gc
import os
import sys
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "laras.config.settings")
# Nothing of what is loaded now is ever thrown away: a collector that looks for it costs a sixth of the start.
gc.disable()
application = get_wsgi_application()

import_module(settings.ROOT_URLCONF)  # half a second that nobody's first page waits for

# Nor need it walk through it again and again later.
gc.collect()
gc.freeze()
gc.enable()
gc.set_threshold(10_000, 20, 20)

# A registration waits for the database a dozen times, and each time for this lock: behind a page that is being drawn it would
# wait five milliseconds each, the default.
sys.setswitchinterval(0.001)
