"""Addresses of orders and samples, below `permintaan/`."""

from django.urls import path

from laras.orders.views import orders, programmes, registering, samples

app_name = "orders"

urlpatterns = [
    path("", orders.order_list, name="list"),
    path("baru/", registering.register, name="register"),
    path("lingkungan/", registering.register_site, name="register_site"),
    path("penerimaan/", samples.receiving, name="receiving"),
    path("pengambilan/", samples.collecting, name="collecting"),
    path("pengambilan/ambil/", samples.collect, name="collect"),
    path("cari/pasien/", registering.find_patient, name="find_patient"),
    path("cari/pasien/kartu/", registering.patient_card, name="patient_card"),
    path("cari/pemeriksaan/", registering.find_tests, name="find_tests"),
    path("cari/pengirim/", registering.find_clients, name="find_clients"),
    path("cari/lokasi/", registering.find_sites, name="find_sites"),
    path("rencana/", registering.plan, name="plan"),
    path("rencana/baku-mutu/", registering.standard_codes, name="standard_codes"),
    path("program/", programmes.programmes, name="programmes"),
    path("program/unggah/", programmes.new_session, name="new_session"),
    path("program/terima/", programmes.accept_session, name="accept_session"),
    path("program/kemajuan/", programmes.session_progress, name="session_progress"),
    path("program/hentikan/", programmes.stop_session, name="stop_session"),
    path("program/jatuh-tempo/", programmes.due, name="due"),
    path("program/usulan/", programmes.proposal, name="proposal"),
    path("program/sesi/<uuid:session_id>/", programmes.session, name="session"),
    path("program/sesi/<uuid:session_id>/label/", programmes.session_labels, name="session_labels"),
    path("sampel/<uuid:sample_id>/terima/", samples.receive_one, name="receive_one"),
    path("sampel/<uuid:sample_id>/tolak/", samples.refuse, name="refuse"),
    path("sampel/<uuid:sample_id>/serah-terima/", samples.hand_over, name="hand_over"),
    path("sampel/<uuid:sample_id>/musnahkan/", samples.dispose, name="dispose"),
    path("<uuid:order_id>/", orders.detail, name="detail"),
    path("<uuid:order_id>/label/", orders.print_labels, name="labels"),
    path("<uuid:order_id>/formulir/", orders.request_form, name="request_form"),
    path("<uuid:order_id>/batal/", orders.cancel, name="cancel"),
    path("<uuid:order_id>/batal-pemeriksaan/", orders.cancel_line, name="cancel_line"),
    path("<uuid:order_id>/tambah/", orders.add, name="add"),
]
