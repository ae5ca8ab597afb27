"""Everything playable of a video."""

from __future__ import annotations

from typing import Any

import graphene

from cms.api.loaders import loader
from cms.api.types.node import Item
from cms.api.types.scalars import BigInt
from content_models import transcript as said


class MediaKind(graphene.Enum):
    """What there is to play."""

    VIDEO = "VIDEO"
    AUDIO = "AUDIO"


class RenditionKind(graphene.Enum):
    """What a rendition holds."""

    VIDEO = "VIDEO"
    AUDIO = "AUDIO"


class Image(graphene.ObjectType):
    """A still. Pixels, bytes, hex SHA-256."""

    url = graphene.String(required=True)
    width = graphene.Int(required=True)
    height = graphene.Int(required=True)
    size = BigInt(required=True)
    sha256 = graphene.String(required=True)


class Storyboard(graphene.ObjectType):
    """Sprites of stills, with their WebVTT index."""

    vttUrl = graphene.String(required=True)  # noqa: N815
    sprites = graphene.List(graphene.NonNull(Image), required=True)
    columns = graphene.Int(required=True)
    rows = graphene.Int(required=True)
    tileWidth = graphene.Int(required=True)  # noqa: N815
    tileHeight = graphene.Int(required=True)  # noqa: N815
    interval = graphene.Float(required=True, description="Seconds between two stills.")


class Passage(graphene.ObjectType):
    """Words said one after another, for about a quarter of a minute."""

    start = graphene.Float(required=True, description="Seconds from the beginning.")
    text = graphene.String(required=True, description="Plain text.")


class Captions(graphene.ObjectType):
    """Timed text (WebVTT)."""

    language = graphene.String(required=True, description="BCP 47.")
    label = graphene.String(required=True)
    kind = graphene.String(
        required=True, description="`captions` or `subtitles`, as the HTML track element says."
    )
    url = graphene.String(required=True)
    size = BigInt(required=True)
    sha256 = graphene.String(required=True)
    transcript = graphene.List(
        graphene.NonNull(Passage),
        required=True,
        description="The words, with the seconds at which they are said; at most 400 passages.",
    )

    @staticmethod
    def resolve_transcript(root: Item, info: graphene.ResolveInfo) -> tuple[said.Passage, ...]:
        return loader(info).transcripts.of(root)


class Rendition(graphene.ObjectType):
    """One encoded quality."""

    name = graphene.String(required=True)
    kind = RenditionKind(required=True)
    url = graphene.String(required=True)
    playlistUrl = graphene.String(required=True)  # noqa: N815
    width = graphene.Int()
    height = graphene.Int()
    frameRate = graphene.Float()  # noqa: N815
    codecs = graphene.String(required=True, description="RFC 6381.")
    bandwidth = graphene.Int(required=True, description="Peak bits a second.")
    averageBandwidth = graphene.Int(required=True)  # noqa: N815
    size = BigInt(required=True, description="Bytes.")
    sha256 = graphene.String(required=True)
    contentType = graphene.String(required=True)  # noqa: N815


class SignLanguage(graphene.ObjectType):
    """A second, silent video of the same length: what is said, in sign language."""

    duration = graphene.Float(required=True, description="Seconds.")
    width = graphene.Int(required=True)
    height = graphene.Int(required=True)
    originalSha256 = graphene.String(required=True)  # noqa: N815
    hlsUrl = graphene.String(required=True, description="Master playlist.")  # noqa: N815
    poster = graphene.Field(Image, required=True)
    renditions = graphene.List(
        graphene.NonNull(Rendition), required=True, description="Highest first."
    )


class Media(graphene.ObjectType):
    """The ladder, its stills and captions; URLs are absolute, on the media origin."""

    kind = MediaKind(
        required=True, description="`AUDIO` is sound alone, whose poster is drawn from it."
    )
    duration = graphene.Float(required=True, description="Seconds.")
    width = graphene.Int(
        required=True, description="Of the best picture; of the poster for sound alone."
    )
    height = graphene.Int(required=True)
    frameRate = graphene.Float(  # noqa: N815
        required=True, description="Pictures a second; 0 for sound alone."
    )
    hasAudio = graphene.Boolean(required=True)  # noqa: N815
    originalSha256 = graphene.String(  # noqa: N815
        required=True, description="SHA-256 of the private original, taken at upload."
    )
    hlsUrl = graphene.String(  # noqa: N815
        required=True,
        description="Master playlist, RFC 8216; byte-range segments of the renditions.",
    )
    poster = graphene.Field(Image, required=True)
    storyboard = graphene.Field(Storyboard)
    renditions = graphene.List(
        graphene.NonNull(Rendition),
        required=True,
        description="Highest first; the audio-only rendition last.",
    )
    captions = graphene.List(graphene.NonNull(Captions), required=True)
    signLanguage = graphene.Field(  # noqa: N815
        SignLanguage, description="To be shown in step with the rest; null without one."
    )

    @staticmethod
    def resolve_kind(root: dict[str, Any], _info: graphene.ResolveInfo) -> str:
        """Records written before there was a kind are of videos; the rounds write them anew."""
        return root.get("kind", "VIDEO")
