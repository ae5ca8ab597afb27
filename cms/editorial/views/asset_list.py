"""The list of media files: what it shows and how it is filtered."""

from __future__ import annotations

import django_filters
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import CollectionFilter, WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.admin.views.generic import IndexView
from wagtail.models import Collection

from cms.editorial import access
from content_models.models import Asset, AssetKind, AssetState, FileRole, LadderFile


def _my_collections(request: HttpRequest) -> QuerySet[Collection]:
    return access.policy.collections_user_has_any_permission_for(request.user, access.SEE)


class AssetFilterSet(WagtailFilterSet):
    """By kind, by state and by the unit that keeps the file, units below it included."""

    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=AssetKind.choices)
    state = django_filters.ChoiceFilter(label=_("State"), choices=AssetState.choices)
    unit = CollectionFilter(
        label=_("Unit"), queryset=_my_collections, method="in_subtree", empty_label=_("All")
    )

    def in_subtree(
        self, queryset: QuerySet[Asset], _name: str, value: Collection
    ) -> QuerySet[Asset]:
        return queryset.filter(collection__path__startswith=value.path)

    class Meta:
        model = Asset
        fields = ["kind", "state"]


class PosterColumn(Column):
    """A small still, or an empty frame of the same shape."""

    cell_template_name = "editorial/asset/poster_cell.html"

    def get_value(self, instance: Asset) -> str:
        """Address of the thumbnail, which browsers keep: another poster is another address."""
        automatic = getattr(instance.ladder, "posters", None) if instance.ladder else None
        shown = getattr(instance, "poster", None) or next(iter(automatic or ()), None)
        if shown is None:
            return ""
        return f"{reverse('video_files:thumbnail', args=[instance.pk])}?{shown.sha256[:12]}"


class KindColumn(Column):
    """What the file is; nothing is said before its content was seen."""

    def get_value(self, instance: Asset) -> str:
        return str(instance.get_kind_display()) if instance.probe else ""


class StateColumn(Column):
    """The state as a word, with the per cent while work goes on."""

    def get_value(self, instance: Asset) -> SafeString:
        percent = f" {instance.progress} %" if instance.state == AssetState.PROCESSING else ""
        return format_html(
            '<span class="asset-state asset-state--{}">{}{}</span>',
            instance.state,
            instance.get_state_display(),
            percent,
        )


class AssetIndexView(IndexView):
    """Only what the user may see; a fixed number of queries however long the page."""

    any_permission_required = list(access.SEE)
    default_ordering = "-created_at"
    filterset_class = AssetFilterSet
    page_title = _("Media files")
    columns = [
        PosterColumn("poster", label="", width="12rem"),
        TitleColumn(
            "title",
            label=_("Title"),
            sort_key="title",
            get_url=lambda asset: reverse("video_files:edit", args=[asset.pk]),
        ),
        KindColumn("kind", label=_("Kind"), sort_key="kind", width="10%", classname="asset-wide"),
        StateColumn("state", label=_("State"), sort_key="state", width="15%"),
        Column(
            "collection",
            label=_("Unit"),
            accessor="collection.name",
            width="20%",
            classname="asset-wide",
        ),
        DateColumn(
            "created_at",
            label=_("Uploaded"),
            sort_key="created_at",
            width="12%",
            classname="asset-wide",
        ),
    ]

    def get_base_queryset(self) -> QuerySet[Asset]:
        posters = LadderFile.objects.filter(role=FileRole.POSTER).select_related("ladder")
        return (
            access.visible_assets(self.request.user)
            .select_related("collection", "ladder", "poster")
            .prefetch_related(Prefetch("ladder__files", queryset=posters, to_attr="posters"))
        )

    @property
    def add_item_label(self) -> str:
        return str(_("Upload files"))
