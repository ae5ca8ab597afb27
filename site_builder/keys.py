"""The vocabulary of dependencies: what an artifact can depend on, and how each is written.

| key | dirty when |
|---|---|
| `site` | name, description or language of the site change (every artifact) |
| `page:{node}` | any public field of the node changes |
| `player:{node}` | what the player alone shows of a video changes |
| `{node}` (`unit:polda-bali`) | its link changes: name, path, level, place in the tree, existence |
| `list:{name}` | a set of links changes (`list:units/level/POLDA`, `list:tags`, `list:paths`) |
| `list:{listing}@{sort}` | the card at this place of a listing of publications changes |
| `feed:{listing}@{sort}` | the same, or only what feeds and sitemaps carry beyond the card |
| `search:all@{sort}` | what the search finds at this place of the archive changes |
| `list:stretches` | a stretch of the search index begins or ends (its root) |
| `part:{node}`, `volume:{node}` | that stretch does (owner of its file; no node: the oldest) |
| `months:{listing}` | a month of the listing gets its first or loses its last publication |
| `tally:{listing}` | it has more or fewer videos, or one of another moment (no tags) |
| `period:{listing}/{period}` | that month, day or hour may get or lose its page, which it owns |
| `redirect:{path}` | a redirect from this output path appears, leads elsewhere or goes |
| `template:{name}` | the template, or one that it includes, changes |
| `all` | everything: first build, `--full`, new assets, settings or code |

For a publication, its link is its title and path. `list:ledger` and `list:ledger/{yyyy-mm}` are
the lines of the public ledger, all and of one month; its months are those of the listing `ledger`.

Publications are videos and stories; their listings: `all`, `unit/{code}` (whole subtree),
`category/{slug}`, `tag/{slug}`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Jakarta")
ALL = "all"
SITE = "site"
EVERYTHING = "all"
LOWEST = ""
HIGHEST = "~"
FACETS = frozenset({"list", "feed", "search"})
STAMP = "%Y%m%dT%H%M%S.%f"
PUBLICATION_KINDS = ("video", "story")
PUBLICATIONS = tuple(f"{kind}:" for kind in PUBLICATION_KINDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch `low <= sort < high` of one listing, seen through one facet (see `FACETS`)."""

    facet: str
    listing: str
    low: str
    high: str


def is_publication(node_id: str) -> bool:
    """Whether a node is one that listings show."""
    return node_id.startswith(PUBLICATIONS)


def page(node_id: str) -> str:
    """The whole record of a node."""
    return f"page:{node_id}"


def player(node_id: str) -> str:
    """What the player alone shows of a video."""
    return f"player:{node_id}"


def sort_key(published_at: datetime, public_id: str) -> str:
    """Place of a publication in every listing: fixed width, ascending in time, unique."""
    return f"{published_at.astimezone(UTC).strftime(STAMP)}|{public_id}"


def after(sort: str) -> str:
    """The first sort key above another: a window from one to the other holds one place."""
    return sort + "\x00"


def month_of(published_at: datetime) -> str:
    """`yyyy-mm` of a moment as the clocks of Jakarta show it."""
    return published_at.astimezone(ZONE).strftime("%Y-%m")


def day_of(published_at: datetime) -> str:
    """`yyyy-mm-dd` likewise."""
    return published_at.astimezone(ZONE).strftime("%Y-%m-%d")


@lru_cache(maxsize=4096)
def bounds(period: str) -> tuple[str, str]:
    """Lowest and first higher sort key of a period (`periods.py`)."""
    start = begin_of(period)
    if len(period) == len("yyyy-mm"):
        end = start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
    else:
        end = start + (timedelta(hours=1) if "T" in period else timedelta(days=1))
    return start.astimezone(UTC).strftime(STAMP), end.astimezone(UTC).strftime(STAMP)


def begin_of(period: str) -> datetime:
    """The first moment of a period, in Jakarta's time."""
    whole = period + "yyyy-01-01T00"[len(period) :]
    return datetime.strptime(whole, "%Y-%m-%dT%H").replace(tzinfo=ZONE)


def point(facet: str, listing: str, sort: str) -> str:
    """One place of a listing."""
    return f"{facet}:{listing}@{sort}"


def moment_of(sort: str) -> datetime:
    """When the video with a sort key was published."""
    return datetime.strptime(sort.partition("|")[0], STAMP).replace(tzinfo=UTC)


def days_before(sort: str, days: int) -> str:
    """The lowest sort key of a video that was published at most some days before another one."""
    return (moment_of(sort) - timedelta(days=days)).strftime(STAMP)


def parse_point(key: str) -> tuple[str, str, str] | None:
    """`(facet, listing, sort)` of a point, None for any other key."""
    facet, _, rest = key.partition(":")
    if facet not in FACETS:
        return None
    listing, at, sort = rest.rpartition("@")
    return (facet, listing, sort) if at else None


def months(listing: str) -> str:
    """The set of months that a listing has."""
    return f"months:{listing}"


def tally(listing: str) -> str:
    """How many videos a listing has of which month, and when the first and the last."""
    return f"tally:{listing}"


def period(listing: str, period: str) -> str:
    """Owner of the page of one period of a listing."""
    return f"period:{listing}/{period}"


def parse_period(key: str) -> tuple[str, str] | None:
    """`(listing, period)` of a period's owner key, None for any other."""
    kind, _, rest = key.partition(":")
    if kind != "period":
        return None
    listing, _, period = rest.rpartition("/")
    return listing, period


def units_under(parent: str | None) -> str:
    """The set of links to a unit's direct children."""
    return f"list:units/under/{parent or ''}"


def units_at(level: str) -> str:
    """The set of links to all units of a level."""
    return f"list:units/level/{level}"


def redirect(path: str) -> str:
    """The redirect from an output path, which the manifest's shard of it carries."""
    return f"redirect:{path}"


def parse_redirect(key: str) -> str | None:
    """Output path of a redirect's key, None for any other."""
    kind, _, path = key.partition(":")
    return path if kind == "redirect" else None


CATEGORIES = "list:categories"
TAGS = "list:tags"
PATHS = "list:paths"
SITEMAPS = "list:sitemaps"
STRETCHES = "list:stretches"
LEDGER = "ledger"
BANNER = "banner:banner"
NEWEST_LINES = "list:ledger"


def lines(month: str) -> str:
    """The lines of one month of the public ledger."""
    return f"list:ledger/{month}"


def template(name: str) -> str:
    """A template with all that it includes."""
    return f"template:{name}"
