from django.urls import path

from laras.stores import views

app_name = "stores"

urlpatterns = [
    path("", views.shelf, name="shelf"),
    path("berakhir/", views.ending, name="ending"),
    path("<uuid:stock_id>/", views.item, name="item"),
    path("<uuid:stock_id>/terima/", views.receive, name="receive"),
    path("<uuid:stock_id>/pakai/", views.use, name="use"),
    path("<uuid:stock_id>/buka/", views.open_lot, name="open"),
    path("<uuid:stock_id>/koreksi/", views.correct, name="correct"),
    path("<uuid:stock_id>/buang/", views.discard, name="discard"),
    path("<uuid:stock_id>/ubah/", views.change, name="change"),
    path("<uuid:stock_id>/henti/", views.retire, name="retire"),
]
