"""What must be rendered and what removed, each with its reason; deciding only, nothing is done."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass, replace

from site_builder import keys, manifest
from site_builder.ledger import ASSET, Ledger
from site_builder.look import Look
from site_builder.routes import Spec, all_specs, specs_of
from site_builder.store import Store

OWNERS = ("unit:", "category:", "tag:", *keys.PUBLICATIONS, "period:", "part:", "volume:")
INTERRUPTED = "an earlier write was interrupted"
NOT_PUBLIC = "no longer public"
REPLACED = "no longer among the front-end files"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One artifact to render, and why."""

    spec: Spec
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Artifacts to render and `(path, reason)` to remove, both ordered by path."""

    render: tuple[Step, ...]
    remove: tuple[tuple[str, str], ...]
    whole: bool
    # Shards of the manifest whose redirects changed, whatever becomes of their artifacts.
    shards: frozenset[str] = frozenset()


def make(
    store: Store,
    *,
    look: Look,
    assets: Set[str] = frozenset(),
    intact: bool = True,
    interrupted: Iterable[str] = (),
) -> Plan:
    """Plan a build from the dirty keys, the look of the last build and the state of the output.

    `assets` are the paths of the front-end files; `intact` is False if the output is not the one
    that the store knows; `interrupted` are paths that an earlier build began to replace or remove.
    """
    before = Look.from_json(store.meta("look"))
    dirty = store.dirty()
    if reason := _whole_reason(before, look, dirty, intact=intact):
        return _whole(store, reason, assets, interrupted)
    dirty += [keys.template(name) for name in look.changed_templates(before or look)]
    return _partial(store, dirty, assets, interrupted)


def _whole_reason(before: Look | None, look: Look, dirty: list[str], *, intact: bool) -> str | None:
    if before is None:
        return "first build"
    if keys.EVERYTHING in dirty:
        return "full build"
    if not intact:
        return "the output is not the one of the last build"
    if before.shared != look.shared:
        return "assets, settings or code changed"
    return None


def _whole(store: Store, reason: str, assets: Set[str], interrupted: Iterable[str]) -> Plan:
    wanted = {spec.path: Step(spec=spec, reason=reason) for spec in all_specs(store)}
    unwanted: dict[str, str] = {}
    for spec in Ledger(store).specs():
        unwanted[spec.path] = REPLACED if spec.route == ASSET else NOT_PUBLIC
    for path in interrupted:
        if path != manifest.ROOT:
            unwanted.setdefault(path, INTERRUPTED)
    kept = wanted.keys() | assets
    removed = {path: why for path, why in unwanted.items() if path not in kept}
    return _ordered(wanted, removed, whole=True)


def _partial(store: Store, dirty: list[str], assets: Set[str], interrupted: Iterable[str]) -> Plan:
    ledger = Ledger(store)
    redirects = filter(None, map(keys.parse_redirect, dirty))
    wanted: dict[str, Step] = {}
    unwanted: dict[str, str] = {}
    for key in dirty:
        reason = f"{key} changed"
        for spec in ledger.dependents(key):
            wanted.setdefault(spec.path, Step(spec=spec, reason=reason))
        if not key.startswith(OWNERS):
            continue
        owned = {spec.path for spec in ledger.owned(key)}
        specs = specs_of(store, key)
        for spec in specs:
            if spec.path not in owned:
                wanted[spec.path] = Step(spec=spec, reason=f"{key} is new here")
        for path in owned - {spec.path for spec in specs}:
            unwanted[path] = f"{key} is no longer public here"
    for path in interrupted:
        if path == manifest.ROOT or path in assets:
            continue
        if found := ledger.spec(path):
            wanted.setdefault(path, Step(spec=found, reason=INTERRUPTED))
        elif path not in wanted:
            unwanted[path] = INTERRUPTED
    return replace(
        _ordered(wanted, unwanted, whole=False),
        shards=frozenset(manifest.shard_of(path) for path in redirects),
    )


def _ordered(wanted: dict[str, Step], unwanted: dict[str, str], *, whole: bool) -> Plan:
    steps = (wanted[path] for path in sorted(wanted) if path not in unwanted)
    return Plan(render=tuple(steps), remove=tuple(sorted(unwanted.items())), whole=whole)
