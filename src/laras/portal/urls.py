from django.urls import path

from laras.portal import views

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("cari/", views.find, name="find"),
]
