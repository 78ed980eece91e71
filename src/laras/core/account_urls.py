"""Addresses of the sign-in library that this product does not offer: accounts are made and repaired by administrators."""

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import re_path


def closed(request: HttpRequest) -> HttpResponse:
    raise Http404


urlpatterns = [
    re_path(r"^(?:signup|email|confirm-email|phone|login/code|password/set|password/reset)(?:/|$)", closed),
]
