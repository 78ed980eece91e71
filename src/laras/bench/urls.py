from django.urls import path

from laras.bench import views

app_name = "bench"

urlpatterns = [
    path("", views.worklist, name="worklist"),
    path("hitung/", views.calculate, name="calculate"),
    path("nilai/", views.judge, name="judge"),
    path("waktu-simpan/", views.holding, name="holding"),
    path("waktu-simpan/mulai/", views.begin, name="begin"),
    path("kinerja/", views.performance, name="performance"),
    path("kinerja/tetapkan/", views.set_performance, name="set_performance"),
    path("kinerja/aturan/", views.choose_rule, name="choose_rule"),
    path("pool/", views.pools, name="pools"),
    path("verifikasi/", views.verification, name="verification"),
    path("validasi/", views.validation, name="validation"),
    path("aturan/", views.auto_rules, name="auto_rules"),
    path("aturan/<uuid:rule_id>/", views.auto_rule, name="auto_rule"),
    path("kritis/", views.critical, name="critical"),
    path("kritis/<uuid:call_id>/", views.call, name="call"),
    path("ditahan/", views.holds, name="holds"),
    path("ditahan/<uuid:hold_id>/lepas/", views.lift, name="lift"),
    path("hasil/<uuid:result_id>/", views.result, name="result"),
    path("hasil/<uuid:result_id>/<slug:act>/", views.act, name="act"),
]
