"""What is written for people: Markdown pages, their links, code and labels."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
LABEL = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)


def pages() -> list[Path]:
    """Every page of the documentation."""
    top = [path for name in ("README.md", "CONTRIBUTING.md") if (path := ROOT / name).exists()]
    return sorted([*top, *(ROOT / "docs").rglob("*.md"), *(ROOT / "bench").glob("*.md")])


def name_of(path: Path) -> str:
    """A page as test IDs show it."""
    return path.relative_to(ROOT).as_posix()


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def blocks(text: str, language: str = "") -> list[str]:
    """Fenced code of one language; the empty language is that of blocks without a name."""
    return [code for named, code in BLOCK.findall(text) if named == language]


def code(text: str) -> str:
    """All code of a page: blocks, and spans of the prose around them."""
    fenced = [block for _language, block in BLOCK.findall(text)]
    return "\n".join([*fenced, *SPAN.findall(BLOCK.sub("", text))])


def links(text: str) -> list[str]:
    """Targets of links that stay inside the repository, without fragments."""
    targets = [target.partition("#")[0] for target in LINK.findall(BLOCK.sub("", text))]
    return [target for target in targets if target and "://" not in target]


def labels(text: str) -> list[str]:
    """What stands in bold, on one line."""
    return [" ".join(label.split()) for label in LABEL.findall(text)]
