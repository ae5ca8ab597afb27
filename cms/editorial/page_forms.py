"""Forms of pages: they take only files and videos that the editor may choose."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from wagtail.admin.forms.pages import WagtailAdminPageForm
from wagtail.models import Page

from cms.editorial import access
from cms.editorial.doors import explorable_pages
from cms.publishing.interface import visibility
from content_models.models import Asset, VideoPage


def forget(form: forms.BaseForm, field: str) -> None:
    """The form is shown again, and its chooser would say the name of what was refused."""
    data = cast(QueryDict, form.data).copy()
    data[form.add_prefix(field)] = ""
    form.data = data


class PublicationForm(WagtailAdminPageForm):
    """What the forms of all publications ask of a chosen file."""

    def may_choose(self, form: forms.BaseForm, field: str, asset: Asset | None) -> bool:
        """Whether it was chosen before, or the editor may choose it now."""
        if asset is None or asset.pk == form.initial.get(field):
            return True
        return access.policy.user_has_permission_for_instance(self.for_user, "choose", asset)

    @staticmethod
    def refuse(form: forms.BaseForm, field: str) -> ValidationError:
        """The error of a choice that is none."""
        forget(form, field)
        return ValidationError(
            form.fields[field].error_messages["invalid_choice"], code="invalid_choice"
        )


class VideoPageForm(PublicationForm):
    """The page's form takes only video files that the editor may choose."""

    def clean_asset(self) -> Asset | None:
        return self._choosable("asset")

    def clean_signer(self) -> Asset | None:
        return self._choosable("signer")

    def _choosable(self, field: str) -> Asset | None:
        asset: Asset | None = self.cleaned_data.get(field)
        if not self.may_choose(self, field, asset):
            raise self.refuse(self, field)
        return asset


class StoryPageForm(PublicationForm):
    """The same of photographs; and there is one that can be shown, once the story is released."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for form in self._rows("photographs"):
            if not self.may_choose(form, "asset", form.cleaned_data.get("asset")):
                form.add_error("asset", self.refuse(form, "asset"))
        self._refuse_twice("photographs", "asset", _("This photograph is in the story already."))
        for form in self._rows("related_videos"):
            if not self._may_show(form, form.cleaned_data.get("video")):
                form.add_error("video", self.refuse(form, "video"))
        self._refuse_twice("related_videos", "video", _("This video is in the list already."))
        photographs = [form.instance for form in self._rows("photographs") if form.is_valid()]
        if not self.is_deferred_validation and not any(one.is_ready for one in photographs):
            self.add_error(
                None,
                _(
                    "A story needs a photograph that has been processed and has an alternative "
                    "text. Add one, or wait until it is ready, then publish again."
                ),
            )
        return cleaned

    def _rows(self, name: str) -> Iterator[Any]:
        """Forms of the rows that stay, each looked at already."""
        formset = self.formsets[name]
        formset.is_valid()
        for form in formset.forms:
            if hasattr(form, "cleaned_data") and not formset._should_delete_form(form):
                yield form

    def _refuse_twice(self, name: str, field: str, words: str) -> None:
        """Nobody needs the same thing twice, one below the other."""
        seen: set[int] = set()
        for form in self._rows(name):
            if (chosen := form.cleaned_data.get(field)) is None:
                continue
            if chosen.pk in seen:
                form.add_error(field, ValidationError(words, code="twice"))
            seen.add(chosen.pk)

    def _may_show(self, form: forms.BaseForm, video: VideoPage | None) -> bool:
        """Whether it was there before, everybody sees it, or the own unit has released it."""
        if video is None or video.pk == form.initial.get("video"):
            return True
        if visibility.public(VideoPage).filter(pk=video.pk).exists():
            return True
        own = explorable_pages(self.for_user, Page.objects.filter(pk=video.pk))
        return own.exists() and visibility.released(VideoPage).filter(pk=video.pk).exists()
