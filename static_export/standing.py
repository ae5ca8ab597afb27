"""What a target holds, as it says itself."""

from __future__ import annotations

from dataclasses import dataclass

from static_export.errors import ExportError, TransientError
from static_export.release import released_identity
from static_export.state import STATE_KEY, decode_state
from static_export.targets.base import ReleaseTarget, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Epoch and sequence of the live build; both null where none of ours is live.

    `unfinished` is the sequence of a push that has begun there and not ended.
    """

    target: str
    epoch: str | None
    sequence: int | None
    unfinished: int | None


def standing(target: Target) -> Standing:
    """One request, not repeated; raises `ExportError`."""
    try:
        if isinstance(target, ReleaseTarget):
            epoch, sequence = released_identity(target) or (None, None)
            return Standing(target=target.name, epoch=epoch, sequence=sequence, unfinished=None)
        state = decode_state(target.read_state(STATE_KEY), target.name)
    except TransientError as error:
        raise ExportError("target-failed", f"{target.name} cannot be asked: {error}") from error
    live, intent = state.live, state.intent
    return Standing(
        target=target.name,
        epoch=live.epoch if live else None,
        sequence=live.sequence if live else None,
        unfinished=intent.sequence if intent else None,
    )
