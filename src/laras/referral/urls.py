from django.urls import path

from laras.referral import views

app_name = "referral"
urlpatterns = [
    path("", views.outgoing, name="outgoing"),
    path("kirim/<uuid:order_id>/", views.send, name="send"),
    path("terkirim/", views.sent_list, name="sent"),
    path("keluar/<uuid:referral_id>/", views.outgoing_referral, name="outgoing_referral"),
    path("keluar/<uuid:referral_id>/batal/", views.cancel, name="cancel"),
    path("keluar/<uuid:referral_id>/surat-pengantar/", views.manifest, name="manifest"),
    path("keluar/<uuid:referral_id>/ambil/<uuid:item_id>/", views.take_kept_back, name="take_kept_back"),
    path("masuk/", views.incoming, name="incoming"),
    path("masuk/semua/", views.received_list, name="received"),
    path("masuk/<uuid:referral_id>/", views.incoming_referral, name="incoming_referral"),
    path("masuk/<uuid:referral_id>/tolak/", views.refuse, name="refuse"),
]
