"""The WSGI application that granian serves."""

import gc
import os
import sys
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "laras.config.settings")
application = get_wsgi_application()

import_module(settings.ROOT_URLCONF)  # half a second that nobody's first page waits for

# What has been loaded by now stays as long as the process: the collector need not walk through it again and again.
gc.collect()
gc.freeze()
gc.set_threshold(10_000, 20, 20)

# A registration waits for the database a dozen times, and each time for this lock: behind a page that is being drawn it would
# wait five milliseconds each, the default.
sys.setswitchinterval(0.001)
