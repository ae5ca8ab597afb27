"""Everything made from an original in one attempt, file by file."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from content_models.models.asset import Asset
from content_models.validators import validate_sha256


class Placement(models.TextChoices):
    """Where a ladder's files lie: `staging` always; in the public bucket only when asked for."""

    PRIVATE = "private", _("Private")
    PROMOTING = "promoting", _("Being made public")
    PUBLIC = "public", _("Public")
    DEMOTING = "demoting", _("Being withdrawn")


class FileRole(models.TextChoices):
    """What a file of a ladder is for."""

    RENDITION = "rendition", _("rendition")
    PLAYLIST = "playlist", _("playlist")
    MASTER = "master", _("master playlist")
    POSTER = "poster", _("poster")
    # Stays in staging: what an editor may choose as poster instead.
    CANDIDATE = "candidate", _("poster candidate")
    PHOTO = "photo", _("photograph")
    SPRITE = "sprite", _("storyboard sprite")
    STORYBOARD = "storyboard", _("storyboard index")


class Ladder(models.Model):
    """One attempt's complete output under one immutable prefix."""

    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="ladders")
    prefix = models.CharField(
        max_length=200, unique=True, help_text="{asset uuid}/{source hash}-{profile}-{attempt}/"
    )
    profile = models.CharField(max_length=40)
    source_sha256 = models.CharField(max_length=64, validators=[validate_sha256])
    attempt = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    placement = models.CharField(
        max_length=10, choices=Placement.choices, default=Placement.PRIVATE, db_index=True
    )
    storyboard = models.JSONField(
        default=dict,
        blank=True,
        help_text="columns, rows, tile_width, tile_height (pixels), interval (seconds)",
    )

    # What the last audit of its public files found.
    audited_at = models.DateTimeField(null=True, editable=False, db_index=True)
    faults = models.JSONField(
        default=list, editable=False, help_text="key, kind, detail, asset, repaired of each"
    )

    class Meta:
        verbose_name = _("ladder")
        verbose_name_plural = _("ladders")

    def __str__(self) -> str:
        return self.prefix


class LadderFile(models.Model):
    """One object: its name below the prefix, its bytes' length and hash."""

    ladder = models.ForeignKey(Ladder, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(max_length=80)
    role = models.CharField(max_length=12, choices=FileRole.choices)
    content_type = models.CharField(max_length=80)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64, validators=[validate_sha256])
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)

    public_etag = models.CharField(
        max_length=80,
        blank=True,
        editable=False,
        help_text="ETag of the public copy whose bytes were read back and found right",
    )

    class Meta:
        ordering = ["ladder", "name"]
        constraints = [models.UniqueConstraint(fields=["ladder", "name"], name="one_file_per_name")]
        verbose_name = _("file of a ladder")
        verbose_name_plural = _("files of ladders")

    def __str__(self) -> str:
        return f"{self.ladder.prefix}{self.name}"

    @property
    def key(self) -> str:
        """Key in the staging and media buckets."""
        return f"{self.ladder.prefix}{self.name}"


class Rendition(models.Model):
    """One encoded quality: a file, its playlist and what a player must know of it."""

    class Kind(models.TextChoices):
        VIDEO = "video", _("video")
        AUDIO = "audio", _("audio")

    ladder = models.ForeignKey(Ladder, on_delete=models.CASCADE, related_name="renditions")
    name = models.CharField(max_length=20, help_text="1080p … 144p, or audio")
    kind = models.CharField(max_length=5, choices=Kind.choices)
    file = models.OneToOneField(LadderFile, on_delete=models.CASCADE, related_name="rendition")
    playlist = models.OneToOneField(LadderFile, on_delete=models.CASCADE, related_name="+")
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    frame_rate = models.FloatField(null=True)
    codecs = models.CharField(max_length=80, help_text="RFC 6381")
    bandwidth = models.PositiveIntegerField(help_text="Peak bits a second")
    average_bandwidth = models.PositiveIntegerField(help_text="Bits a second")

    class Meta:
        # Highest first, audio last: what every reader wants to show.
        ordering = ["ladder", models.F("height").desc(nulls_last=True), "pk"]
        constraints = [
            models.UniqueConstraint(fields=["ladder", "name"], name="one_rendition_per_name")
        ]
        verbose_name = _("rendition")
        verbose_name_plural = _("renditions")

    def __str__(self) -> str:
        return f"{self.ladder.prefix}{self.name}"

    @property
    def plays_everywhere(self) -> bool:
        """Not of the economy set, which old players cannot read."""
        return not self.codecs.startswith("av01.")
