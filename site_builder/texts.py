"""Every name that the core, not a template, puts on a page; message IDs of the catalogue."""

from __future__ import annotations

from collections.abc import Callable

Translate = Callable[[str], str]


def home(_: Translate) -> str:
    """First step of every breadcrumb."""
    return _("Home")


def archive(_: Translate) -> str:
    """Title of the archive and the step above its months."""
    return _("Archive")


def archive_description(_: Translate) -> str:
    """What the archive says of itself."""
    return _("All published recordings, month by month.")


def search(_: Translate) -> str:
    """Title of the search page."""
    return _("Search")


def search_description(_: Translate) -> str:
    """What the search says of itself."""
    return _("Find recordings by their titles, places, units, and by what is said in them.")


def about(_: Translate) -> str:
    """Title of the about page."""
    return _("About this site")


def not_found(_: Translate) -> str:
    """Title of the 404 page."""
    return _("Page not found")


def gone(_: Translate) -> str:
    """Title of the 410 page."""
    return _("No longer available")


def listing_description(_: Translate, name: str, site: str) -> str:
    """Description of a unit, category or tag that says nothing of itself."""
    return _("Recordings: %(name)s. %(site)s.") % {"name": name, "site": site}


def month_heading(_: Translate, name: str, month: str) -> str:
    """Heading of one month of a listing."""
    return _("%(name)s: %(month)s") % {"name": name, "month": month}
