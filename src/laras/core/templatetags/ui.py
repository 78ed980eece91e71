"""Components of the screens as template tags; shown on ``/komponen/``."""

from django import template

register = template.Library()
