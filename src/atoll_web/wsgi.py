"""The application as a WSGI callable."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "atoll_web.settings")
application = get_wsgi_application()
gc.freeze()  # what is loaded stays, so that no request waits while all of it is looked through
