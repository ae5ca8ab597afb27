"""What a push did, with a reason for each action; and what it tells while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from time import monotonic
from typing import Any

from static_export.diff import Action
from static_export.manifest import Root
from static_export.verify import Verdict

Explained = tuple[tuple[str, str], ...]
"""Pairs of an object key and the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One action done, the `done`th of `total`."""

    done: int
    total: int
    phase: str
    verb: str
    key: str
    reason: str


Progress = Callable[[Step], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PushReport:
    """The outcome of one push to one target; of a dry run, what it would have done.

    `uploaded`, `restored` (from what the target keeps), `redirects`, `gone` and `deleted` pair keys
    with reasons. `resumed` counts puts
    that an earlier, killed push had already done. `skipped` counts artifacts left as they were.
    `verified` are URL paths whose bytes at the edge are those built, `unverified` pairs those
    that are not with what was seen instead. `seconds` is wall time, `uploaded_after` the part of it
    until the target held everything, before caches were told and the edge was read, `purged_after`
    the part until they had been told; None where nothing had to be or nobody is told. `shown_at` is
    the release's own address, where a target gives it one.
    """

    target: str
    sequence: int
    dry_run: bool
    uploaded: Explained
    restored: Explained
    deleted: Explained
    redirects: Explained
    gone: Explained
    resumed: int
    skipped: int
    purged: tuple[str, ...]
    verified: tuple[str, ...]
    unverified: Explained
    seconds: float
    uploaded_after: float
    purged_after: float | None
    shown_at: str = ""

    @property
    def changed(self) -> int:
        """How many objects the push touched."""
        kinds = (self.uploaded, self.restored, self.deleted, self.redirects, self.gone)
        return sum(map(len, kinds))

    def as_json(self) -> dict[str, Any]:
        """The report as JSON values."""
        return asdict(self)


def report_of(
    target: str,
    root: Root,
    actions: tuple[Action, ...],
    started: float,
    *,
    dry_run: bool = False,
    resumed: int = 0,
    purged: tuple[str, ...] = (),
    verdict: Verdict | None = None,
    uploaded_after: float = 0.0,
    purged_after: float | None = None,
    shown_at: str = "",
) -> PushReport:
    """The report of a push that took, or would take, `actions`."""

    by_verb: dict[str, list[tuple[str, str]]] = {}
    for action in actions:
        by_verb.setdefault(action.verb, []).append((action.key, action.reason.value))

    def explained(verb: str) -> Explained:
        return tuple(by_verb.get(verb, ()))

    uploaded = explained("put")
    return PushReport(
        target=target,
        sequence=root.sequence,
        dry_run=dry_run,
        uploaded=uploaded,
        restored=explained("restore"),
        deleted=explained("delete"),
        redirects=explained("redirect"),
        gone=explained("gone"),
        resumed=resumed,
        skipped=root.artifact_count - len(uploaded) - len(explained("restore")),
        purged=purged,
        verified=verdict.right if verdict else (),
        unverified=verdict.wrong if verdict else (),
        seconds=monotonic() - started,
        uploaded_after=uploaded_after,
        purged_after=purged_after,
        shown_at=shown_at,
    )


def step_counter(total: int, progress: Progress | None) -> Callable[[Action], None]:
    """A function that tells `progress` of each action done, numbered."""
    done = 0

    def tell(action: Action) -> None:
        nonlocal done
        done += 1
        if progress:
            progress(
                Step(
                    done=done,
                    total=total,
                    phase=action.phase.name.lower(),
                    verb=action.verb,
                    key=action.key,
                    reason=action.reason.value,
                )
            )

    return tell
