"""Agreeing on a request: the checklist of one order or of a plan, and the laboratory's own rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from laras.core.forms import LarasForm
from laras.core.web import page, submit_once
from laras.orders import queries, reviews, rounds, services
from laras.orders.forms import placed
from laras.orders.models import RequestReview
from laras.orders.states import REVIEW_ANSWERS, REVIEW_OUTCOMES, REVIEW_WAYS
from laras.orders.views.registering import address_of

FACTS: list[Callable[[UUID, list[str]], list[tuple[str, str]]]] = []
"""What floors above know of the tests asked for (who is able, how long it takes): (label, text), shown beside the checklist."""


class ReviewForm(LarasForm):
    """The checklist: an answer and a note for each item, the outcome, and with whom it was agreed."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("Kesimpulan"),
        choices=list(REVIEW_OUTCOMES.items()),
        widget=forms.RadioSelect,
        required=False,
    )
    note = forms.CharField(
        label=gettext_lazy("Yang berubah, atau mengapa tidak diterima"), max_length=600, required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    agreed_with = forms.CharField(
        label=gettext_lazy("Disepakati dengan (wakil pelanggan)"), max_length=200, required=False
    )
    way = forms.ChoiceField(label=gettext_lazy("Melalui"), choices=list(REVIEW_WAYS.items()))

    def __init__(self, *args: Any, before: RequestReview | None = None, **options: Any) -> None:
        initial: dict[str, Any] = {}
        if before is not None:
            initial = {name: getattr(before, name) for name in ("outcome", "note", "agreed_with", "way")}
            initial |= {f"answer_{code}": answer for code, answer in before.answers.items()}
            initial |= {f"note_{code}": text for code, text in before.notes.items()}
        super().__init__(*args, initial=initial, **options)
        for item in reviews.items():
            self.fields[f"answer_{item.code}"] = forms.ChoiceField(
                label=item.here, choices=list(REVIEW_ANSWERS.items()), widget=forms.RadioSelect, required=False
            )
            self.fields[f"note_{item.code}"] = forms.CharField(
                label=_("Catatan: %(item)s") % {"item": item.here}, max_length=300, required=False
            )

    @property
    def lines(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[f"answer_{item.code}"], self[f"note_{item.code}"]) for item in reviews.items()]

    def review(self) -> dict[str, Any]:
        """As the service takes it."""
        values = self.cleaned_data
        return {
            "answers": {item.code: values[f"answer_{item.code}"] for item in reviews.items()},
            "notes": {item.code: values[f"note_{item.code}"] for item in reviews.items()},
            **{name: values[name] for name in ("outcome", "note", "agreed_with", "way")},
        }


def _review(
    request: HttpRequest, before: RequestReview | None, about: str, facts: list[tuple[str, str]], back: str, **of: UUID
) -> HttpResponse:
    form = ReviewForm(request.POST or None, before=before)
    if request.method == "POST" and form.is_valid():

        def work() -> str:
            services.review_request(request.actor, owner_id=request.owner.id, **of, **form.review())
            messages.success(request, _("Kaji ulang tersimpan."))
            return back

        with placed(form):
            return submit_once(request, work)
    context = {"form": form, "about": about, "facts": facts, "back": back, "before": before}
    return render(request, "orders/review.html", context, status=422 if form.errors else 200)


def _facts(request: HttpRequest, codes: list[str], total: int | None) -> list[tuple[str, str]]:
    from laras.core.templatetags.ui import rupiah

    found = [pair for ask in FACTS for pair in ask(request.owner.id, codes)]
    return found if total is None else [*found, (_("Biaya"), rupiah(total))]


@page("orders.register", "orders.receive_sample")
def review_order(request: HttpRequest, order_id: UUID) -> HttpResponse:
    detail = queries.get_order(request.scope, order_id)
    if not reviews.is_asked_of(detail.order):
        messages.info(request, _("Kaji ulang hanya untuk permintaan lingkungan, pangan, dan vektor."))
        return redirect(address_of(order_id))
    codes = list(dict.fromkeys(row.test_code for row in detail.requested if not row.cancelled))
    about = f"{detail.order.number} · {detail.subject}"
    facts = _facts(request, codes, detail.total)
    before = reviews.review_of(request.scope, order_id)
    return _review(request, before, about, facts, address_of(order_id), order_id=order_id)


@page("orders.register", "orders.receive_sample")
def review_plan(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    plan = rounds.get_plan(request.scope, plan_id)
    back = reverse("orders:sampling_plan", args=[plan_id])
    before = reviews.newest(request.scope, plan_id=plan_id)
    return _review(request, before, plan.name, _facts(request, list(plan.codes), None), back, plan_id=plan_id)


class PolicyForm(LarasForm):
    required = forms.BooleanField(
        label=gettext_lazy("Contoh lingkungan, pangan, dan vektor diterima hanya sesudah kaji ulang disepakati"),
        required=False,
        help_text=gettext_lazy(
            "Rujukan dari laboratorium lain tidak ikut: kesepakatannya ada pada penerimaan rujukan."
        ),
    )


@page("catalogue.manage")
def policy(request: HttpRequest) -> HttpResponse:
    """The laboratory's own rule: no receipt without a review."""
    form = PolicyForm(request.POST or None, initial={"required": reviews.required(request.owner.id)})
    back = reverse("orders:plans")
    if request.method == "POST" and form.is_valid():

        def work() -> str:
            services.insist_on_review(request.actor, owner_id=request.owner.id, required=form.cleaned_data["required"])
            messages.success(request, _("Aturan tersimpan."))
            return reverse("orders:review_policy")

        return submit_once(request, work)
    context = {"title": _("Kaji ulang permintaan"), "form": form, "submit": _("Simpan"), "back": back}
    return render(request, "core/form_page.html", context, status=422 if form.errors else 200)
