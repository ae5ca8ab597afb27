"""The query documents, one per page kind; a fragment lives in the document of its kind."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

SPREAD = re.compile(r"\.\.\.(\w+)")
FRAGMENT = re.compile(r"^fragment (\w+) on .*?^\}\n?", re.MULTILINE | re.DOTALL)
NAMES = (
    "site",
    "units",
    "categories",
    "tags",
    "redirects",
    "videos",
    "stories",
    "ledger",
    "changes",
    "nodes",
)


def _source(name: str) -> str:
    return (files("site_builder") / "queries" / f"{name}.graphql").read_text(encoding="utf-8")


@cache
def _fragments() -> dict[str, str]:
    return {
        match.group(1): match.group(0)
        for name in NAMES
        for match in FRAGMENT.finditer(_source(name))
    }


@cache
def document(name: str) -> str:
    """The whole text of one query document, with every fragment it reaches."""
    return with_fragments(_source(name))


@cache
def versions_document(kind: str) -> str:
    """A query for ID and version of all nodes of a kind (`units`, `videos`…), page by page."""
    return (
        f"query Versions($first: Int!, $after: String) {{ page: {kind}(first: $first, "
        "after: $after) { nodes { id version } pageInfo { hasNextPage endCursor } } }"
    )


def with_fragments(text: str) -> str:
    """A query of another's own, with every fragment of ours that it reaches."""
    while missing := set(SPREAD.findall(text)) - set(FRAGMENT_NAME.findall(text)):
        text += "".join("\n" + _fragments()[fragment] for fragment in sorted(missing))
    return text


FRAGMENT_NAME = re.compile(r"^fragment (\w+) on ", re.MULTILINE)
