"""What a target can return to, whichever way it keeps its releases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from static_export.release import released_identity
from static_export.remembered import Releases
from static_export.rollback import kept_releases
from static_export.targets.base import ReleaseTarget, Target


def releases_of(target: Target, state: Path) -> dict[str, Any]:
    """The sequence that is `live`, null for none, and the releases `kept` before it, oldest first.

    `state` is the folder that pushes to the target are given. Raises `ExportError`.
    """
    if isinstance(target, ReleaseTarget):
        live = released_identity(target)
        # The last one is what is live.
        past = [release.as_json() for release in Releases(state, target.name).all()[:-1]]
        return {"target": target.name, "live": live[1] if live else None, "kept": past}
    kept = kept_releases(target)
    return {
        "target": target.name,
        "live": kept.live.sequence if kept.live else None,
        "kept": [release.as_json() for release in kept.releases],
    }
