"""Addresses of surveillance; mounted at ``/surveilans/``."""

from django.urls import path

from laras.surveillance.views import breakdown, events, foods, notices, overview, public

app_name = "surveillance"
urlpatterns = [
    path("", overview.overview, name="overview"),
    path("penyakit/<slug:disease>/", overview.disease, name="disease"),
    path("penyakit/<slug:disease>/rincian/", breakdown.breakdown, name="breakdown"),
    path("definisi/", overview.rules, name="rules"),
    path("definisi/ambang/", overview.adopt, name="adopt"),
    path("pemberitahuan/", notices.notices, name="notices"),
    path("pemberitahuan/pengaturan/", notices.notice_settings, name="notice_settings"),
    path("pemberitahuan/kunci/", notices.webhook_key, name="webhook_key"),
    path("pemberitahuan/<uuid:notice_id>/", notices.acknowledge, name="acknowledge"),
    path("publik/", public.public, name="public"),
    path("buletin/<slug:week>/", events.bulletin, name="bulletin"),
    path("sinyal/<uuid:signal_id>/", events.signal, name="signal"),
    path("sinyal/<uuid:signal_id>/triase/", events.triage, name="triage"),
    path("sinyal/<uuid:signal_id>/kejadian/", events.join, name="join"),
    path("kejadian/", events.events, name="events"),
    path("kejadian/<uuid:outbreak_id>/", events.event, name="event"),
    path("kejadian/<uuid:outbreak_id>/verifikasi/", events.verify, name="verify"),
    path("kejadian/<uuid:outbreak_id>/risiko/", events.assess, name="assess"),
    path("kejadian/<uuid:outbreak_id>/tetapkan/", events.declare, name="declare"),
    path("kejadian/<uuid:outbreak_id>/akhiri/", events.end, name="end"),
    path("kejadian/<uuid:outbreak_id>/tutup/", events.close, name="close"),
    path("kejadian/<uuid:outbreak_id>/bukan/", events.refute, name="refute"),
    path("kejadian/<uuid:outbreak_id>/tim/", events.add_member, name="add_member"),
    path("kejadian/<uuid:outbreak_id>/nama/", events.names, name="names"),
    path("kejadian/<uuid:outbreak_id>/kasus/", events.cases_file, name="cases_file"),
    path("kejadian/<uuid:outbreak_id>/laporan/", events.event_report, name="event_report"),
    path("kejadian/<uuid:outbreak_id>/w1/", events.first_report, name="first_report"),
    path("kejadian/<uuid:outbreak_id>/populasi/", events.population, name="population"),
    path("kejadian/<uuid:outbreak_id>/makanan/", foods.study, name="study"),
    path("kejadian/<uuid:outbreak_id>/makanan/atur/", foods.describe, name="describe_study"),
    path("kejadian/<uuid:outbreak_id>/makanan/daftar/", foods.diners, name="diners"),
    path("kejadian/<uuid:outbreak_id>/makanan/simpan/", foods.save_diners, name="save_diners"),
    path("kejadian/<uuid:outbreak_id>/makanan/berkas/", foods.upload_diners, name="upload_diners"),
    path("kejadian/<uuid:outbreak_id>/makanan/terima/", foods.accept_diners, name="accept_diners"),
]
