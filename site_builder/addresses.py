"""Every address that a built file names: in HTML, XML, JSON, CSS, scripts and `robots.txt`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from xml.etree import ElementTree

# Attributes that hold one address, on whatever element.
ADDRESSES = frozenset({"href", "src", "poster", "action", "formaction", "data", "cite"})
LISTS = frozenset({"srcset", "imagesrcset"})
# `<meta>` whose content is an address: Open Graph's (https://ogp.me), and those of X.
META = re.compile(r"(?:og|twitter):(?:url|image|video|audio|player)(?::(?:url|secure_url|src))?")
XML_ATTRIBUTES = frozenset({"href", "src", "uri"})
XML_TEXTS = re.compile(r"(?:loc|.+_loc|icon|logo|uri)")
JSON_KEYS = re.compile(r"(?:@id|item|start_url|scope|.*(?:url|href|path|src)s?)", re.IGNORECASE)
ABSOLUTE = re.compile(r"(?:https?:/)?/[^\s\"'<>]*")
CSS_URL = re.compile(r"""url\(\s*["']?(?!data:)([^"')\s]+)["']?\s*\)""")
SCRIPT_PATH = re.compile(r"""["'`](/assets/[\w./-]+)["'`]""")
ROBOTS_LINE = re.compile(r"^sitemap:\s*(\S+)\s*$", re.IGNORECASE | re.MULTILINE)


@dataclass(slots=True)
class Found:
    """What a file names: addresses as written, its own IDs, what it calls its canonical address."""

    links: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    canonical: str = ""


def of(path: str, content: bytes) -> Found:
    """Everything that a file names, by its suffix; raises ValueError where it cannot be read."""
    kind = path.rpartition(".")[2]
    read = READERS.get(kind)
    if read is None:
        return Found()
    text = content.decode()
    found = of_page(text) if kind == "html" else Found(links=set(read(text)))
    found.links.discard("")
    return found


def of_page(text: str) -> Found:
    """What a page names, its structured data included."""
    return _Page(text).found


class _Page(HTMLParser):
    """One pass over a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found = Found()
        self._data = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._data = tag == "script" and values.get("type", "").endswith("json")
        if "id" in values:
            self.found.ids.add(values["id"])
        if tag == "link" and values.get("rel") == "canonical":
            self.found.canonical = values.get("href", "")
        if tag == "meta" and META.fullmatch(values.get("property") or values.get("name", "")):
            self.found.links.add(values.get("content", ""))
        self.found.links.update(_of_attributes(values))

    def handle_data(self, data: str) -> None:
        if self._data:
            self.found.links.update(_of_json(data))

    def handle_endtag(self, _tag: str) -> None:
        self._data = False


def _of_attributes(values: dict[str, str]) -> Iterator[str]:
    for name, value in values.items():
        if name in ADDRESSES:
            yield value.strip()
        elif name in LISTS:
            yield from (part.split()[0] for part in value.split(",") if part.strip())
        elif name.startswith("data-") and re.fullmatch(r"/(?!/)\S*", value):
            yield value  # what a script will fetch


def _of_xml(text: str) -> Iterator[str]:
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 -- our own output
    except ElementTree.ParseError as error:
        raise ValueError(f"no well-formed XML: {error}") from error
    for element in root.iter():
        for name in XML_ATTRIBUTES.intersection(element.keys()):
            yield element.attrib[name]
        if XML_TEXTS.fullmatch(element.tag.rpartition("}")[2]):
            yield (element.text or "").strip()


def _of_json(text: str) -> Iterator[str]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise ValueError(f"no JSON: {error}") from error
    yield from _in_json("", value)


def _in_json(key: str, value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _in_json(name, inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _in_json(key, inner)
    elif isinstance(value, str) and key == "html":
        yield from of_page(value).links
    elif isinstance(value, str) and JSON_KEYS.fullmatch(key) and ABSOLUTE.fullmatch(value):
        yield value


READERS: dict[str, Callable[[str], Iterator[str]]] = {
    "html": lambda text: iter(of_page(text).links),
    "xml": _of_xml,
    "json": _of_json,
    "webmanifest": _of_json,
    "css": lambda text: iter(CSS_URL.findall(text)),
    "js": lambda text: iter(SCRIPT_PATH.findall(text)),
    "txt": lambda text: iter(ROBOTS_LINE.findall(text)),
}
