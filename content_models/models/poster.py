"""A still that an editor put in place of the one chosen by itself."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from content_models.models.asset import Asset
from content_models.validators import validate_sha256


class Poster(models.Model):
    """One an asset; a JPEG in staging, its public copy under the same key, named by its bytes."""

    class Origin(models.TextChoices):
        CANDIDATE = "candidate", _("From the video")
        UPLOADED = "uploaded", _("Uploaded")

    asset = models.OneToOneField(Asset, on_delete=models.CASCADE, related_name="poster")
    origin = models.CharField(max_length=9, choices=Origin.choices)
    sha256 = models.CharField(max_length=64, validators=[validate_sha256])
    size = models.PositiveIntegerField(help_text=_("Bytes."))
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    is_public = models.BooleanField(
        default=False, help_text="A verified copy of exactly these bytes lies in the public bucket."
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["asset"], condition=models.Q(is_public=False), name="posters_not_public"
            )
        ]
        verbose_name = _("poster")
        verbose_name_plural = _("posters")

    def __str__(self) -> str:
        return self.key

    @property
    def key(self) -> str:
        """Key in the staging and media buckets; other bytes are another key."""
        return f"{self.asset.uuid}/poster/{self.sha256[:16]}.jpg"
