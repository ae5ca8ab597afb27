"""Sample records for the pattern page: one recording in every form that a component knows, and
one story."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime
from urllib.parse import quote

from site_builder.records import (
    Captions,
    Copy,
    Image,
    Media,
    Passage,
    Photograph,
    Publication,
    Rendition,
    Rights,
    SignLanguage,
    Story,
    Storyboard,
    Unit,
    Video,
    WithdrawalReason,
)

MEDIA = "http://127.0.0.1"
WHEN = datetime(2026, 11, 21, 2, 15, tzinfo=UTC)
TITLE = "Konferensi pers pengungkapan jaringan pencurian kendaraan bermotor lintas provinsi"
SYNOPSIS = "Petugas mengatur arus kendaraan pada jam sibuk pagi hari di satu titik yang tetap."
HASH = "0123456789abcdef" * 4


def picture(width: int, height: int) -> Image:
    """A still that needs no file."""
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">'
        f'<rect width="{width}" height="{height}" fill="#2a4a73"/>'
        f'<circle cx="{width / 2}" cy="{height / 2}" r="{min(width, height) / 4}" fill="#cda349"/>'
        "</svg>"
    )
    url = f"data:image/svg+xml,{quote(drawing)}"
    return Image(url=url, width=width, height=height, size=len(drawing), sha256=HASH)


def _rendition(name: str, width: int | None, height: int | None, size: int) -> Rendition:
    return Rendition(
        name=name,
        kind="VIDEO" if height else "AUDIO",
        url=f"{MEDIA}/{name}.mp4",
        playlist_url=f"{MEDIA}/{name}.m3u8",
        width=width,
        height=height,
        frame_rate=25.0 if height else None,
        codecs="avc1.64001f,mp4a.40.2" if height else "mp4a.40.2",
        bandwidth=size,
        average_bandwidth=size,
        size=size,
        sha256=HASH,
        content_type="video/mp4" if height else "audio/mp4",
    )


def video() -> Video:
    still = picture(1280, 720)
    rungs = (
        _rendition("720p", 1280, 720, 31_000_000),
        _rendition("360p", 640, 360, 9_000_000),
        _rendition("audio", None, None, 900_000),
    )
    words = (Passage(start=0.0, text="Selamat pagi."), Passage(start=6.5, text="Terima kasih."))
    captions = Captions(
        language="id",
        label="Indonesia",
        kind="captions",
        url=f"{MEDIA}/id.vtt",
        size=1200,
        sha256=HASH,
        transcript=words,
    )
    media = Media(
        kind="VIDEO",
        duration=83.0,
        width=1280,
        height=720,
        frame_rate=25.0,
        has_audio=True,
        original_sha256=HASH,
        hls_url=f"{MEDIA}/master.m3u8",
        poster=still,
        storyboard=Storyboard(
            vtt_url=f"{MEDIA}/stills.vtt",
            sprites=(still,),
            columns=5,
            rows=5,
            tile_width=160,
            tile_height=90,
            interval=5.0,
        ),
        renditions=rungs,
        captions=(captions,),
        sign_language=SignLanguage(
            duration=83.0,
            width=360,
            height=640,
            original_sha256=HASH,
            hls_url=f"{MEDIA}/signed.m3u8",
            poster=picture(360, 640),
            renditions=(_rendition("360p", 360, 640, 4_000_000),),
        ),
    )
    return Video(
        id="video:7k3m0000",
        version="",
        public_id="7k3m0000",
        slug="contoh",
        path="/video/7k3m0000/contoh/",
        title=TITLE,
        synopsis=SYNOPSIS,
        body_html="",
        incident_date=date(2026, 11, 20),
        incident_place="Denpasar",
        published_at=WHEN,
        updated_at=datetime(2026, 11, 22, 4, 0, tzinfo=UTC),
        credit="Bidhumas Polda Bali",
        rights=Rights(code="polri-press", label="© Polri. Bebas untuk pers", url="/about/"),
        language="id",
        unit_code="polda-bali",
        category_slugs=(),
        tag_slugs=(),
        media=media,
    )


def heard(of: Video) -> Video:
    sound = (_rendition("audio", None, None, 900_000),)
    media = replace(
        of.media,
        kind="AUDIO",
        renditions=sound,
        storyboard=None,
        sign_language=None,
        captions=(),
    )
    return replace(of, title="Wawancara radio", media=media)


def tall(of: Video) -> Video:
    media = replace(
        of.media,
        width=360,
        height=640,
        poster=picture(360, 640),
        storyboard=None,
        sign_language=None,
    )
    return replace(of, title="Rekaman tegak dari gawai", media=media)


def photograph(width: int, height: int, credit: str = "") -> Photograph:
    still = picture(width, height)
    copy = Copy(
        url=still.url,
        width=width,
        height=height,
        size=still.size,
        sha256=HASH,
        content_type="image/jpeg",
    )
    return Photograph(
        alternative_text="Petugas mengatur arus kendaraan di simpang jalan",
        caption=SYNOPSIS,
        credit=credit,
        original_sha256=HASH,
        jpegs=(copy,),
        webps=(),
    )


def story(of: Video) -> Story:
    """What a recording and a story have in common is told once."""
    shared = {one.name: getattr(of, one.name) for one in fields(Publication)}
    photographs = (photograph(1200, 800), photograph(640, 960, "Warga"))
    return Story(**shared, photographs=photographs, video_ids=())


def reason() -> WithdrawalReason:
    explanation = "Wajah seorang anak terlihat di dalamnya."
    return WithdrawalReason(code="PRIVACY", label="", explanation=explanation)


def unit() -> Unit:
    return Unit(
        id="unit:polda-bali",
        version="",
        code="polda-bali",
        name="Polda Bali",
        level="POLDA",
        region_code="51",
        summary="Kepolisian Daerah Bali.",
        path="/unit/polda-bali/",
        parent_code="mabes",
        ancestor_codes=("mabes",),
    )
