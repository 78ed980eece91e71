"""Addresses. Modules bring their own; this table only mounts them."""

from importlib.util import find_spec

from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from laras.config.api import api
from laras.core.api import problem
from laras.core.web import error_page

MOUNTS = [
    ("", "laras.portal.urls"),
    ("", "laras.core.urls"),
    ("jejaring/", "laras.network.urls"),
    ("kemampuan/", "laras.resources.urls"),
    ("katalog/", "laras.catalogue.urls"),
    ("pasien/", "laras.people.urls"),
    ("pengirim/", "laras.partners.urls"),
    ("permintaan/", "laras.orders.urls"),
    ("meja-kerja/", "laras.bench.urls"),
    ("biakan/", "laras.cultures.urls"),
    ("rujukan/", "laras.referral.urls"),
    ("lhu/", "laras.reports.urls"),
    ("alat/", "laras.interop.urls"),
    ("reagen/", "laras.stores.urls"),
    ("surveilans/", "laras.surveillance.urls"),
]

urlpatterns = [
    path("api/v1/", api.urls),
    path("akun/", include("laras.core.account_urls")),
    path("akun/", include("allauth.account.urls")),
    path("akun/dua-langkah/", include("allauth.mfa.urls")),
    path("bahasa/", include("django.conf.urls.i18n")),
    *(path(prefix, include(module)) for prefix, module in MOUNTS if find_spec(module)),
]

handler400 = error_page(400, _("Permintaan tidak dapat dibaca."))
handler403 = error_page(403, _("Anda tidak berhak membuka halaman ini."))
_missing = error_page(404, _("Halaman tidak ditemukan."))


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A page for people, problem+json for programs."""
    if request.path.startswith("/api/"):
        return problem(404, "NotFound", gettext("Tidak ditemukan."), code="not_found")
    return _missing(request, exception)


def handler500(request: HttpRequest) -> HttpResponse:
    return HttpResponse(
        "<!doctype html><meta charset=utf-8><title>Laras</title><h1>Terjadi kesalahan di server</h1>"
        "<p>Yang sudah tersimpan tetap aman. Coba sekali lagi; bila berulang, beri tahu administrator.</p>",
        status=500,
    )
