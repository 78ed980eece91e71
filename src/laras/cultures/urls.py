from django.urls import path

from laras.cultures import views

app_name = "cultures"

urlpatterns = [
    path("", views.worklist, name="worklist"),
    path("tanam/", views.plant, name="plant"),
    path("kepadatan/", views.densities, name="densities"),
    path("antibiogram/", views.antibiogram, name="antibiogram"),
    path("titik-potong/", views.tables, name="tables"),
    path("titik-potong/<uuid:table_id>/", views.table, name="table"),
    path("panel/", views.panel, name="panel"),
    path("isolat/<uuid:isolate_id>/identifikasi/", views.identify, name="identify"),
    path("isolat/<uuid:isolate_id>/kepekaan/", views.susceptibility, name="susceptibility"),
    path("isolat/<uuid:isolate_id>/gugur/", views.drop, name="drop"),
    path("kepekaan/<uuid:tested_id>/", views.override, name="override"),
    path("<uuid:culture_id>/", views.culture, name="culture"),
    path("<uuid:culture_id>/baca/", views.read, name="read"),
    path("<uuid:culture_id>/subkultur/", views.subculture, name="subculture"),
    path("<uuid:culture_id>/isolat/", views.pick, name="pick"),
    path("<uuid:culture_id>/sementara/", views.interim, name="interim"),
    path("<uuid:culture_id>/selesai/", views.finish, name="finish"),
    path("<uuid:culture_id>/buka/", views.reopen, name="reopen"),
    path("<uuid:culture_id>/batal/", views.cancel, name="cancel"),
]
