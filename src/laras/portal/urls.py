from django.urls import path

from laras.portal import partner_desk, partner_views, views

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("cari/", views.find, name="find"),
    path("binaan.csv", views.week, name="week"),
    # What a partner sees
    path("mitra/permintaan/", partner_views.order_list, name="partner_orders"),
    path("mitra/permintaan/<uuid:order_id>/", partner_views.order, name="partner_order"),
    path("mitra/lhu/", partner_views.report_list, name="partner_reports"),
    path("mitra/lhu/<uuid:report_id>/", partner_views.report_pdf, name="partner_report"),
    path("mitra/harga/", partner_views.prices, name="partner_prices"),
    path("mitra/kunjungan/", partner_views.booking_list, name="partner_bookings"),
    path("mitra/kunjungan/baru/", partner_views.book, name="partner_book"),
    path("mitra/kunjungan/<uuid:booking_id>/batal/", partner_views.withdraw, name="partner_withdraw"),
    # What the laboratory does for partners
    path("kunjungan/", partner_desk.booking_list, name="bookings"),
    path("kunjungan/<uuid:booking_id>/", partner_desk.booking, name="booking"),
    path("kunjungan/<uuid:booking_id>/jadwalkan/", partner_desk.confirm, name="confirm_booking"),
    path("kunjungan/<uuid:booking_id>/tolak/", partner_desk.decline, name="decline_booking"),
    path("kunjungan/<uuid:booking_id>/selesai/", partner_desk.complete, name="complete_booking"),
    path("mitra/akun/<uuid:client_id>/", partner_desk.client_accounts, name="client_accounts"),
    path("mitra/akun/<uuid:client_id>/baru/", partner_desk.account_new, name="account_new"),
    path("mitra/akun/<uuid:client_id>/undang/", partner_desk.account_invite, name="account_invite"),
    path("mitra/akun/cabut/<uuid:account_id>/", partner_desk.account_end, name="account_end"),
]
