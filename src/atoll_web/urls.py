"""Where each address leads: the entrance, then the pages of each app."""

from django.contrib import admin
from django.urls import include, path

from atoll_web.api import api

urlpatterns = [
    path("", include("atoll_web.front")),
    path("", include("atoll_web.catalogue.pages")),
    path("", include("atoll_web.sales.basket_pages")),
    path("", include("atoll_web.sales.promise_pages")),
    path("", include("atoll_web.sales.configure")),
    path("", include("atoll_web.sales.shop")),
    path("", include("atoll_web.sales.changes")),
    path("", include("atoll_web.sales.order_book")),
    path("", include("atoll_web.sales.corrections")),
    path("", include("atoll_web.sales.pages")),
    path("", include("atoll_web.sales.notice_pages")),
    path("", include("atoll_web.stock.pages")),
    path("", include("atoll_web.purchasing.pages")),
    path("", include("atoll_web.planning.pages")),
    path("", include("atoll_web.assembly.pages")),
    path("", include("atoll_web.assembly.ready_work")),
    path("", include("atoll_web.assembly.clear_to_build")),
    path("", include("atoll_web.runs.pages")),
    path("api/v1/", api.urls),
    path("admin/", admin.site.urls),
]

handler500 = "atoll_web.api.failed"
