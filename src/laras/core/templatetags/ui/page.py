"""The frame of a page: blocks rendered twice, tones of messages, the foot of a print."""

from __future__ import annotations

from django.http import HttpRequest
from django.template import Context
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.utils.safestring import SafeString, mark_safe

from laras.core import clock
from laras.core.templatetags.ui.format import moment
from laras.core.templatetags.ui.registry import NOTHING, register

_MESSAGE_TONES = {"debug": "info", "info": "info", "success": "done", "warning": "waiting", "error": "danger"}


@register.simple_tag(takes_context=True)
def again(context: Context, name: str) -> SafeString:
    """What block ``name`` of this page renders, once more: the title serves ``<title>`` and ``<h1>``."""
    blocks = context.render_context.get(BLOCK_CONTEXT_KEY)
    block = blocks.get_block(name) if blocks else None
    if block is None:
        return NOTHING
    with context.push():
        return mark_safe(block.nodelist.render(context).strip())


@register.filter
def message_tone(tags: str) -> str:
    """The tone of a Django message from its level tag."""
    return next((_MESSAGE_TONES[tag] for tag in tags.split() if tag in _MESSAGE_TONES), "info")


@register.simple_tag
def printed() -> str:
    """The present moment, for the foot of a printed page."""
    return moment(clock.now())


@register.filter
def may(request: HttpRequest, right: str) -> bool:
    """``{% if request|may:"orders.read" %}``: whether this person holds the right where they work now, so that no link leads
    to a page that refuses them."""
    actor = getattr(request, "actor", None)
    return bool(actor and actor.can(right, request.owner.id))
