"""Addresses of the core: the frame's own pages, accounts and their roles, the audit trail."""

from django.urls import path

from laras.core import views

app_name = "core"
urlpatterns = [
    path("komponen/", views.components, name="components"),
    path("pindah-lembaga/", views.switch_owner, name="switch_owner"),
    path("profil/", views.profile, name="profile"),
    path("profil/token/<uuid:token_id>/cabut/", views.token_revoke, name="token_revoke"),
    path("pengguna/", views.users, name="users"),
    path("pengguna/baru/", views.user_new, name="user_new"),
    path("pengguna/beri-peran/", views.user_invite, name="user_invite"),
    path("pengguna/<uuid:user_id>/", views.user, name="user"),
    path("pengguna/<uuid:user_id>/petugas/", views.user_person, name="user_person"),
    path("pengguna/<uuid:user_id>/peran/", views.user_role, name="user_role"),
    path("pengguna/<uuid:user_id>/peran/<uuid:assignment_id>/akhiri/", views.user_role_end, name="user_role_end"),
    path("pengguna/<uuid:user_id>/kata-sandi/", views.user_password, name="user_password"),
    path("pengguna/<uuid:user_id>/dua-langkah/", views.user_second_factor, name="user_second_factor"),
    path("pengguna/<uuid:user_id>/aktif/", views.user_active, name="user_active"),
    path("jejak-audit/", views.audit, name="audit"),
]
