"""How an asset stands, in words for its editor."""

from __future__ import annotations

from dataclasses import dataclass

from cms.media import messages
from content_models.models import Asset, AssetState


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetStatus:
    """`progress` in per cent; texts in the active language; `notes` hold for a usable video."""

    state: str
    label: str
    stage: str
    stage_label: str
    progress: int
    message: str
    notes: tuple[str, ...]
    is_settled: bool
    can_retry: bool
    can_cancel: bool


def describe(asset: Asset) -> AssetStatus:
    """What to show of an asset now; reads nothing but the row it is given."""
    return AssetStatus(
        state=asset.state,
        label=str(AssetState(asset.state).label),
        stage=asset.stage,
        stage_label=str(messages.STAGE_LABELS.get(asset.stage, "")),
        progress=asset.progress,
        message=_message(asset),
        notes=tuple(
            messages.sentence(note["code"], note["params"]) for note in asset.probe.get("notes", [])
        ),
        is_settled=asset.is_settled,
        can_retry=asset.state in {AssetState.FAILED, AssetState.CANCELLED},
        can_cancel=not asset.is_settled,
    )


def _message(asset: Asset) -> str:
    if asset.state == AssetState.CANCELLED:
        return str(messages.CANCELLED)
    reason = messages.sentence(asset.message_code, asset.message_params)
    if not reason:
        return ""
    frame = {
        AssetState.REFUSED: messages.KEPT,
        AssetState.FAILED: messages.GAVE_UP,
        AssetState.UPLOADED: messages.WILL_RETRY,
    }.get(AssetState(asset.state))
    return str(frame) % {"reason": reason} if frame else reason
