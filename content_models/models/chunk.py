"""A finished stretch of a long original, kept until the whole ladder is made."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from content_models.models.asset import Asset
from content_models.validators import validate_sha256


class Chunk(models.Model):
    """Files of one stretch in staging, verified: no later attempt makes them again."""

    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="chunks")
    profile = models.CharField(max_length=40)
    source_sha256 = models.CharField(max_length=64, validators=[validate_sha256])
    number = models.PositiveIntegerField(help_text="Counted from 0 in order of time")
    prefix = models.CharField(max_length=200, unique=True)
    files = models.JSONField(default=list, help_text="name, size (bytes), sha256 of each file")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["asset", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["asset", "profile", "source_sha256", "number"], name="one_chunk_per_number"
            )
        ]
        verbose_name = _("chunk")
        verbose_name_plural = _("chunks")

    def __str__(self) -> str:
        return self.prefix
