"""Which addresses may lead elsewhere by hand, and where to: what every target and edge can carry.

The CMS asks the same functions, so that nothing leaves it which a build would refuse.
"""

from __future__ import annotations

import hashlib
import re
from enum import StrEnum

# Addresses of videos hold IDs: they lead on by themselves, and answer 410 when one is withdrawn.
RESERVED = frozenset({"assets", "embed", "manifest", "manifest.json", "story", "video"})
LONGEST = 900  # bytes; keys of S3 hold 1024
LONGEST_PART = 200  # bytes; a target on a disk makes a folder of each part
PATH = re.compile(r"(?:/[\w~+,=@-][\w.~+,=@-]*)+/?")
# Names of the rules in a folder of redirects (`static_export.targets.directory`).
RULE = re.compile(r"(?:redirect|gone)-\d+")
FILE = re.compile(r"\.[A-Za-z0-9]{1,8}$")
LINK = re.compile(r"https?://[A-Za-z0-9.\[\]:-]+(?:/[^\x00-\x20\x7f\\\"<>`{}^|]*)?")
PAGE = re.compile(r"/(?:[\w~-][\w.~-]*/)*")


class Trouble(StrEnum):
    """Why no redirect can start at an address."""

    SPELLING = "spelling"
    RESERVED = "reserved"


def source(path: str) -> str:
    """The one URL path of an address: `/lama` and `/lama/` are `/lama/`, `/lama.html` is itself."""
    bare = path.rstrip("/")
    return bare if FILE.search(bare) else f"{bare}/"


def trouble(path: str) -> Trouble | None:
    """Why no redirect can start at a path, with or without its last slash; None if one can."""
    parts = path.strip("/").split("/")
    if parts[0] in RESERVED:
        return Trouble.RESERVED
    if (
        not PATH.fullmatch(path)
        or parts[-1] == "index.html"
        or any(RULE.fullmatch(part) for part in parts)
        or len(path.encode()) > LONGEST
        or any(len(part.encode()) > LONGEST_PART for part in parts)
    ):
        return Trouble.SPELLING
    return None


def is_goal(target: str) -> bool:
    """Whether a redirect may lead there: the path of a page, or an absolute http(s) URL."""
    return bool(PAGE.fullmatch(target) or LINK.fullmatch(target))


def node_id(path: str) -> str:
    """ID of the redirect from a path; stable, whatever characters are in it."""
    return f"redirect:{hashlib.sha256(source(path).encode()).hexdigest()[:32]}"
