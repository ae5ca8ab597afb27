"""Which actions turn what is live into what was built, in which order, and why. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from static_export.edge import cache_policy
from static_export.errors import ExportError
from static_export.manifest import Artifact, CachePolicy, Gone, Group, Item, Redirect, Root
from static_export.paths import url_path

SMALLEST_CAP = 20
CAP_SHARE = 0.2


class Phase(IntEnum):
    """The order of a push: no page that is live may point to something absent.

    New pages and new listings name each other; nothing leads to either until what was there
    before is changed. Urgent listings are those for which a push of many pages was interrupted.
    """

    WITHDRAWALS = 0
    ASSETS = 1
    NEW_PAGES = 2
    NEW_LISTINGS = 3
    URGENT_LISTINGS = 4
    PAGES = 5
    LISTINGS = 6
    RULES = 7
    DELETIONS = 8


class Reason(StrEnum):
    """Why an action is taken."""

    NEW = "new"
    CHANGED = "changed"
    MOVED = "moved"
    GONE = "gone"
    UNFINISHED = "unfinished push"
    EARLIER = "earlier release"
    TAKEN_DOWN = "taken down"
    RETIRED = "named by nothing for long"


GROUP_PHASE: Mapping[str, Phase] = {
    "asset": Phase.ASSETS,
    "page": Phase.PAGES,
    "listing": Phase.LISTINGS,
}
_NEW_PHASE = {**GROUP_PHASE, "page": Phase.NEW_PAGES, "listing": Phase.NEW_LISTINGS}
_GROUP_BY_POLICY: Mapping[CachePolicy, Group] = {
    "immutable": "asset",
    "page": "page",
    "listing": "listing",
    "urgent": "listing",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing to do at a target: put `item`, or delete what answers `key` if there is none.

    `replaces` is the artifact that answers until then, unless a push that did not end
    (`is_unfinished`) has replaced it already; one that was interrupted and says so has done it
    (`is_settled`). `place` is where the item's bytes are kept at the
    target, for one that need not be sent.
    """

    phase: Phase
    key: str
    item: Item | None
    reason: Reason
    removes_content: bool = False
    replaces: Artifact | None = None
    is_unfinished: bool = False
    is_settled: bool = False
    place: str | None = None

    @property
    def withdraws(self) -> bool:
        """Whether a page or listing goes and no other comes: nothing of it may be kept."""
        shown = self.replaces is not None and self.replaces.group != "asset"
        return shown and not isinstance(self.item, Artifact)

    @property
    def retires(self) -> bool:
        """Whether an asset is named no more: it stays for those who read a page that names it."""
        if self.item is not None or self.reason is Reason.RETIRED:
            return False
        return (self.replaces.group if self.replaces else group_of(self.key)) == "asset"

    @property
    def verb(self) -> str:
        """`put`, `restore`, `redirect`, `gone`, `retire` or `delete`."""
        if self.place is not None:
            return "restore"
        if self.retires:
            return "retire"
        match self.item:
            case Artifact():
                return "put"
            case Redirect():
                return "redirect"
            case Gone():
                return "gone"
            case None:
                return "delete"


def plan(
    live: Mapping[str, Item],
    built: Mapping[str, Item],
    unfinished: Mapping[str, Item | None],
) -> tuple[Action, ...]:
    """Compare what changed shards said and say; `unfinished` maps keys to what they must be.

    Keys of `unfinished` may lie at the target in any state: old, new, or half of a dead push.
    """
    wanted = {**built, **{key: item for key, item in unfinished.items() if item is not None}}
    keys = live.keys() | wanted.keys() | unfinished.keys()
    actions = [
        action
        for key in keys
        if (action := _action(key, live.get(key), wanted.get(key), key in unfinished))
    ]
    return tuple(sorted(actions, key=lambda action: (action.phase, action.key)))


def removed_keys(actions: tuple[Action, ...]) -> tuple[str, ...]:
    """Pages and listings that are live and would no longer be.

    Assets are not counted: their names change with every deployment of the look.
    """
    return tuple(action.key for action in actions if action.removes_content)


def check_removals(removed: tuple[str, ...], live_count: int, *, allow_mass_delete: bool) -> None:
    """Refuse a push that would take away more of the site than an ordinary day does."""
    cap = max(SMALLEST_CAP, int(live_count * CAP_SHARE))
    if len(removed) > cap and not allow_mass_delete:
        raise ExportError(
            "mass-delete",
            f"This push would remove {len(removed)} of {live_count} files (at most {cap} go "
            f"without asking), among them {', '.join(removed[:3])}. If that is meant, push "
            "again with --allow-mass-delete.",
        )


def check_identity(
    root: Root, epoch: str, sequence: int, target: str, *, accept_epoch: bool
) -> None:
    """Refuse a build older than what a target holds, and one of another database."""
    if epoch != root.epoch:
        if not accept_epoch:
            raise ExportError(
                "foreign-epoch",
                f"{target} holds a site of another database (epoch {epoch}, this build has "
                f"{root.epoch}). If this one is to replace it, push with --accept-epoch.",
            )
    elif sequence > root.sequence:
        raise ExportError(
            "stale-build",
            f"{target} already holds change {sequence}, this build ends at {root.sequence}: "
            "build again and push that.",
        )


def _action(key: str, old: Item | None, new: Item | None, unfinished: bool) -> Action | None:
    if old == new and not unfinished:
        return None
    group = old.group if isinstance(old, Artifact) else None
    if unfinished and old is None:
        group = group_of(key)
    withdrawn = group == "page"
    if isinstance(new, Artifact):
        phase = (_NEW_PHASE if old is None else GROUP_PHASE)[new.group]
    elif isinstance(new, Redirect):
        phase = Phase.RULES
    elif isinstance(new, Gone):
        phase = Phase.WITHDRAWALS if withdrawn else Phase.RULES
    else:
        phase = Phase.WITHDRAWALS if withdrawn else Phase.DELETIONS
    content = isinstance(old, Artifact) and old.group != "asset"
    return Action(
        phase=phase,
        key=key,
        item=new,
        reason=_reason(old, new, unfinished),
        removes_content=content and not isinstance(new, Artifact | Redirect),
        replaces=old if isinstance(old, Artifact) else None,
        is_unfinished=unfinished,
    )


def group_of(key: str) -> Group:
    """What may lie under a key of which nothing else is known."""
    return _GROUP_BY_POLICY[cache_policy(url_path(key))]


def _reason(old: Item | None, new: Item | None, unfinished: bool) -> Reason:
    if unfinished:
        return Reason.UNFINISHED
    if isinstance(new, Gone) or new is None:
        return Reason.GONE
    if isinstance(new, Redirect):
        return Reason.MOVED
    return Reason.NEW if old is None else Reason.CHANGED
