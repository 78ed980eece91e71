"""The one library that all components register in, and what they share."""

from __future__ import annotations

from django import template
from django.utils.safestring import mark_safe

register = template.Library()
TONES = ("neutral", "active", "waiting", "done", "danger")
NOTHING = mark_safe("")
