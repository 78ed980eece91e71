"""The menu: what this person does, in the order of the day."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def menu_for(request: HttpRequest) -> list[dict[str, Any]]:
    return []
