from django.urls import path

from laras.reports import views

app_name = "reports"
urlpatterns = [
    path("", views.report_list, name="list"),
    path("siap/", views.ready, name="ready"),
    path("unduh/", views.download, name="download"),
    path("terbit/<uuid:order_id>/", views.release, name="release"),
    path("draf/<uuid:order_id>/", views.draft, name="draft"),
    path("cek/<str:token>/", views.public, name="public"),
    path("<uuid:report_id>/", views.report_detail, name="detail"),
    path("<uuid:report_id>/pdf/", views.pdf, name="pdf"),
    path("<uuid:report_id>/salinan/", views.copy, name="copy"),
]
