"""Addresses of the core: the frame's own pages, accounts and their roles, the audit trail."""

from django.urls import path

from laras.core import views

app_name = "core"
urlpatterns = [
    path("komponen/", views.components, name="components"),
    path("pindah-lembaga/", views.switch_owner, name="switch_owner"),
    path("profil/", views.profile, name="profile"),
]
