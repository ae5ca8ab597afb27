"""What the site is made of: records as the API gives them, and views of them for templates.

Records mirror `schema.graphql` in snake_case; relations are kept as codes and slugs. Views (`Card`,
`Entry`, `Link`, `Month`, `Page`) are what a template is handed, already resolved.

Extra context that some templates get beside them:

- `sitemap_index.xml`: `shards: [Shard]`; `sitemap_shard.xml`: `entries: [Entry]` (a month's videos)
  or `urls: [str]` (absolute URLs of pages that are no videos), the other one empty.
- `feed.xml`: `feed_title`, `feed_path`, `cards: [Entry]`, `updated: datetime`.
- names the core itself puts into titles and breadcrumbs: see `texts.py` for their message IDs.
- filter `absolute`: URL path -> absolute, percent-encoded URL on the site.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The site itself. `about_html` (sanitised) is filled on the about page only, else empty."""

    id: str
    version: str
    name: str
    description: str
    about_html: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A node of the police hierarchy; `ancestor_codes` from the top down, without itself.

    `summary` and `region_code` are filled on the unit's own page only, else empty.
    """

    id: str
    version: str
    code: str
    name: str
    level: str
    region_code: str
    summary: str
    path: str
    parent_code: str | None
    ancestor_codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A subject that editors file videos under."""

    id: str
    version: str
    slug: str
    name: str
    description: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A free keyword."""

    id: str
    version: str
    slug: str
    name: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """Under which terms a video may be used; `url` may be empty."""

    code: str
    label: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A still on the media origin. Pixels, bytes, hex SHA-256."""

    url: str
    width: int
    height: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Storyboard:
    """Sprites of stills, with their WebVTT index; `interval` in seconds."""

    vtt_url: str
    sprites: tuple[Image, ...]
    columns: int
    rows: int
    tile_width: int
    tile_height: int
    interval: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """One encoded quality. `kind` is `VIDEO` or `AUDIO`; bandwidths in bits/s, size in bytes."""

    name: str
    kind: str
    url: str
    playlist_url: str
    width: int | None
    height: int | None
    frame_rate: float | None
    codecs: str
    bandwidth: int
    average_bandwidth: int
    size: int
    sha256: str
    content_type: str

    @property
    def plays_everywhere(self) -> bool:
        """Not of the economy set, which old players cannot read."""
        return not self.codecs.startswith("av01.")

    @property
    def label(self) -> str:
        """Its name as viewers read it: `720p`, `720p AV1`."""
        return self.name.replace("-av1", " AV1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Words said one after another; `start` in seconds."""

    start: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Captions:
    """Timed text; `kind` is `captions` or `subtitles`, `language` BCP 47."""

    language: str
    label: str
    kind: str
    url: str
    size: int
    sha256: str
    transcript: tuple[Passage, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignLanguage:
    """A second, silent video in step with the first; renditions highest first."""

    duration: float
    width: int
    height: int
    original_sha256: str
    hls_url: str
    poster: Image
    renditions: tuple[Rendition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """Everything playable of one video, in seconds; renditions highest first, audio last.

    `kind` is `VIDEO` or `AUDIO`; of sound alone, width and height are the poster's.
    """

    kind: str
    duration: float
    width: int
    height: int
    frame_rate: float
    has_audio: bool
    original_sha256: str
    hls_url: str
    poster: Image
    storyboard: Storyboard | None
    renditions: tuple[Rendition, ...]
    captions: tuple[Captions, ...]
    sign_language: SignLanguage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Video:
    """One published video. `body_html` is sanitised HTML; moments are aware and in UTC."""

    id: str
    version: str
    public_id: str
    slug: str
    path: str
    title: str
    synopsis: str
    body_html: str
    incident_date: date | None
    incident_place: str
    published_at: datetime
    updated_at: datetime
    credit: str
    rights: Rights
    language: str
    unit_code: str
    category_slugs: tuple[str, ...]
    tag_slugs: tuple[str, ...]
    media: Media


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A name and where it leads (URL path on the site); `level` is filled for units (`POLDA`…)."""

    name: str
    path: str
    level: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Month:
    """A calendar month in Asia/Jakarta and the page that lists it."""

    year: int
    month: int
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """An address of the site (`source`, a URL path) that leads to a page or to another site."""

    id: str
    version: str
    source: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What an HTML listing shows of a video. `duration` in seconds, `kind` as its media's."""

    public_id: str
    path: str
    title: str
    synopsis: str
    kind: str
    poster: Image
    duration: float
    published_at: datetime
    incident_date: date | None
    incident_place: str
    language: str
    has_captions: bool
    unit: Link


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Card):
    """A card as feeds and sitemaps need it; `content_url` is the file a reader may fetch."""

    updated_at: datetime
    content_url: str
    content_type: str
    content_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """One sitemap the index names: absolute URL, newest change in it if known."""

    url: str
    updated_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What every template may say of the page itself.

    `kind` is one of `home unit category tag month archive watch preview about search
    not_found gone feed sitemap robots`; `canonical_url` and `image_url` are absolute, `path` and
    `feed_path` URL paths.
    """

    kind: str
    title: str
    description: str
    path: str
    canonical_url: str
    image_url: str | None
    feed_path: str | None
