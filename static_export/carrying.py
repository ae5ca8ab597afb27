"""What every push and rollback have in common: the lock, doubts, caches, a look at the edge."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from static_export.diff import Action
from static_export.doubts import Doubts
from static_export.errors import ExportError
from static_export.lock import PushLock, local_name, push_lock
from static_export.manifest import Item, Root
from static_export.parallel import FEW
from static_export.paths import url_path
from static_export.purge import HttpPurger, Purger, Watch
from static_export.remembered import Releases
from static_export.report import Progress, PushReport, report_of
from static_export.taken import Entry, Taken
from static_export.targets.base import Target
from static_export.verify import UNSEEN, Verdict, verify_edge


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What work is carried out with: `known` are earlier releases, `keep` how many stay.

    `interrupt` says whether something else is more urgent than to go on now.
    """

    lock: PushLock
    purger: Purger | None
    progress: Progress | None
    known: Releases
    keep: int
    interrupt: Callable[[], bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How many changed files were there already, the URLs purged, and where it can be seen."""

    resumed: int
    purged: tuple[str, ...]
    url: str = ""


class Work(Protocol):
    """One decision what to do at one target.

    `settled` was taken down because of changes that this contains: carrying it out makes it right.
    """

    @property
    def root(self) -> Root: ...

    @property
    def actions(self) -> tuple[Action, ...]: ...

    @property
    def settled(self) -> Mapping[str, Entry]: ...

    @property
    def is_done(self) -> bool: ...

    def items(self) -> Mapping[str, Item]:
        """All that the target shall hold, by object key."""
        ...

    def carry_out(self, means: Means) -> Done:
        """Do it; what fails part-way is finished by the next."""
        ...


def carried_out(
    decide: Callable[[Taken], Work],
    place: Target,
    *,
    dry_run: bool,
    edge: str | None,
    folder: Path,
    progress: Progress | None,
    purge_url: str | None,
    purger: Purger | None,
    keep: int,
    started: float,
    interrupt: Callable[[], bool] | None = None,
) -> PushReport:
    """Decide and do it under the lock, look at the edge, report; close the target."""
    taken = Taken.of(place.name, folder)
    with closing(place):
        if dry_run:
            work = decide(taken)
            return report_of(place.name, work.root, work.actions, started, dry_run=True)
        doubts = Doubts(folder / f"unseen-{local_name(place.name)}.json")
        with push_lock(lock_path(folder, place.name)) as lock:
            sys.audit("policetube.step", "push.locked")
            work = decide(taken)
            unseen = doubts.keys() if edge else frozenset()
            if work.is_done and not unseen:
                taken.drop(work.settled)
                return report_of(place.name, work.root, (), started)
            done = Done(resumed=0, purged=())
            watch: Watch | None = None
            if not work.is_done:
                unseen |= {action.key for action in work.actions if not action.retires}
                if edge:
                    doubts.keep(unseen)
                sys.audit("policetube.step", "push.doubted")
                with closing(HttpPurger(purge_url)) if purge_url else nullcontext(purger) as told:
                    watch = Watch(told) if told else None
                    done = work.carry_out(
                        Means(
                            lock=lock,
                            purger=watch,
                            progress=progress,
                            known=Releases(folder, place.name),
                            keep=keep,
                            interrupt=interrupt,
                        )
                    )
            ended = time.monotonic()
            sys.audit("policetube.step", "push.unseen")
            verdict = Verdict(right=(), wrong=())
            if edge:
                may_end = len(unseen) > FEW
                verdict = _look(work, unseen, edge, taken, interrupt if may_end else None)
                wrong = dict(verdict.wrong)
                doubts.keep(key for key in unseen if url_path(key) in wrong)
                if UNSEEN in wrong.values():
                    raise ExportError(
                        "interrupted",
                        f"{place.name} holds change {work.root.sequence}; {len(wrong)} of "
                        f"{len(unseen)} files are left to be seen at {edge} by the next push, "
                        "before which something more urgent is to be built. Push again.",
                    )
        return report_of(
            place.name,
            work.root,
            work.actions,
            started,
            resumed=done.resumed,
            purged=done.purged,
            verdict=verdict,
            shown_at=done.url,
            uploaded_after=((watch and watch.began) or ended) - started,
            purged_after=watch.ended - started if watch and watch.ended else None,
        )


def _look(
    work: Work,
    unseen: frozenset[str],
    edge: str,
    taken: Taken,
    interrupt: Callable[[], bool] | None,
) -> Verdict:
    """Read back what this push changed, and what an earlier one never saw right."""
    wanted = {action.key: action.item for action in work.actions if not action.retires}
    earlier = unseen - wanted.keys()
    if earlier:
        items = work.items()
        wanted |= {key: items.get(key) for key in earlier}
    wanted |= dict.fromkeys(taken.held(work.root) & wanted.keys())
    return verify_edge(wanted, edge, interrupt=interrupt)


def lock_path(folder: Path, target: str) -> Path:
    """Where the lock of a target lies."""
    return folder / f"push-{local_name(target)}.lock"
