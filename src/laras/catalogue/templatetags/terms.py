"""Words of the shipped catalogue on an English screen: ``{% load terms %}{{ sample.specimen|term }}``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template

from laras.catalogue import words

register = template.Library()


@register.filter
def term(text: Any) -> str:
    """One stored word (a specimen, a container, a test's name) in the language of the screen."""
    return words.term(str(text or ""))


@register.filter
def terms(texts: Iterable[Any]) -> list[str]:
    """Several of them: ``{{ row.tests|terms|join:", " }}``."""
    return [words.term(str(text)) for text in texts]
