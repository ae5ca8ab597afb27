"""What the site is made of: records as the API gives them, and views of them for templates.

Records mirror `schema.graphql` in snake_case; relations are kept as codes and slugs. Views (`Card`,
`Entry`, `Link`, `Month`, `Page`, `Period`) are what a template is handed, already resolved.

Extra context that some templates get beside them:

- `sitemap_index.xml`: `shards: [Shard]`; `sitemap_shard.xml`: `entries: [Entry]` (what a month
  published) or `urls: [str]` (absolute URLs of all other pages), the other one empty.
- `feed.xml`: `feed_title`, `feed_path`, `cards: [Entry]`, `updated: datetime`.
- names the core itself puts into titles and breadcrumbs: see `texts.py` for their message IDs.
- filter `absolute`: URL path -> absolute, percent-encoded URL on the site.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal


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
class Banner:
    """An emergency announcement in plain text; `urgency` is `NOTICE`, `WARNING` or `CRITICAL`,
    `href` a URL path, an absolute https URL or empty. It ends by itself at `until`."""

    id: str
    version: str
    text: str
    text_english: str
    urgency: str
    href: str
    until: datetime


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
class Publication:
    """What a unit published. `body_html` is sanitised HTML; moments are aware and in UTC."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Video(Publication):
    """One published video."""

    media: Media


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalReason:
    """Why something was withdrawn: a word of the contract (`PRIVACY`…), its label as the API gives
    it, and plain text in the publisher's own words, which may be empty."""

    code: str
    label: str
    explanation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One line of the public ledger. `kind` is `CORRECTION`, `WITHDRAWAL` or `RETURN`; `changed`
    are words of the contract (`TITLE`…); what was withdrawn is known by its public ID alone."""

    sequence: int
    kind: str
    node_id: str
    public_id: str
    at: datetime
    changed: tuple[str, ...]
    published_at: datetime | None
    unit_code: str
    reason: WithdrawalReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy(Image):
    """A photograph in one size and type."""

    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Photograph:
    """A photograph of a story; `jpegs` largest first, at least one; `webps` as many or none."""

    alternative_text: str
    caption: str
    credit: str
    original_sha256: str
    jpegs: tuple[Copy, ...]
    webps: tuple[Copy, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Story(Publication):
    """News with photographs, of which the first leads; `video_ids` are public IDs."""

    photographs: tuple[Photograph, ...]
    video_ids: tuple[str, ...]


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


Length = Literal["MONTH", "DAY", "HOUR"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A month, day or hour in Asia/Jakarta from its first moment on, the page that lists it, and
    how many publications it has (0: not counted).
    """

    length: Length
    begin: datetime
    path: str
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """How many videos a listing has of one year, as the clocks of Jakarta show it."""

    year: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """What is counted of a listing: all videos, those of each year (newest first), the moments
    of the first and the latest publication."""

    count: int
    years: tuple[Year, ...]
    first: datetime
    latest: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """An address of the site (`source`, a URL path) that leads to a page or to another site."""

    id: str
    version: str
    source: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What an HTML listing shows of a publication. `duration` in seconds, 0 if nothing plays.

    `kind` is `STORY`, or that of a video's media.
    """

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
    """A card as feeds and sitemaps need it; `content_url` is the file a reader may fetch.

    `image_urls` are a story's photographs, the largest of each.
    """

    updated_at: datetime
    content_url: str
    content_type: str
    content_size: int
    image_urls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What stands around a publication on its page, already resolved; `ancestors` from the top."""

    site: Site
    unit: Unit
    ancestors: Sequence[Link] = ()
    categories: Sequence[Link] = ()
    tags: Sequence[Link] = ()
    related: Sequence[Card] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """A line of the ledger as pages show it: `item` is None where it is public no more, and so is
    `unit`; `path` leads to this very line."""

    kind: str
    public_id: str
    at: datetime
    changed: tuple[str, ...]
    published_at: datetime | None
    item: Link | None
    unit: Link | None
    path: str
    anchor: str
    reason: WithdrawalReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """One sitemap the index names: absolute URL, newest change in it if known."""

    url: str
    updated_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What every template may say of the page itself.

    `kind` is one of `home unit category tag tags month archive ledger ledger_month watch story
    embed preview about search latest oembed accessibility offline not_found gone feed sitemap news
    robots service_worker banner banner_style`; `canonical_url` and `image_url` are absolute, `path`
    and `feed_path` URL paths.
    """

    kind: str
    title: str
    description: str
    path: str
    canonical_url: str
    image_url: str | None
    feed_path: str | None
