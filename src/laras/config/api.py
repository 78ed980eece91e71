"""``/api/v1/``: the routers of the modules under one roof."""

from __future__ import annotations

from http import HTTPStatus
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.http import HttpRequest
from ninja import NinjaAPI, Schema

from laras import __version__
from laras.core.api import PROBLEMS, ProblemOut, TokenAuth, install_handlers


class LarasAPI(NinjaAPI):
    """Its document says what the handlers do: refusals are ``application/problem+json``."""

    def get_openapi_operation_id(self, operation: Any) -> str:
        """``bench_verify_result``: module and verb, wherever in the module the code stands, so that clients made from the
        document keep their names when a file is split."""
        view = operation.view_func
        return f"{view.__module__.split('.')[1]}_{view.__name__}"

    def get_openapi_schema(self, **how: Any) -> Any:
        schema = super().get_openapi_schema(**how)
        problem = ProblemOut.model_json_schema(ref_template="#/components/schemas/{model}")
        schema["components"]["schemas"] |= {**problem.pop("$defs"), "ProblemOut": problem}
        content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemOut"}}}
        for operations in schema["paths"].values():
            for operation in operations.values():
                for status in PROBLEMS:
                    operation["responses"][status] = {"description": HTTPStatus(status).phrase, "content": content}
        return schema


api = LarasAPI(
    title="Laras",
    version="1",
    description=(
        "Everything that the screens do. Send `Authorization: Bearer laras_...`; lists page by the `next` cursor; "
        "every create needs an `Idempotency-Key`; errors are problem+json (RFC 9457)."
    ),
    auth=TokenAuth(),
    urls_namespace="api",
    docs_url=None,
    openapi_extra={"info": {"license": {"name": "Apache-2.0"}}},
)
install_handlers(api)

# The busiest first: an address is found by walking through the list.
ROUTERS = (
    "orders",
    "bench",
    "reports",
    "referral",
    "people",
    "partners",
    "portal",
    "catalogue",
    "resources",
    "network",
    "surveillance",
)
for name in ROUTERS:
    if find_spec(f"laras.{name}.api"):
        api.add_router("", import_module(f"laras.{name}.api").router)


class About(Schema):
    version: str
    organisation: str
    person: str
    rights: list[str]


@api.get("/me", response={200: About}, tags=["core"], summary="Who this token acts for")
def about_me(request: HttpRequest) -> About:
    rights = request.actor.grants.get(request.owner.id, frozenset())
    return About(version=__version__, organisation=request.owner.code, person=request.actor.name, rights=sorted(rights))
