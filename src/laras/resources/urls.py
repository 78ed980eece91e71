"""Addresses of what laboratories can do; mounted at ``/kemampuan/``."""

from django.urls import path

from laras.resources import views

app_name = "resources"
urlpatterns = [
    path("", views.own, name="own"),
    path("mencari/", views.find, name="find"),
    path("pilihan/", views.test_options, name="test_options"),
    path("<uuid:organisation_id>/", views.laboratory, name="laboratory"),
    path("<uuid:organisation_id>/tambah/", views.add, name="add"),
    path("<uuid:organisation_id>/<uuid:capability_id>/", views.capability, name="capability"),
    path("<uuid:organisation_id>/<uuid:capability_id>/ubah/", views.alter, name="alter"),
    path("<uuid:organisation_id>/<uuid:capability_id>/hentikan/", views.pause, name="pause"),
    path("<uuid:organisation_id>/<uuid:capability_id>/aktifkan/", views.resume, name="resume"),
    path("<uuid:organisation_id>/<uuid:capability_id>/hapus/", views.remove, name="remove"),
]
