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
    return _("All publications, month by month.")


def search(_: Translate) -> str:
    """Title of the search page."""
    return _("Search")


def search_description(_: Translate) -> str:
    """What the search says of itself."""
    return _("Find recordings and stories by title, place, unit, and by what is said in them.")


def about(_: Translate) -> str:
    """Title of the about page."""
    return _("About this site")


def tags(_: Translate) -> str:
    """Title of the list of all tags."""
    return _("Keywords")


def tags_description(_: Translate) -> str:
    """What the list of all tags says of itself."""
    return _("Every keyword that a publication carries.")


def ledger(_: Translate) -> str:
    """Title of the public ledger."""
    return _("Corrections and withdrawals")


def ledger_description(_: Translate) -> str:
    """What the ledger says of itself."""
    return _("What was changed or taken back after it was published, and when.")


def accessibility(_: Translate) -> str:
    """Title of the accessibility statement."""
    return _("Accessibility statement")


def accessibility_description(_: Translate, site: str) -> str:
    """What the statement says of itself."""
    return _("How far %(site)s can be used by everyone, and how to complain where it cannot.") % {
        "site": site
    }


def offline(_: Translate) -> str:
    """Title of the page that is shown without a connection."""
    return _("No connection")


def not_found(_: Translate) -> str:
    """Title of the 404 page."""
    return _("Page not found")


def gone(_: Translate) -> str:
    """Title of the 410 page."""
    return _("No longer available")


def listing_description(_: Translate, name: str, site: str) -> str:
    """Description of a unit, category or tag that says nothing of itself."""
    return _("Publications: %(name)s. %(site)s.") % {"name": name, "site": site}


def period_heading(_: Translate, name: str, period: str) -> str:
    """Heading of one month, day or hour of a listing."""
    return _("%(name)s: %(period)s") % {"name": name, "period": period}
