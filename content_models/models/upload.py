"""An original on its way: what storage has of it lies there, this row says whose it is."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.models import CollectionMember

from content_models.models.asset import Asset
from content_models.validators import validate_sha256


class UploadState(models.TextChoices):
    """`finishing` is claimed by whoever joins the parts; only `done` has an asset."""

    OPEN = "open", _("Uploading")
    FINISHING = "finishing", _("Being checked")
    DONE = "done", _("Arrived")
    REFUSED = "refused", _("Refused")
    ABANDONED = "abandoned", _("Given up")


class Upload(CollectionMember, models.Model):
    """A multipart transfer straight to storage; its number becomes that of the asset."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    title = models.CharField(max_length=255)
    name = models.CharField(_("file name"), max_length=255)
    size = models.BigIntegerField(help_text=_("Bytes."))
    # What the browser can say of a file without reading it whole: the same file picked again.
    fingerprint = models.CharField(max_length=128, db_index=True)
    key = models.CharField(max_length=255)
    store_id = models.CharField(
        max_length=512, blank=True, help_text="UploadId of the S3 multipart upload"
    )
    part_size = models.PositiveBigIntegerField(help_text=_("Bytes."))
    state = models.CharField(
        max_length=10, choices=UploadState.choices, default=UploadState.OPEN, db_index=True
    )
    lease_until = models.DateTimeField(null=True)
    sha256 = models.CharField(
        max_length=64, blank=True, validators=[validate_sha256], help_text="As read back"
    )
    checksum = models.CharField(
        max_length=64,
        blank=True,
        help_text="As the sender says: SHA-256, or the MD5 of all parts' MD5s and their number",
    )
    # The one made of it, or the one that has held the same bytes before.
    asset = models.ForeignKey(Asset, null=True, on_delete=models.SET_NULL, related_name="uploads")
    message_code = models.CharField(max_length=40, blank=True)
    message_params = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    touched_at = models.DateTimeField(auto_now=True, db_index=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")

    def __str__(self) -> str:
        return self.name
