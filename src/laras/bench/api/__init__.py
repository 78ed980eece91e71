"""``/api/v1/``: worklists, results, their values and signatures, critical calls, holds."""

from ninja import Router

from laras.bench.api import calls, holds, lists, results

router = Router(tags=["bench"])
for part in (lists, results, calls, holds):
    router.add_router("", part.router)
