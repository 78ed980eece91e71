from django.urls import path

from laras.interop.views import instruments, profiles, waiting

app_name = "interop"

urlpatterns = [
    path("", waiting.waiting, name="waiting"),
    path("nilai/<uuid:reading_id>/pasang/", waiting.assign, name="assign"),
    path("nilai/<uuid:reading_id>/sisihkan/", waiting.set_aside, name="set_aside"),
    path("pesan/<uuid:message_id>/sisihkan/", waiting.set_message_aside, name="set_message_aside"),
    path("terhubung/", instruments.instruments, name="instruments"),
    path("terhubung/<uuid:instrument_id>/", instruments.instrument, name="instrument"),
    path("terhubung/<uuid:instrument_id>/henti/", instruments.remove, name="remove_instrument"),
    path("terhubung/<uuid:instrument_id>/baca-ulang/", instruments.read_again, name="read_again"),
    path("profil/", profiles.profiles, name="profiles"),
    path("profil/<slug:name>/", profiles.profile, name="profile"),
]
