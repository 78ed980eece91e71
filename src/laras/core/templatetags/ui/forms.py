"""Fields of forms with their label, help and errors, and the summary of what is wrong."""

from __future__ import annotations

from typing import Any

from django import forms, template
from django.forms import BaseForm, BoundField
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from laras.core import web
from laras.core.templatetags.ui.marks import icon
from laras.core.templatetags.ui.registry import NOTHING, register


@register.simple_tag
def form_key() -> SafeString:
    """The hidden key that makes a form safe to press twice (``core.web.submit_once``)."""
    return format_html('<input type="hidden" name="form_key" value="{}">', web.form_key())


_WIDGET_CLASSES: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxInput, "check"),
    (forms.SelectMultiple, "select multiple"),
    (forms.Select, "select"),
    (forms.Textarea, "input textarea"),
    (forms.FileInput, "file"),
)


@register.simple_tag
def field(
    bound: BoundField,
    *,
    label: str = "",
    help: str = "",
    unit: str = "",
    size: str = "",
    hide_label: bool = False,
    marked: bool = True,
    **attributes: Any,
) -> SafeString:
    """One field with label, help, errors and their links: ``{% field form.nik size="short" inputmode="numeric" %}``.

    ``size``: ``short`` (a date, a number), ``medium`` or nothing (full width). ``unit`` stands behind the input. Other keywords become
    attributes of the input (``_`` is written ``-``; ``True`` stands alone). ``marked=False`` leaves out "boleh kosong".
    """
    if isinstance(bound, str) or not bound:
        raise template.TemplateSyntaxError("{% field %} needs a field of a form")
    widget = bound.field.widget
    if widget.is_hidden:
        return bound.as_hidden()
    errors = list(bound.errors)
    help_text = help or bound.help_text
    grouped = widget.use_fieldset
    attrs: dict[str, Any] = {}
    for name, given in attributes.items():
        if given is not False and given is not None:
            attrs[name.replace("_", "-")] = given
    css = next((css for kind, css in _WIDGET_CLASSES if isinstance(widget, kind)), "input")
    if not grouped:
        attrs["class"] = " ".join(filter(None, [css, widget.attrs.get("class"), attrs.get("class")]))
    described = []
    name = bound.auto_id or bound.html_name
    if help_text:
        described.append(f"{name}_help")
    if errors:
        described.append(f"{name}_error")
        attrs["aria-invalid"] = "true"
    if described and not grouped:
        attrs["aria-describedby"] = " ".join(described)
    if bound.field.required and not grouped:
        attrs["aria-required"] = "true"
    control = bound.as_widget(attrs=attrs)
    if unit:
        control = format_html('<span class="with-unit">{}<span class="unit">{}</span></span>', control, unit)
    required_mark = (
        NOTHING
        if bound.field.required or not marked
        else format_html(' <span class="optional">({})</span>', _("boleh kosong"))
    )
    if isinstance(widget, forms.CheckboxInput):
        required_mark = NOTHING
    label_text = label or bound.label
    hint = format_html('<p class="help" id="{}_help">{}</p>', name, help_text) if help_text else NOTHING
    wrong = (
        format_html(
            '<p class="error" id="{}_error">{}{}</p>',
            name,
            icon("notice-danger"),
            format_html_join(" ", "{}", ((e,) for e in errors)),
        )
        if errors
        else NOTHING
    )
    kind = " ".join(filter(None, ["field", size, "wrong" if errors else ""]))
    hidden = " visually-hidden" if hide_label else ""
    if grouped:
        return format_html(
            '<fieldset class="{} group{}" id="{}"{}><legend class="label{}">{}{}</legend>{}{}{}</fieldset>',
            kind,
            " many" if isinstance(widget, forms.CheckboxSelectMultiple) else "",
            name,
            format_html(' aria-describedby="{}"', " ".join(described)) if described else NOTHING,
            hidden,
            label_text,
            required_mark,
            hint,
            wrong,
            control,
        )
    if isinstance(widget, forms.CheckboxInput):
        return format_html(
            '<div class="{} tick"><label class="choice">{}<span>{}</span></label>{}{}</div>',
            kind,
            control,
            label_text,
            hint,
            wrong,
        )
    return format_html(
        '<div class="{}"><label class="label{}" for="{}">{}{}</label>{}{}{}</div>',
        kind,
        hidden,
        bound.id_for_label,
        label_text,
        required_mark,
        hint,
        wrong,
        control,
    )


@register.simple_tag
def fields(form: BaseForm) -> SafeString:
    """All fields of a form in their order, hidden ones included."""
    return format_html_join("", "{}", ((field(bound),) for bound in form))


@register.simple_tag
def form_errors(*given: Any) -> SafeString:
    """The summary on top: each error with a link to its field. Takes forms and formsets."""
    lines: list[SafeString] = []
    for item in given:
        if not item:
            continue
        forms_ = item.forms if hasattr(item, "management_form") else [item]
        if hasattr(item, "non_form_errors"):
            lines += [format_html("<li>{}</li>", e) for e in item.non_form_errors()]
        for form in forms_:
            if not form.is_bound:
                continue
            lines += [format_html("<li>{}</li>", error) for error in form.non_field_errors()]
            for bound in form:
                target = bound.auto_id if bound.field.widget.use_fieldset else bound.id_for_label
                for error in bound.errors:
                    lines.append(
                        format_html('<li><a href="#{}">{}</a>: {}</li>', target or bound.auto_id, bound.label, error)
                    )
    if not lines:
        return NOTHING
    return format_html(
        '<div class="error-summary" role="alert" tabindex="-1" data-focus><h2>{}</h2><ul>{}</ul></div>',
        ngettext("Ada satu hal yang perlu diperbaiki", "Ada %(n)d hal yang perlu diperbaiki", len(lines))
        % {"n": len(lines)},
        format_html_join("", "{}", ((line,) for line in lines)),
    )
