"""Timed text of an asset."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from content_models.languages import LANGUAGE_CHOICES
from content_models.models.asset import Asset
from content_models.validators import validate_webvtt


class Captions(models.Model):
    """WebVTT in one language; the text is the truth, its public copy is named by its hash."""

    class Kind(models.TextChoices):
        CAPTIONS = "captions", _("Captions (speech and sounds)")
        SUBTITLES = "subtitles", _("Subtitles (translation)")

    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="captions")
    language = models.CharField(_("language"), max_length=20, choices=LANGUAGE_CHOICES)
    kind = models.CharField(_("kind"), max_length=9, choices=Kind.choices, default=Kind.CAPTIONS)
    text = models.TextField(_("WebVTT text"), max_length=2_000_000, validators=[validate_webvtt])
    sha256 = models.CharField(max_length=64, editable=False)
    size = models.PositiveIntegerField(editable=False, help_text=_("Bytes."))
    is_public = models.BooleanField(
        default=False,
        editable=False,
        help_text="A verified copy of exactly this text lies in the public bucket.",
    )

    class Meta:
        ordering = ["asset", "language", "kind"]
        constraints = [
            models.UniqueConstraint(
                fields=["asset", "language", "kind"], name="one_captions_per_language_and_kind"
            )
        ]
        # Few wait for their copy; they are asked for every second.
        indexes = [
            models.Index(
                fields=["asset"],
                condition=models.Q(is_public=False),
                name="captions_not_public",
            )
        ]
        verbose_name = _("captions")
        verbose_name_plural = _("captions")

    def __str__(self) -> str:
        return f"{self.asset}: {self.get_language_display()}"

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        data = self.text.encode()
        digest = hashlib.sha256(data).hexdigest()
        if digest != self.sha256:
            self.sha256, self.size, self.is_public = digest, len(data), False
        if update_fields is not None:
            # They follow from the others: saved without them, the row would say what is not so.
            update_fields = {*update_fields, "sha256", "size", "is_public"}
        super().save(*args, update_fields=update_fields, **kwargs)

    @property
    def key(self) -> str:
        """Key in the media bucket; a changed text is a new key."""
        return f"{self.asset.uuid}/captions/{self.language}-{self.kind}-{self.sha256[:16]}.vtt"
