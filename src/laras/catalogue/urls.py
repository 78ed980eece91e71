"""Addresses of the catalogue, below ``katalog/``."""

from django.urls import path

from laras.catalogue import views

app_name = "catalogue"

urlpatterns = [
    path("", views.tests, name="tests"),
    path("panel/", views.panels, name="panels"),
    path("baku-mutu/", views.standards, name="standards"),
    path("baku-mutu/<str:code>/", views.standard, name="standard"),
    path("baku-mutu/<str:code>/adopsi/", views.adopt_standard, name="adopt_standard"),
    path("nilai-kritis/", views.criticals, name="criticals"),
    path("nilai-kritis/adopsi/", views.adopt_practice, name="adopt_practice"),
    path("waktu-simpan/", views.handling, name="handling"),
    path("waktu-simpan/adopsi/", views.adopt_handling, name="adopt_handling"),
    path("waktu-simpan/tetapkan/", views.set_handling, name="set_handling"),
    path("perubahan/", views.releases, name="releases"),
    path("pemeriksaan/baru/", views.add_test, name="add_test"),
    path("pemeriksaan/<str:code>/", views.test, name="test"),
    path("pemeriksaan/<str:code>/ubah/", views.change_test, name="change_test"),
    path("pemeriksaan/<str:code>/adopsi/", views.adopt, name="adopt"),
    path("pemeriksaan/<str:code>/nilai-kritis/", views.set_critical, name="set_critical"),
    path("pemeriksaan/<str:code>/nilai-rujukan/", views.set_range, name="set_range"),
    path("pemeriksaan/<str:code>/cabut/", views.withdraw, name="withdraw"),
]
