"""Addresses of patients, below `pasien/`."""

from django.urls import path

from laras.people import views

app_name = "people"

urlpatterns = [
    path("", views.patients, name="patients"),
    path("baru/", views.register, name="register"),
    path("cari/", views.lookup, name="lookup"),
    path("cek-nik/", views.check_nik, name="check_nik"),
    path("wilayah/", views.areas, name="areas"),
    path("persetujuan/<uuid:consent_id>/cabut/", views.withdraw_consent, name="withdraw_consent"),
    path("gabungan/<uuid:merge_id>/batal/", views.undo_merge, name="undo_merge"),
    path("<uuid:patient_id>/", views.patient_page, name="patient"),
    path("<uuid:patient_id>/ubah/", views.edit, name="edit"),
    path("<uuid:patient_id>/gabung/", views.merge, name="merge"),
    path("<uuid:patient_id>/persetujuan/", views.give_consent, name="give_consent"),
    path("<uuid:patient_id>/nomor-lain/", views.add_identifier, name="add_identifier"),
    path("<uuid:patient_id>/hapus/", views.erase, name="erase"),
]
