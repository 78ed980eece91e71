"""Addresses of senders and clients, below `pengirim/`."""

from django.urls import path

from laras.partners import views

app_name = "partners"

urlpatterns = [
    path("", views.clients, name="clients"),
    path("baru/", views.register, name="register"),
    path("cari/", views.lookup, name="lookup"),
    path("wilayah/", views.areas, name="areas"),
    path("dokter/<uuid:practitioner_id>/", views.retire_practitioner, name="retire_practitioner"),
    path("perjanjian/<uuid:agreement_id>/tanda-tangan/", views.sign_agreement, name="sign_agreement"),
    path("perjanjian/<uuid:agreement_id>/akhiri/", views.end_agreement, name="end_agreement"),
    path("<uuid:client_id>/", views.client_page, name="client"),
    path("<uuid:client_id>/ubah/", views.edit, name="edit"),
    path("<uuid:client_id>/status/", views.move, name="move"),
    path("<uuid:client_id>/dokter/", views.add_practitioner, name="add_practitioner"),
    path("<uuid:client_id>/perjanjian/", views.draft_agreement, name="draft_agreement"),
]
