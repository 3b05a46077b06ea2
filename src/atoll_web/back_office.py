"""What the apps' `admin.py` share: who may write, under whose name, and files to and from master data."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import IntegrityError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from import_export.admin import ImportExportModelAdmin
from import_export.formats.base_formats import CSV, XLSX
from import_export.resources import ModelResource
from unfold.admin import ModelAdmin
from unfold.contrib.import_export.forms import ExportForm, ImportForm

from atoll_web.accounts.acting import acting, actor_now


class Records(ModelAdmin):
    """Rows that only services and triggers write: shown, never changed."""

    list_per_page = 50
    show_full_result_count = False
    actions = None

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Everybody in the back office may read."""
        return True

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Everybody in the back office may read."""
        return True

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody."""
        return False


class MasterData(Records):
    """Rows that people with a capability keep; every change is made as the user who is signed in."""

    capability: str
    actions = ("delete_selected",)

    def _may(self, request: HttpRequest) -> bool:
        """Whether the user has the capability; the sign-in page asks for people who are nobody yet."""
        return request.user.is_authenticated and request.user.may(self.capability)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whoever has the capability."""
        return self._may(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whoever has the capability."""
        return self._may(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whoever has the capability."""
        return self._may(request)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Add or change as the user."""
        return written_as_user(request, lambda: super(MasterData, self).changeform_view(request, *args, **kwargs))

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Delete as the user."""
        return written_as_user(request, lambda: super(MasterData, self).delete_view(request, *args, **kwargs))

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Carry out what was chosen for several rows as the user."""
        return written_as_user(request, lambda: super(MasterData, self).changelist_view(request, *args, **kwargs))


class MasterDataFiles(MasterData, ImportExportModelAdmin):
    """Master data that also come from and go to CSV and Excel files. An import first shows what it would change."""

    import_form_class = ImportForm
    export_form_class = ExportForm
    formats = (CSV, XLSX)

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Whoever has the capability."""
        return self._may(request)

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Everybody in the back office may read."""
        return True

    def import_action(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show what a file would change; it is tried and taken back."""
        return written_as_user(request, lambda: super(MasterDataFiles, self).import_action(request, *args, **kwargs))

    def process_import(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Take over a file as the user, all of it or nothing."""
        return written_as_user(request, lambda: super(MasterDataFiles, self).process_import(request, *args, **kwargs))


class MasterDataResource(ModelResource):
    """Rows of a file as master data: known by their codes, validated like a form, unchanged ones left out of the preview."""

    class Meta:
        skip_unchanged = True
        report_skipped = False
        use_transactions = True
        clean_model_instances = True


def written_as_user(request: HttpRequest, write: Callable[[], HttpResponse]) -> HttpResponse:
    """Let the database know who writes; what a constraint refuses is told, and the page opens anew."""
    if request.method != "POST":
        return write()
    try:
        with acting(actor_now(request.user, "back office")):
            return write()
    except IntegrityError as error:
        reason = next(iter(str(error).splitlines()), "")
        messages.error(request, f"Nothing was changed, since the database refused it: {reason}.")
        return redirect(request.get_full_path())
