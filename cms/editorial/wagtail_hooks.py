"""Where Wagtail asks what we add to its admin, and what we leave out."""

from __future__ import annotations

import json
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.action_menu import ActionMenuItem
from wagtail.admin.menu import MenuItem
from wagtail.contrib.settings.registry import SettingMenuItem, register_setting
from wagtail.log_actions import LogActionRegistry, LogFormatter
from wagtail.models import Collection, ModelLogEntry, Page, PageLogEntry
from wagtail.rich_text.feature_registry import FeatureRegistry
from wagtail.snippets.models import register_snippet

from cms.editorial import links, upload_words, withdrawal_buttons
from cms.editorial.doors import explorable_pages
from cms.editorial.forms import GroupAssetPermissionFormSet
from cms.editorial.views import publication
from cms.editorial.views.withdrawal import WithdrawBulkAction
from cms.editorial.viewsets import (
    CategoryViewSet,
    asset_chooser_viewset,
    asset_viewset,
    photograph_chooser_viewset,
    publication_viewsets,
    signer_chooser_viewset,
)
from cms.publishing.interface import WITHDRAWN, visibility
from content_models.models import (
    Asset,
    EmergencyBanner,
    UnitPage,
    Upload,
    UploadState,
    VideoPage,
    WithdrawalReason,
)

# Rooms of Wagtail that the work does not need: pages hold media files of ours.
UNUSED_MENU_ITEMS = frozenset({"documents", "images", "snippets", "help"})
FOR_ADMINISTRATORS = frozenset({"reports"})
UNUSED_SUMMARY = ("document", "image")
ANNOUNCE = "emergency-announcement"
# What the chooser of a story's related videos asks for.
VIDEO = VideoPage._meta.label_lower

register_snippet(CategoryViewSet)
register_setting(EmergencyBanner, icon="warning")
# After Wagtail's own of that name, whose place it takes.
hooks.register("register_bulk_action", WithdrawBulkAction, order=100)


@hooks.register("register_admin_viewset")
def register_viewsets() -> list[object]:
    return [
        asset_viewset,
        asset_chooser_viewset,
        signer_chooser_viewset,
        photograph_chooser_viewset,
        *publication_viewsets,
    ]


@hooks.register("register_admin_urls")
def register_urls() -> list[URLPattern]:
    return [path("publication/<int:page_id>/", publication.status, name="publication_status")]


@hooks.register("register_group_permission_panel")
def register_asset_permissions() -> type:
    return GroupAssetPermissionFormSet


@hooks.register("register_rich_text_features", order=100)
def name_no_hidden_page(features: FeatureRegistry) -> None:
    links.register(features)


@hooks.register("before_copy_page")
def copy_no_units(request: HttpRequest, page: Page) -> HttpResponse | None:
    """Neither a copy nor an alias of a unit can be: its code is its public address."""
    if not issubclass(page.specific_class or Page, UnitPage):
        return None
    messages.error(
        request,
        _("A unit cannot be copied: its code stands for it alone. Add a new unit instead."),
    )
    return redirect("wagtailadmin_explore", page.get_parent().pk)


@hooks.register("construct_page_action_menu")
def withdraw_in_menu(
    menu_items: list[ActionMenuItem], request: HttpRequest, context: dict[str, Any]
) -> None:
    withdrawal_buttons.rename_in_menu(menu_items, context.get("page"))


@hooks.register("register_log_actions")
def tell_withdrawals(actions: LogActionRegistry) -> None:
    """A page's history says why it was withdrawn, as the public ledger does."""

    @actions.register_action(WITHDRAWN)
    class WithdrawalFormatter(LogFormatter):
        label = gettext_lazy("Withdraw from the public")

        def format_message(self, log_entry: PageLogEntry | ModelLogEntry) -> str:
            told = log_entry.data["withdrawal"]
            reason = WithdrawalReason(told["code"]).label
            return _("Withdrawn from the public. Reason: %(reason)s. %(explanation)s") % {
                "reason": reason,
                "explanation": told["explanation"],
            }


@hooks.register("describe_collection_contents")
def keep_collections_of_files(collection: Collection) -> dict[str, Any]:
    """Wagtail deletes no collection of which it hears a count; its files would go with it."""
    count = Asset.objects.filter(collection=collection).count()
    return {
        "count": count,
        "count_text": ngettext("%(count)d media file", "%(count)d media files", count)
        % {"count": count},
        "url": f"{reverse('video_files:index')}?unit={collection.pk}",
    }


@hooks.register("describe_collection_contents")
def keep_collections_of_uploads(collection: Collection) -> dict[str, Any]:
    """Those under way only: of what has ended, nothing is lost. No list has those of others."""
    under_way = (UploadState.OPEN, UploadState.FINISHING)
    count = Upload.objects.filter(collection=collection, state__in=under_way).count()
    return {
        "count": count,
        "count_text": ngettext("%(count)d unfinished upload", "%(count)d unfinished uploads", count)
        % {"count": count},
    }


@hooks.register("construct_page_chooser_queryset")
def choose_among_own_pages(pages: QuerySet[Page], request: HttpRequest) -> QuerySet[Page]:
    """Pages of the own units; of videos that a story points to, no drafts."""
    own = explorable_pages(request.user, pages)
    if request.GET.get("page_type") != VIDEO:
        return own
    released = visibility.released(VideoPage).order_by()
    drafts = VideoPage.objects.exclude(pk__in=released.values("pk"))
    return own.exclude(pk__in=drafts.values("pk"))


@hooks.register("register_admin_menu_item")
def announce_emergencies() -> MenuItem:
    """Where it is found at once, not a level below; in words that fit there."""
    item = SettingMenuItem(EmergencyBanner, icon="warning", name=ANNOUNCE, order=400)
    item.label = gettext_lazy("Emergency news")
    return item


@hooks.register("construct_settings_menu")
def leave_out_what_is_above(request: HttpRequest, menu_items: list[MenuItem]) -> None:
    menu_items[:] = [
        item for item in menu_items if getattr(item, "model", None) is not EmergencyBanner
    ]


@hooks.register("construct_main_menu")
def leave_out_unused(request: HttpRequest, menu_items: list[MenuItem]) -> None:
    unused = UNUSED_MENU_ITEMS
    if not request.user.is_superuser:
        unused |= FOR_ADMINISTRATORS
    menu_items[:] = [item for item in menu_items if item.name not in unused]


@hooks.register("construct_homepage_summary_items")
def leave_out_unused_counts(request: HttpRequest, summary_items: list[object]) -> None:
    summary_items[:] = [
        item for item in summary_items if not type(item).__name__.lower().startswith(UNUSED_SUMMARY)
    ]


@hooks.register("insert_global_admin_css")
def add_styles() -> SafeString:
    return format_html('<link rel="stylesheet" href="{}">', static("editorial/editorial.css"))


@hooks.register("insert_global_admin_js")
def add_script() -> SafeString:
    return format_html(
        '<script src="{}" defer></script><script src="{}" data-doors="{}" data-words="{}" defer>'
        "</script>",
        static("editorial/editorial.js"),
        static("uploads/uploads.js"),
        reverse("video_files:uploads"),
        json.dumps(upload_words.words()),
    )
