"""Wagtail's redirects: which are public, and what of them.

One that leads to a page is public while that page is, and says its path of today. One that leads
to an address was typed by an administrator and says just that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Q
from wagtail.contrib.redirects.models import Redirect

from cms.publishing import visibility
from cms.publishing.models import PublicState
from cms.publishing.records import Record
from content_models.models import HomePage
from site_builder import redirects as addresses

REDIRECT = "redirect:"


def nodes(paths: Iterable[str]) -> Iterator[tuple[str, Record | None]]:
    """Node ID and record, or None, of the redirects from each of the paths, as Wagtail has them."""
    wanted = {path for path in paths if can_start(path)}
    rows = _rows(wanted)
    pages = told_paths({row.redirect_page_id for row in rows.values() if row.redirect_page_id})
    for path in sorted(wanted):
        yield addresses.node_id(path), _record(rows.get(path), pages)


def can_start(path: str) -> bool:
    """Whether a path is written as Wagtail would write it, and may lead elsewhere."""
    return addresses.trouble(path) is None and not path.endswith("/")


def shown(told: Iterable[Record]) -> set[str]:
    """Node IDs of those that are in the database, too, what was told of them."""
    records = {addresses.node_id(record["from"]): record for record in told}
    paths = [record["from"].rstrip("/") for record in records.values()]
    return {node_id for node_id, record in nodes(paths) if record == records[node_id]}


def all_paths() -> set[str]:
    """Every path that some redirect starts at; they are few."""
    return set(filter(can_start, Redirect.objects.values_list("old_path", flat=True)))


def paths_by_name() -> dict[str, str]:
    """What stands behind `redirect:` in a node's ID → its path."""
    return {addresses.node_id(path).removeprefix(REDIRECT): path for path in all_paths()}


def paths_to(pages: Iterable[int]) -> set[str]:
    """Paths of the redirects to some pages."""
    rows = Redirect.objects.filter(redirect_page_id__in=list(pages))
    return set(rows.values_list("old_path", flat=True))


def paths_to_home() -> set[str]:
    return paths_to(HomePage.objects.values_list("pk", flat=True))


def goes_round(redirect: Redirect) -> bool:
    """Whether it would, by way of other redirects, lead back to itself."""
    seen: set[str] = {redirect.old_path}
    link = redirect.redirect_link
    while link and (step := _own_path(link)):
        if step in seen:
            return True
        seen.add(step)
        following = _rows({step}, but=redirect.pk).get(step)
        link = following.redirect_link if following and not following.redirect_page_id else ""
    return False


def _own_path(link: str) -> str | None:
    """The path, as Wagtail has it, of an address on the site itself; None for any other."""
    parts, own = urlsplit(link), urlsplit(settings.SITE_BASE_URL)
    is_own = parts.netloc.lower() == own.netloc.lower()
    return Redirect.normalise_path(parts.path) if is_own else None


def _rows(paths: set[str], *, but: int | None = None) -> dict[str, Redirect]:
    """The redirect from each path; as in Wagtail one for the site goes before one for all."""
    here = Q(site=None) | Q(site__is_default_site=True)
    chosen: dict[str, Redirect] = {}
    for row in Redirect.objects.filter(here, old_path__in=paths).exclude(pk=but).order_by("-pk"):
        if row.old_path not in chosen or row.site_id is not None:
            chosen[row.old_path] = row
    return chosen


def _record(row: Redirect | None, pages: dict[int, str]) -> Record | None:
    if row is None:
        return None
    goal = pages.get(row.redirect_page_id) if row.redirect_page_id else row.redirect_link
    if not goal or not addresses.is_goal(goal) or _own_path(goal) == row.old_path:
        return None
    return {"from": addresses.source(row.old_path), "to": goal}


def told_paths(pages: set[int]) -> dict[int, str]:
    """Page → its path, if the page is public and the world was told of it."""
    if not pages:
        return {}
    there = {
        *visibility.public_units().filter(pk__in=pages).values_list("pk", flat=True),
    }
    for kind in visibility.PUBLICATIONS:
        there.update(visibility.released(kind).filter(pk__in=pages).values_list("pk", flat=True))
    told = PublicState.objects.filter(page_id__in=there)
    found = {state.page_id: state.record["path"] for state in told if state.page_id}
    home = visibility.public_home()
    return found | ({home.pk: "/"} if home and home.pk in pages else {})
