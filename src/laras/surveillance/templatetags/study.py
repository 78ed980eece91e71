"""Words of a food study in templates."""

from django import template

from laras.surveillance import words

register = template.Library()
register.filter("ratio", words.ratio)
register.filter("pvalue", words.pvalue)
