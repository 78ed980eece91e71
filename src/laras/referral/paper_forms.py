"""Forms of referrals on paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from laras.core.forms import DropInput, LarasForm, MomentField, ReasonField, RupiahField
from laras.referral.messages import FINDING_LABELS, REFUSAL_LABELS
from laras.referral.models import BoxItem, OutgoingItem
from laras.referral.rules.paper import FLAGS
from laras.referral.types import PaperLine


class PaperPartnerForm(LarasForm):
    code = forms.CharField(
        label=_("Kode laboratorium"), max_length=24, help_text=_("Seperti di direktori jejaring, misalnya RSUD-01.")
    )
    note = forms.CharField(label=_("Keterangan"), max_length=240, required=False)


class PaperTestForm(LarasForm):
    test_code = forms.CharField(label=_("Kode pemeriksaan"), max_length=60)
    tat_hours = forms.IntegerField(label=_("Selesai dalam (jam)"), min_value=1, max_value=24 * 366)
    price = RupiahField(label=_("Harga yang disepakati"), required=False)


OUTCOMES = {"accepted": _("Diterima di sana"), "refused": _("Ditolak di sana"), "cancelled": _("Pembatalan disetujui")}


class DecisionForm(LarasForm):
    """What the laboratory said of a referral, without a value."""

    outcome = forms.ChoiceField(label=_("Jawabannya"), choices=list(OUTCOMES.items()))
    at = MomentField(label=_("Kapan"), required=False, help_text=_("Kosong berarti sekarang."))
    remote_number = forms.CharField(label=_("Nomor di sana"), max_length=48, required=False)
    reason = forms.ChoiceField(
        label=_("Alasan penolakan"), choices=[("", "—"), *REFUSAL_LABELS.items()], required=False
    )
    note = forms.CharField(label=_("Keterangan"), max_length=240, required=False)

    def __init__(self, status: str, data: Any = None) -> None:
        super().__init__(data, auto_id="jawaban_%s")
        known = dict(OUTCOMES)
        if status != "cancelling":
            known.pop("cancelled")
        self.fields["outcome"].choices = list(known.items())


class SheetForm(LarasForm):
    sheet = forms.FileField(
        label=_("Berkas CSV atau Excel"),
        widget=DropInput(attrs={"accept": ".csv,.txt,text/csv,.xlsx,.xls,.ods"}),
        error_messages={"required": _("Pilih berkas CSV."), "empty": _("Berkas kosong.")},
    )


PARTS = ("raw", "unit", "flag", "reference", "comment")
WITHDRAWN = "withdrawn"


class ResultsForm(LarasForm):
    """The scanned report and its values, a row for each item; a row without a value is passed over."""

    scan = forms.FileField(
        label=_("Hasil pindai LHU (PDF, JPEG, PNG)"),
        widget=DropInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png,application/pdf,image/jpeg,image/png"}),
        error_messages={"required": _("Lampirkan hasil pindai LHU."), "empty": _("Berkas kosong.")},
    )
    report = forms.CharField(label=_("Nomor LHU"), max_length=60)
    at = MomentField(label=_("Tanggal LHU"), required=False, help_text=_("Kosong berarti sekarang."))
    interim = forms.BooleanField(label=_("Hasil sementara"), required=False)
    note = forms.CharField(label=_("Keterangan"), max_length=240, required=False)

    def __init__(
        self,
        items: Sequence[OutgoingItem],
        names: Mapping[str, str],
        *,
        lines: Mapping[UUID, PaperLine] | None = None,
        data: Any = None,
        files: Any = None,
    ) -> None:
        super().__init__(data, files)
        self.items, self.names = list(items), names
        flags = [(flag, flag or "—") for flag in FLAGS]
        for item in self.items:
            name = f"{names.get(item.test_code, item.test_code)} {item.sample.number}"
            line = (lines or {}).get(item.id)
            for part, label, most in (
                ("raw", _("Hasil %(name)s"), 2000),
                ("unit", _("Satuan %(name)s"), 40),
                ("reference", _("Nilai rujukan %(name)s"), 200),
                ("comment", _("Keterangan %(name)s"), 500),
            ):
                self.fields[f"{part}_{item.id.hex}"] = forms.CharField(
                    label=label % {"name": name},
                    max_length=most,
                    required=False,
                    initial=getattr(line, part) if line else "",
                )
            choices = [*flags, (WITHDRAWN, _("ditarik"))] if item.status == "resulted" else flags
            self.fields[f"flag_{item.id.hex}"] = forms.ChoiceField(
                label=_("Tanda %(name)s") % {"name": name},
                choices=choices,
                required=False,
                initial=line.flag if line and line.flag in FLAGS else "",
            )
            if line and line.method:
                self.fields[f"method_{item.id.hex}"] = forms.CharField(
                    max_length=160, required=False, initial=line.method, widget=forms.HiddenInput
                )

    def rows(self) -> list[dict[str, Any]]:
        found = []
        for item in self.items:
            row = {part: self[f"{part}_{item.id.hex}"] for part in PARTS}
            method = f"method_{item.id.hex}"
            row["method"] = self[method] if method in self.fields else None
            found.append({"item": item, "name": self.names.get(item.test_code, item.test_code), **row})
        return found

    def lines(self) -> list[PaperLine]:
        """Rows with a value, or whose report was withdrawn."""
        values, found = self.cleaned_data, []
        for item in self.items:
            given = {part: values.get(f"{part}_{item.id.hex}", "") for part in (*PARTS, "method")}
            if given["flag"] == WITHDRAWN:
                found.append(PaperLine(item.id, "withdrawn"))
            elif given["raw"]:
                found.append(PaperLine(item.id, "resulted", interim=values["interim"], **given))
        return found

    def place(self, row: int, field: str) -> str:
        """The field of this form that a problem of the ``row``-th line (from 1) is about."""
        line = self.lines()[row - 1]
        name = f"{field if field in PARTS else 'raw'}_{line.item.hex}"
        return name if name in self.fields else "raw"


class ReturnForm(LarasForm):
    reason = ReasonField(label=_("Apa yang tidak cocok"), max_length=240)


class ReceiptForm(LarasForm):
    """The signed receipt of a box: each specimen with what was found of it."""

    who = forms.CharField(label=_("Diterima oleh"), max_length=120)
    at = MomentField(label=_("Kapan"), required=False, help_text=_("Kosong berarti sekarang."))
    accepted = forms.BooleanField(label=_("Rujukannya diterima untuk dikerjakan"), required=False, initial=True)

    def __init__(self, items: Sequence[BoxItem], data: Any = None) -> None:
        super().__init__(data, auto_id="terima_%s")
        self.items = list(items)
        choices = [one for one in FINDING_LABELS.items() if one[0] != "extra"]
        for item in self.items:
            self.fields[f"finding_{item.id.hex}"] = forms.ChoiceField(
                label=_("Temuan %(sample)s") % {"sample": item.sample.number}, choices=choices, initial="present"
            )
            self.fields[f"note_{item.id.hex}"] = forms.CharField(
                label=_("Keterangan %(sample)s") % {"sample": item.sample.number}, max_length=240, required=False
            )

    def rows(self) -> list[tuple[BoxItem, Any, Any]]:
        return [(item, self[f"finding_{item.id.hex}"], self[f"note_{item.id.hex}"]) for item in self.items]

    def findings(self) -> dict[UUID, tuple[str, str]]:
        values = self.cleaned_data
        return {item.id: (values[f"finding_{item.id.hex}"], values[f"note_{item.id.hex}"]) for item in self.items}
