"""Addresses of the directory; mounted at ``/jejaring/``."""

from django.urls import path

from laras.network.views import areas, importing, institutions, jurisdictions, maps, organisations, regions, succession

app_name = "network"
urlpatterns = [
    path("", organisations.laboratories, name="laboratories"),
    path("baru/", organisations.create, name="create"),
    path("impor/", importing.import_sheet, name="import"),
    path("impor/terima/", importing.accept_sheet, name="accept_import"),
    path("batas/", maps.boundaries, name="boundaries"),
    path("batas/<uuid:set_id>/", maps.boundary_set, name="boundary_set"),
    path("batas/<uuid:set_id>/status/", maps.move_boundaries, name="boundary_move"),
    path("wilayah/", areas.areas, name="areas"),
    path("wilayah/pilihan/", areas.area_options, name="area_options"),
    path("wilayah/<str:code>/", areas.area, name="area"),
    path("wilayah/<str:code>/perubahan/", succession.succession, name="succession"),
    path("kewenangan/", jurisdictions.jurisdictions, name="jurisdictions"),
    path("regional/", regions.regions, name="regions"),
    path("regional/ubah/", regions.assign_province, name="assign_province"),
    path("institusi/", institutions.institutions, name="institutions"),
    path("institusi/baru/", institutions.create_institution, name="create_institution"),
    path("institusi/<uuid:institution_id>/", institutions.institution, name="institution"),
    path("institusi/<uuid:institution_id>/ubah/", institutions.alter_institution, name="alter_institution"),
    path("lembaga/<uuid:organisation_id>/", organisations.organisation, name="organisation"),
    path("lembaga/<uuid:organisation_id>/ubah/", organisations.alter, name="alter"),
    path("lembaga/<uuid:organisation_id>/tutup/", organisations.close, name="close"),
    path("lembaga/<uuid:organisation_id>/buka/", organisations.reopen, name="reopen"),
    path("lembaga/<uuid:organisation_id>/kewenangan/", jurisdictions.alter_jurisdiction, name="alter_jurisdiction"),
]
