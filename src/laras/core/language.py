"""In which language a page speaks: Indonesian, or what the person chose in the menu."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.middleware.locale import LocaleMiddleware
from django.utils import translation


class LanguageMiddleware(LocaleMiddleware):
    """The cookie of the language menu decides, never the browser's own language on a page.

    Browsers are installed in English on many counters; a screen that turned English by itself would be nobody's wish there.
    A program says its language to the API with ``Accept-Language``, having no menu.
    """

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        if request.path_info.startswith("/api/"):
            return
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        translation.activate(chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE)
        request.LANGUAGE_CODE = translation.get_language()
