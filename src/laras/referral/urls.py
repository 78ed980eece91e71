from django.urls import path

from laras.referral.views import boxes, calendar, incoming, outgoing

app_name = "referral"
urlpatterns = [
    path("", outgoing.outgoing, name="outgoing"),
    path("kirim/<uuid:order_id>/", outgoing.send, name="send"),
    path("terkirim/", outgoing.sent_list, name="sent"),
    path("keluar/<uuid:referral_id>/", outgoing.outgoing_referral, name="outgoing_referral"),
    path("keluar/<uuid:referral_id>/batal/", outgoing.cancel, name="cancel"),
    path("keluar/<uuid:referral_id>/surat-pengantar/", outgoing.manifest, name="manifest"),
    path("keluar/<uuid:referral_id>/ambil/<uuid:item_id>/", outgoing.take_kept_back, name="take_kept_back"),
    path("jadwal/", calendar.calendar, name="calendar"),
    path("jadwal/<uuid:pickup_id>/hapus/", calendar.remove_pickup, name="remove_pickup"),
    path("kotak/", boxes.boxes, name="boxes"),
    path("kotak/<uuid:box_id>/", boxes.box, name="box"),
    path("kotak/<uuid:box_id>/serah/", boxes.hand_over, name="hand_over_box"),
    path("kotak/<uuid:box_id>/keluarkan/<uuid:packed_id>/", boxes.unpack, name="unpack"),
    path("kotak/<uuid:box_id>/batal/", boxes.discard, name="discard_box"),
    path("kotak/<uuid:box_id>/daftar-isi/", boxes.manifest, name="box_manifest"),
    path("kotak/<uuid:box_id>/suhu/", boxes.add_log, name="add_log"),
    path("kotak/<uuid:box_id>/suhu/<uuid:log_id>/", boxes.log_file, name="log_file"),
    path("kotak-masuk/<uuid:box_id>/", boxes.incoming_box, name="incoming_box"),
    path("kotak-masuk/<uuid:box_id>/sampai/", boxes.receive, name="receive_box"),
    path("kotak-masuk/<uuid:box_id>/selesai/", boxes.finish, name="finish_box"),
    path("kotak-masuk/<uuid:box_id>/suhu/", boxes.add_log_on_arrival, name="add_log_on_arrival"),
    path("kotak-masuk/<uuid:box_id>/suhu/<uuid:log_id>/", boxes.arrived_log_file, name="arrived_log_file"),
    path("masuk/", incoming.incoming, name="incoming"),
    path("masuk/semua/", incoming.received_list, name="received"),
    path("masuk/<uuid:referral_id>/", incoming.incoming_referral, name="incoming_referral"),
    path("masuk/<uuid:referral_id>/tolak/", incoming.refuse, name="refuse"),
]
