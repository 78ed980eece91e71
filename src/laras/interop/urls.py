from django.urls import path

from laras.interop import views

app_name = "interop"

urlpatterns = [
    path("", views.waiting, name="waiting"),
    path("nilai/<uuid:reading_id>/pasang/", views.assign, name="assign"),
    path("nilai/<uuid:reading_id>/sisihkan/", views.set_aside, name="set_aside"),
    path("pesan/<uuid:message_id>/sisihkan/", views.set_message_aside, name="set_message_aside"),
]
