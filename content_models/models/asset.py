"""One uploaded original and the state of what is made from it."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import CollectionMember
from wagtail.search import index

from content_models.transcript import plain
from content_models.validators import validate_sha256


class AssetKind(models.TextChoices):
    """What the original is; its content decides, not its name."""

    VIDEO = "video", _("Video")
    AUDIO = "audio", _("Audio")
    PHOTO = "photo", _("Photograph")


class AssetState(models.TextChoices):
    """Where the original stands; `refused` is a verdict on the file, `failed` a fault of ours."""

    UPLOADED = "uploaded", _("Waiting for processing")
    PROCESSING = "processing", _("Being processed")
    READY = "ready", _("Ready")
    REFUSED = "refused", _("Refused")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


# Some four hours of speech. PostgreSQL's tsvector ends at a megabyte (manual, 12.11).
SEARCHED_LETTERS = 200_000
# Something will still be made of these.
PENDING_STATES = frozenset({AssetState.UPLOADED, AssetState.PROCESSING})
# Nothing more will be made of these, unless somebody has them tried again.
UNUSABLE_STATES = frozenset({AssetState.REFUSED, AssetState.FAILED, AssetState.CANCELLED})


def unusable(prefix: str = "") -> models.Q:
    """`Asset.is_unusable` as a term; `prefix` leads from the rows that are asked to their asset."""
    return models.Q(**{f"{prefix}state__in": UNUSABLE_STATES, f"{prefix}ladder__isnull": True})


class Asset(CollectionMember, index.Indexed, models.Model):  # type: ignore[django-manager-missing]
    """An original in private storage. The row is the job: leases on it decide who works on it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    title = models.CharField(_("title"), max_length=255)
    created_at = models.DateTimeField(_("uploaded at"), auto_now_add=True, db_index=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("uploaded by"),
    )

    # The original, as it came.
    original_name = models.CharField(_("file name"), max_length=255, editable=False)
    original_key = models.CharField(max_length=255, editable=False)
    size = models.BigIntegerField(_("size"), editable=False, help_text=_("Bytes."))
    sha256 = models.CharField(max_length=64, editable=False, validators=[validate_sha256])

    # What the probe said of it; empty until probed.
    kind = models.CharField(
        _("kind"),
        max_length=5,
        choices=AssetKind.choices,
        default=AssetKind.VIDEO,
        db_index=True,
        editable=False,
    )
    probe = models.JSONField(default=dict, editable=False)
    duration = models.FloatField(null=True, editable=False, help_text=_("Seconds."))
    width = models.PositiveIntegerField(null=True, editable=False)
    height = models.PositiveIntegerField(null=True, editable=False)
    frame_rate = models.FloatField(null=True, editable=False)
    has_audio = models.BooleanField(default=False, editable=False)

    # The job. `message` is a code with parameters, put into words where it is shown.
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=AssetState.choices,
        default=AssetState.UPLOADED,
        db_index=True,
        editable=False,
    )
    stage = models.CharField(max_length=20, blank=True, editable=False)
    progress = models.PositiveSmallIntegerField(
        default=0, validators=[MaxValueValidator(100)], editable=False, help_text=_("Per cent.")
    )
    message_code = models.CharField(max_length=40, blank=True, editable=False)
    message_params = models.JSONField(default=dict, editable=False)
    error_detail = models.TextField(blank=True, editable=False)
    attempt = models.PositiveIntegerField(default=0, editable=False)
    failures = models.PositiveSmallIntegerField(default=0, editable=False)
    lease_until = models.DateTimeField(null=True, db_index=True, editable=False)
    worker = models.CharField(max_length=80, blank=True, editable=False)
    timeline = models.JSONField(
        default=list,
        editable=False,
        help_text="Stages of recent attempts: attempt, stage, began, ended (ISO 8601), outcome.",
    )
    queued_at = models.DateTimeField(
        default=timezone.now, editable=False, help_text="Since when its work has been waited for."
    )
    state_changed_at = models.DateTimeField(auto_now_add=True, editable=False)

    # The ladder in use; switched in one update when a new one is ready.
    ladder = models.ForeignKey(
        "content_models.Ladder",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    search_fields = [
        *CollectionMember.search_fields,
        index.SearchField("title", boost=4),
        index.AutocompleteField("title"),
        index.SearchField("original_name"),
        index.AutocompleteField("original_name"),
        index.SearchField("transcript", boost=0.5),
        # The list of files searches by beginnings of words, in these fields alone.
        index.AutocompleteField("transcript"),
        index.FilterField("title"),
        index.FilterField("state"),
        index.FilterField("kind"),
        index.FilterField("probe"),
        index.FilterField("ladder"),
        index.FilterField("created_at"),
        index.FilterField("uploaded_by"),
    ]

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("video file")
        verbose_name_plural = _("video files")
        permissions = [("choose_asset", "Can choose video file")]

    def __str__(self) -> str:
        return self.title

    @property
    def transcript(self) -> str:
        """What is said in it, in all languages of its captions, for the search."""
        texts = self.captions.order_by("pk").values_list("text", flat=True)
        return "\n".join(map(plain, texts))[:SEARCHED_LETTERS]

    @property
    def is_settled(self) -> bool:
        """Nothing more will happen to it by itself."""
        return self.state not in PENDING_STATES

    @property
    def is_unusable(self) -> bool:
        """Nothing can be shown of it; what an earlier attempt made is, although a later failed."""
        return self.state in UNUSABLE_STATES and self.ladder_id is None
