"""Assets that no page names any more stay for those who still read a page that did.

A page may be kept by caches and readers long after its successor is live (ADR 0028). Its assets
are named by their content, so keeping them disturbs nobody. Decides only; no I/O.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from static_export.diff import Action, Phase, Reason

# Longer than any cache may show a page: max-age and stale-if-error, and then somebody reads it.
GRACE = 2 * 24 * 3600.0  # seconds


def retire(actions: Iterable[Action], retired: Mapping[str, float], now: float) -> dict[str, float]:
    """Assets that nothing names while these actions are done, with the Unix time since when."""
    actions = tuple(actions)
    named = {action.key for action in actions if action.item is not None}
    found = {key: since for key, since in retired.items() if key not in named}
    for action in actions:
        if action.retires:
            found.setdefault(action.key, now)
    return found


def due(retired: Mapping[str, float], now: float) -> tuple[Action, ...]:
    """The deletions of those that have been kept long enough."""
    return tuple(
        Action(phase=Phase.DELETIONS, key=key, item=None, reason=Reason.RETIRED)
        for key, since in sorted(retired.items())
        if since + GRACE <= now
    )
