"""Addresses of the directory; mounted at ``/jejaring/``."""

from django.urls import path

from laras.network import views

app_name = "network"
urlpatterns = [
    path("", views.laboratories, name="laboratories"),
    path("baru/", views.create, name="create"),
    path("impor/", views.import_sheet, name="import"),
    path("impor/terima/", views.accept_sheet, name="accept_import"),
    path("wilayah/", views.areas, name="areas"),
    path("wilayah/pilihan/", views.area_options, name="area_options"),
    path("wilayah/<str:code>/", views.area, name="area"),
    path("lembaga/<uuid:organisation_id>/", views.organisation, name="organisation"),
    path("lembaga/<uuid:organisation_id>/ubah/", views.alter, name="alter"),
]
