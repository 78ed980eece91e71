"""Components of the screens as template tags; documented in ``docs/ui.md`` and shown on ``/komponen/``.

Every tag escapes what it is given (names may hold anything) and answers safe markup. Nothing here writes a ``style`` attribute or
a script: the content security policy forbids both. Loaded in every template (``builtins`` of the settings). One file per kind.
"""

from laras.core.templatetags.ui.blocks import card, dialog, empty, fact, facts, more, notice, tab, tabs
from laras.core.templatetags.ui.format import (
    age,
    day,
    escape_or_dash,
    hour,
    initials,
    lookup,
    moment,
    number,
    percent,
    rupiah,
    since,
    span,
    when,
)  # fmt: skip
from laras.core.templatetags.ui.forms import field, fields, form_errors, form_key
from laras.core.templatetags.ui.marks import chip, icon, kbd, meter, number_code, stat, value
from laras.core.templatetags.ui.moments import history, steps, timeline
from laras.core.templatetags.ui.page import again, may, message_tone, printed
from laras.core.templatetags.ui.registry import TONES, register
from laras.core.templatetags.ui.tables import address_with, count, filters, next_page, pages, sort_head, table

__all__ = [
    "TONES", "address_with", "again", "age", "card", "chip", "count", "day", "dialog", "empty", "escape_or_dash", "fact",
    "facts", "field", "fields", "filters", "form_errors", "form_key", "history", "hour", "icon", "initials", "kbd", "lookup",
    "may", "message_tone", "meter", "moment", "more", "next_page", "notice", "number", "number_code", "pages", "percent", "printed",
    "register", "rupiah", "since", "sort_head", "span", "stat", "steps", "tab", "table", "tabs", "timeline", "value", "when",
]  # fmt: skip
