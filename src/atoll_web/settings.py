"""Django settings. What differs between places comes from the environment; `docs/reference/settings.md` lists all of it."""

import os

import pghistory
from django.templatetags.static import static

from atoll_web import database, home, mail

SECRET_KEY = home.secret_key()
DEBUG = os.environ.get("ATOLL_DEBUG") == "1"
ALLOWED_HOSTS = os.environ.get("ATOLL_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [origin for origin in os.environ.get("ATOLL_TRUSTED_ORIGINS", "").split(",") if origin]
HTTPS = os.environ.get("ATOLL_HTTPS") == "1"

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.import_export",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "import_export",
    "ninja",
    "pgtrigger",
    "pghistory",
    "procrastinate.contrib.django",
    "atoll_web",
    "atoll_web.accounts",
    "atoll_web.runs",
    "atoll_web.catalogue",
    "atoll_web.pricing",
    "atoll_web.stock",
    "atoll_web.purchasing",
    "atoll_web.sales",
    "atoll_web.planning",
    "atoll_web.assembly",
    "atoll_web.demo",
]

MIDDLEWARE = [
    "atoll_web.security.secure_headers",
    "atoll_web.api.tell_unserved",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "atoll_web.security.refuse_nul",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "atoll_web.security.SignInRequired",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "pghistory.middleware.HistoryMiddleware",
    "atoll_web.pages.Refusals",
]

ROOT_URLCONF = "atoll_web.urls"
WSGI_APPLICATION = "atoll_web.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "atoll_web.pages.frame",
            ],
        },
    }
]

DATABASES = {"default": database.settings_for_django(database.url())}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGOUT_REDIRECT_URL = "sign-in"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
X_FRAME_OPTIONS = "DENY"

# Django sends errors by mail unless it debugs; they belong in the program's output.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"output": {"class": "logging.StreamHandler"}},
    "loggers": {"django.request": {"handlers": ["output"], "level": "ERROR", "propagate": False}},
}

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 25_000_000  # a batch of many orders
STATIC_URL = "static/"
STATIC_ROOT = home.folder("static")
WHITENOISE_USE_FINDERS = True

globals().update(mail.settings_for_django(os.environ.get("ATOLL_EMAIL", mail.CONSOLE)))
DEFAULT_FROM_EMAIL = os.environ.get("ATOLL_EMAIL_FROM", "Atoll <atoll@localhost>")
WEBHOOKS_TO_PRIVATE = os.environ.get("ATOLL_WEBHOOKS_TO_PRIVATE") == "1"

# History tells what was deleted too, and caches learn from it that something changed.
PGHISTORY_DEFAULT_TRACKERS = (pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())

UNFOLD = {
    "SITE_TITLE": "Atoll",
    "SITE_HEADER": "Atoll master data",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("atoll/icon.svg")}],
}
IMPORT_EXPORT_USE_TRANSACTIONS = True
