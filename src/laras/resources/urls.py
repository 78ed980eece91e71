"""Addresses of what laboratories can do and have; mounted at ``/kemampuan/``."""

from django.urls import path

from laras.resources.views import capabilities as views
from laras.resources.views import equipment, maps, needs, permits, prices, sheets

app_name = "resources"
urlpatterns = [
    path("", views.own, name="own"),
    path("mencari/", views.find, name="find"),
    path("pilihan/", views.test_options, name="test_options"),
    path("pemenuhan/", equipment.overview, name="overview"),
    path("pemenuhan/pelaporan/", equipment.reporting, name="reporting"),
    path("peta/", maps.network_map, name="map"),
    path("peta/publik/", maps.public_map, name="public_map"),
    path("kebutuhan/", needs.needs, name="needs"),
    path("harga/", prices.prices, name="prices"),
    path("harga/berkas/", prices.upload, name="price_upload"),
    path("harga/berkas/terima/", prices.accept, name="price_accept"),
    path("harga/contoh/", prices.examples, name="price_examples"),
    path("harga/alat/<str:code>/", prices.price, name="price"),
    path("harga/alat/<str:code>/hapus/", prices.remove, name="price_remove"),
    path("<uuid:organisation_id>/kebutuhan/", needs.laboratory, name="need"),
    path("berkas/", sheets.upload, name="sheet_upload"),
    path("berkas/periksa/", sheets.check, name="sheet_check"),
    path("berkas/terima/", sheets.accept, name="sheet_accept"),
    path("izin/", permits.ending, name="permits_ending"),
    path("<uuid:organisation_id>/izin/", permits.permits, name="permits"),
    path("<uuid:organisation_id>/izin/tambah/", permits.add, name="permit_add"),
    path("<uuid:organisation_id>/izin/<uuid:permit_id>/", permits.permit, name="permit"),
    path("<uuid:organisation_id>/izin/<uuid:permit_id>/ubah/", permits.alter, name="permit_alter"),
    path("<uuid:organisation_id>/izin/<uuid:permit_id>/langkah/", permits.step, name="permit_step"),
    path("<uuid:organisation_id>/izin/<uuid:permit_id>/kembali/", permits.send_back, name="permit_return"),
    path("<uuid:organisation_id>/izin/<uuid:permit_id>/terbit/", permits.issue, name="permit_issue"),
    path("<uuid:organisation_id>/izin/<uuid:permit_id>/perpanjang/", permits.renew, name="permit_renew"),
    path("<uuid:organisation_id>/izin/<uuid:permit_id>/status/", permits.move, name="permit_move"),
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
