"""Addresses of what laboratories can do and have; mounted at ``/kemampuan/``."""

from django.urls import path

from laras.resources.views import capabilities as views
from laras.resources.views import equipment

app_name = "resources"
urlpatterns = [
    path("", views.own, name="own"),
    path("mencari/", views.find, name="find"),
    path("pilihan/", views.test_options, name="test_options"),
    path("pemenuhan/", equipment.overview, name="overview"),
    path("pemenuhan/pelaporan/", equipment.reporting, name="reporting"),
    path("<uuid:organisation_id>/alat/", equipment.equipment, name="equipment"),
    path("<uuid:organisation_id>/alat/tambah/", equipment.add, name="equipment_add"),
    path("<uuid:organisation_id>/alat/sisanya-tidak-ada/", equipment.rest, name="equipment_rest"),
    path("<uuid:organisation_id>/alat/laporkan/", equipment.confirm, name="equipment_confirm"),
    path("<uuid:organisation_id>/alat/<uuid:equipment_id>/ubah/", equipment.alter, name="equipment_alter"),
    path("<uuid:organisation_id>/alat/<uuid:equipment_id>/hapus/", equipment.remove, name="equipment_remove"),
    path("<uuid:organisation_id>/alat/<uuid:equipment_id>/cocokkan/", equipment.match, name="equipment_match"),
    path("<uuid:organisation_id>/", views.laboratory, name="laboratory"),
    path("<uuid:organisation_id>/tambah/", views.add, name="add"),
    path("<uuid:organisation_id>/<uuid:capability_id>/", views.capability, name="capability"),
    path("<uuid:organisation_id>/<uuid:capability_id>/ubah/", views.alter, name="alter"),
    path("<uuid:organisation_id>/<uuid:capability_id>/hentikan/", views.pause, name="pause"),
    path("<uuid:organisation_id>/<uuid:capability_id>/aktifkan/", views.resume, name="resume"),
    path("<uuid:organisation_id>/<uuid:capability_id>/hapus/", views.remove, name="remove"),
]
