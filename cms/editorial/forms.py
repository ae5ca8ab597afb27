"""Forms around a video file: its upload, its name and place, its captions."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms.collections import (
    BaseCollectionMemberForm,
    CollectionChoiceField,
    collection_member_permission_formset_factory,
)
from wagtail.models import Collection

from cms.editorial import access, subtitles
from cms.media.interface import ErrorCode, sentence
from content_models.models import Asset, Captions


class AssetForm(BaseCollectionMemberForm):
    """Name and collection of a video file that is there already."""

    permission_policy = access.policy
    collection = CollectionChoiceField(
        label=_("Collection"),
        queryset=Collection.objects.all(),
        empty_label=None,
        help_text=_("The unit that keeps the file. Only people of this unit and above see it."),
    )

    class Meta:
        model = Asset
        fields = ["title", "collection"]


class UploadForm(AssetForm):
    """A new video file; without a title the file's name serves."""

    file = forms.FileField(
        label=_("File"),
        # The pipeline judges content, also none: an empty file gets a page that says so.
        allow_empty_file=True,
        widget=forms.FileInput(
            attrs={"accept": "video/*,audio/*,image/*,.heic,.mkv,.ts,.mts,.avi,.wmv,.mxf,.amr"}
        ),
        error_messages={"required": _("Choose a video file.")},
    )
    field_order = ["file", "title", "collection"]

    class Meta(AssetForm.Meta):
        fields = ["title", "collection"]

    def __init__(self, *args: Any, too_large: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.too_large = too_large
        limit = filesizeformat(settings.MEDIA_MAX_UPLOAD_BYTES)
        self.fields["file"].help_text = _(
            "A video, a sound recording or a photograph, at most %(limit)s."
        ) % {"limit": limit}
        self.fields["file"].widget.attrs["data-limit"] = settings.MEDIA_MAX_UPLOAD_BYTES
        self.fields["title"].required = False
        self.fields["title"].help_text = _("Empty: the file's name.")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.too_large:
            limit = filesizeformat(settings.MEDIA_MAX_UPLOAD_BYTES)
            self.errors.pop("file", None)
            self.add_error(
                "file",
                ValidationError(
                    _("The file is larger than %(limit)s. Cut it or export it smaller."),
                    code="too_large",
                    params={"limit": limit},
                ),
            )
        file = cleaned.get("file")
        if isinstance(file, UploadedFile) and not cleaned.get("title"):
            cleaned["title"] = PurePath(file.name or "").stem[:255] or str(_("Untitled"))
        return cleaned

    def _post_clean(self) -> None:
        # The row is made by the media pipeline's intake, with the hash of what arrived.
        pass

    @property
    def chosen_collection(self) -> Collection:
        """The collection picked, or the only one there is."""
        return self.cleaned_data.get("collection") or self.collections[0]


class CaptionsForm(forms.ModelForm):
    """Captions as a WebVTT or SubRip file, or as text."""

    file = forms.FileField(
        label=_("Captions file"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".vtt,.srt,text/vtt"}),
        help_text=_("WebVTT (.vtt) or SubRip (.srt)."),
    )
    text = forms.CharField(
        label=_("or text"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text=_("WebVTT or SubRip text. A file, when given, replaces it."),
        max_length=2_000_000,
    )
    field_order = ["language", "kind", "file", "text"]
    # What was mended of the captions, in sentences.
    repairs: tuple[str, ...] = ()

    class Meta:
        model = Captions
        fields = ["language", "kind", "text"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        file = cleaned.get("file")
        duration = self.instance.asset.duration
        try:
            if file:
                repaired = subtitles.webvtt_of_file(
                    file, duration=duration, language=cleaned.get("language", "id")
                )
            elif cleaned.get("text"):
                repaired = subtitles.webvtt_of_text(cleaned["text"], duration=duration)
            else:
                repaired = None
                self.add_error("file", _("Choose a captions file or write the text."))
            if repaired:
                cleaned["text"], self.repairs = repaired.text, repaired.notes
        except subtitles.NotCaptionsError as error:
            self.add_error("file" if file else "text", str(error.message))
        clash = Captions.objects.filter(
            asset=self.instance.asset, language=cleaned.get("language"), kind=cleaned.get("kind")
        ).exclude(pk=self.instance.pk)
        if clash.exists():
            self.add_error(
                "language",
                _("There are captions of this kind in this language already: edit those."),
            )
        return cleaned


class PosterForm(forms.Form):
    """Where the poster comes from; the template draws the pictures beside the buttons."""

    KEEP, AUTOMATIC, FRAME, UPLOAD = "keep", "automatic", "frame", "upload"

    source = forms.CharField(error_messages={"required": _("Choose one of the pictures.")})
    second = forms.FloatField(
        required=False,
        min_value=0,
        error_messages={"invalid": _("Write the second as a number, such as 12.5.")},
    )
    picture = forms.FileField(required=False)

    def __init__(self, *args: Any, asset: Asset, too_large: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asset, self.too_large = asset, too_large

    def clean_source(self) -> str:
        source: str = self.cleaned_data["source"]
        if source == self.KEEP and not hasattr(self.asset, "poster"):
            raise ValidationError(self.fields["source"].error_messages["required"])
        if source != self.UPLOAD and source != self.KEEP and self.asset.ladder is None:
            raise ValidationError(_("The video file has no pictures yet. Wait until it is ready."))
        return source

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        source = cleaned.get("source")
        if source == self.UPLOAD and self.too_large:
            self.add_error("picture", sentence(ErrorCode.PICTURE_TOO_LARGE, {}))
        elif source == self.UPLOAD and not cleaned.get("picture") and "picture" not in self.errors:
            self.add_error("picture", _("Choose a picture file."))
        if source == self.FRAME and cleaned.get("second") is None and "second" not in self.errors:
            self.add_error("second", _("Write the second at which the picture is good."))
        return cleaned


GroupAssetPermissionFormSet = collection_member_permission_formset_factory(
    Asset,
    [
        ("add_asset", _("Add"), _("Upload media files to this collection")),
        ("change_asset", _("Edit"), _("Edit any video file in this collection")),
        ("choose_asset", _("Choose"), _("Put video files of this collection on pages")),
    ],
    "editorial/asset/permissions_formset.html",
)
