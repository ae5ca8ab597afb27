"""Which file may be the sign-language video of which other."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from content_models.models.asset import Asset, AssetKind

# What keeps hands and words together for a viewer: a second, or of long films this share.
TOLERATED_SECONDS = 1.0
TOLERATED_SHARE = 0.02


def validate_signer(signer: Asset, main: Asset | None) -> None:
    """Raises ValidationError; what is not known before a file was processed is not asked."""
    if main is not None and signer.pk == main.pk:
        raise ValidationError(
            _("This is the main file itself. Choose the video in which the signer is seen."),
            code="signer_is_main",
        )
    if signer.is_unusable:
        raise ValidationError(
            _("This video file cannot be used: see its page for the reason."), code="unusable"
        )
    if signer.kind != AssetKind.VIDEO:
        raise ValidationError(
            _("Sign language needs a picture that moves: choose a video."), code="signer_unseen"
        )
    if main is None or main.duration is None or signer.duration is None:
        return
    most = max(TOLERATED_SECONDS, main.duration * TOLERATED_SHARE)
    if abs(main.duration - signer.duration) > most:
        raise ValidationError(
            _(
                "The sign-language video lasts %(signer)s seconds, the main file %(main)s; they "
                "may differ by at most %(most)s. Cut it to the same length and upload it again."
            ),
            code="signer_length",
            params={
                "signer": number_format(signer.duration, 1),
                "main": number_format(main.duration, 1),
                "most": number_format(most, 1),
            },
        )
