"""Settings of Laras. Everything an installation may change comes from the environment; the rest is the product."""

from __future__ import annotations

import os
from pathlib import Path

import dj_database_url
from django.utils.translation import gettext_lazy as _

from laras.config.address import public_url
from laras.core.paths import below, data_root, secret

PACKAGE = Path(__file__).resolve().parent.parent
DATA = data_root()

DEBUG = os.environ.get("LARAS_DEBUG") == "1"
SECRET_KEY = secret("django")
ALLOWED_HOSTS = [h for h in os.environ.get("LARAS_HOSTS", "127.0.0.1,localhost,[::1]").split(",") if h]
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("LARAS_ORIGINS", "").split(",") if o]
# Set when a TLS proxy stands in front: cookies then leave over https only.
SECURE = os.environ.get("LARAS_HTTPS") == "1"
# Printed in QR codes: the address at which the public can reach this installation.
PUBLIC_URL = public_url(os.environ, DATA)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "laras.core",
    "laras.network",
    "laras.catalogue",
    "laras.people",
    "laras.partners",
    "laras.orders",
    "laras.resources",
    "laras.stores",
    "laras.bench",
    "laras.cultures",
    "laras.referral",
    "laras.reports",
    "laras.surveillance",
    "laras.portal",
    "laras.interop",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "laras.core.pages.session",
    "laras.core.language.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "laras.core.pages.csrf",
    "laras.core.pages.authentication",
    "allauth.account.middleware.AccountMiddleware",
    "laras.core.pages.messages",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "laras.core.pages.content_security",
    "laras.core.pages.htmx",
    "laras.core.web.LarasMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "laras.config.urls"
WSGI_APPLICATION = "laras.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "core" / "templates"],  # before those of allauth
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "laras.core.web.frame",
            ],
            "builtins": ["django.templatetags.i18n", "laras.core.templatetags.ui"],
        },
    }
]

# --- Database -------------------------------------------------------------------------------------------------------
# The cache is one per thread; an old PC has little memory, and the system caches the file anyway.
SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous={sync}; PRAGMA mmap_size=67108864; PRAGMA cache_size=-8000; "
    "PRAGMA temp_store=MEMORY; PRAGMA journal_size_limit=67108864;"
)
if os.environ.get("DATABASE_URL"):
    DATABASES = {"default": dj_database_url.parse(os.environ["DATABASE_URL"], conn_max_age=None)}
    # Each statement carries its scope to the policies of the tables (docs/adr/0007-second-wall.md).
    DATABASES["default"]["ENGINE"] = "laras.core.postgresql"
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA / "laras.sqlite3",
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                # FULL: what was confirmed to a person or a machine survives a power cut.
                "init_command": SQLITE_PRAGMAS.format(sync=os.environ.get("LARAS_SQLITE_SYNC", "FULL")),
            },
        }
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- People who sign in ---------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "core.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "laras.core.signin.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
# django-axes counts wrong passwords in the database, by name and address; these count what it does not see: wrong codes
# of the second factor, wrong old passwords in an open session, and many addresses that try one name.
ACCOUNT_RATE_LIMITS = {
    "login_failed": "10/10m/key",
    "reauthenticate": "10/m/user",
    "change_password": "10/m/user",
    "login": None,  # a whole laboratory may share one address
}
# Those counts and the codes already used, seen by all processes of this installation. Nothing else is kept here.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": below("cache"),
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}
ACCOUNT_SESSION_REMEMBER = False
MFA_ADAPTER = "laras.core.signin.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Laras"
MFA_TOTP_TOLERANCE = 1
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "core/locked_out.html"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_DISABLE_ACCESS_LOG = True
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if SECURE:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31536000
CSRF_FAILURE_VIEW = "laras.core.web.csrf_failure"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

# --- Languages and time ---------------------------------------------------------------------------------------------
LANGUAGE_CODE = "id"
LANGUAGES = [("id", _("Indonesia")), ("en", _("Inggris"))]
LOCALE_PATHS = [PACKAGE / "locale"]
LANGUAGE_COOKIE_NAME = "laras_language"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Jakarta"  # the zone shown when an organisation names none; stored times are UTC
USE_THOUSAND_SEPARATOR = True

# --- Files ----------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = below("static")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
LARAS_BODY_LIMIT = 20 * 1024 * 1024  # of a whole request, files included; more is answered 413 unread

# --- Jobs -----------------------------------------------------------------------------------------------------------
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}
# Rounds of every night, besides the core's own.
LARAS_NIGHTLY = (
    "laras.network.services.refresh_organisations",
    "laras.reports.jobs.issue_missed",
    "laras.core.heads.sign_heads",
    "laras.referral.jobs.book_earlier_results",
    "laras.referral.jobs.compare_ends",
    "laras.surveillance.jobs.judge_all",
    "laras.surveillance.jobs.send_again",
    "laras.stores.jobs.reckon_all",
)
# Event -> handlers; read by core.delivery, written down in one place.
LARAS_SUBSCRIPTIONS = "laras.config.subscriptions"
# Request -> the menu of this person's day; the core draws it without knowing the modules above.
LARAS_MENU = "laras.portal.menu.menu_for"
# Request -> what waits for this person, on the bell.
LARAS_BELL = "laras.portal.menu.bell_for"
# Organisation and codes -> prices; orders ask, resources know, and neighbours do not know each other.
LARAS_PRICES = "laras.config.prices.prices_for"
# Indexes on (organisation, value, ...) of which rare values are asked for; see core.jobs.refresh_statistics.
LARAS_RARE_INDEXES = ("orders_sample_by_status", "orders_sample_external", "orders_order_by_status")

# --- Mail and webhooks ------------------------------------------------------------------------------------------------
# Without a host no mail leaves. LARAS_SMTP_SECURITY: starttls (587), tls (465) or none (a relay on the same machine).
EMAIL_HOST = os.environ.get("LARAS_SMTP_HOST", "")
EMAIL_PORT = int(os.environ.get("LARAS_SMTP_PORT", "587"))
EMAIL_HOST_USER = os.environ.get("LARAS_SMTP_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("LARAS_SMTP_PASSWORD", "")
EMAIL_USE_TLS = os.environ.get("LARAS_SMTP_SECURITY", "starttls") == "starttls"
EMAIL_USE_SSL = os.environ.get("LARAS_SMTP_SECURITY") == "tls"
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = os.environ.get("LARAS_MAIL_FROM", "laras@localhost")
# host or host:port, parted by commas: where this installation may POST what an office asks to be told.
LARAS_WEBHOOK_HOSTS = [h for h in os.environ.get("LARAS_WEBHOOK_HOSTS", "").lower().split(",") if h]

# --- Logs: what happened, never whose health data ---------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "laras.core.logs.LineFormatter", "format": "%(asctime)s %(levelname)s %(name)s %(message)s"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": os.environ.get("LARAS_LOG", "WARNING")},
    # Who failed to sign in is kept in the database; a name typed wrongly may be a password.
    "loggers": {"axes": {"level": "ERROR"}},
}
SILENCED_SYSTEM_CHECKS = ["axes.W003"]
