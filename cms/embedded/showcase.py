"""The believable content of the demo: what each generated clip becomes on the site."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from django.utils.text import slugify
from wagtail.models import Collection

from cms.publishing.interface import outer_transaction
from content_models.models import (
    Asset,
    Captions,
    Category,
    Publication,
    RelatedVideo,
    StoryPage,
    StoryPhotograph,
    UnitPage,
    VideoPage,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The texts of one page; `unit` and `categories` are codes that `load_units` brings."""

    title: str
    synopsis: str
    body: str
    unit: str
    place: str
    days_ago: int
    categories: tuple[str, ...]
    tags: tuple[str, ...]
    credit: str


# By the name of the generated clip that each of them shows.
TEXTS = {
    "press-statement.mp4": Texts(
        title="Keterangan pers: arus lalu lintas akhir pekan terpantau lancar",
        synopsis="Divisi Humas Polri menyampaikan pantauan arus kendaraan di ruas utama dan "
        "mengimbau pengendara tetap tertib serta mengutamakan keselamatan.",
        body="<p>Pantauan dihimpun dari pos pengamatan dan kamera jalan di seluruh ruas utama "
        "sampai pukul 12.00 WIB.</p><p>Masyarakat yang memerlukan bantuan polisi dapat "
        "menghubungi layanan 110, bebas pulsa, dua puluh empat jam.</p>",
        unit="divhumas-polri",
        place="Jakarta",
        days_ago=1,
        categories=("siaran-pers", "lalu-lintas"),
        tags=("keterangan pers", "arus lalu lintas", "akhir pekan"),
        credit="Divisi Humas Polri",
    ),
    "night-patrol.mp4": Texts(
        title="Patroli malam menyapa warga yang berjaga di poskamling",
        synopsis="Polisi dan warga bertukar kabar tentang keamanan lingkungan serta berbagi nomor "
        "yang dapat dihubungi setiap saat.",
        body="<p>Patroli menyusuri permukiman padat, pertokoan, dan terminal. Di setiap "
        "poskamling, petugas mencatat keluhan warga dan menindaklanjutinya pada hari yang "
        "sama.</p>",
        unit="polda-jawa-barat",
        place="Kota Bandung",
        days_ago=9,
        categories=("kamtibmas", "humanis"),
        tags=("patroli", "poskamling", "layanan 110"),
        credit="Bidhumas Polda Jawa Barat",
    ),
    "harbour-view.mp4": Texts(
        title="Pengamanan penumpang di Pelabuhan Benoa menjelang libur panjang",
        synopsis="Personel Polda Bali memantau antrean penumpang dan muatan kapal, serta "
        "memeriksa kelengkapan alat keselamatan sebelum keberangkatan.",
        body="<p>Penumpang diimbau datang lebih awal, membawa tiket resmi, dan mengenakan jaket "
        "pelampung selama pelayaran.</p>",
        unit="polda-bali",
        place="Denpasar",
        days_ago=16,
        categories=("pelayanan-publik", "kamtibmas"),
        tags=("pelabuhan", "libur panjang", "bali"),
        credit="Bidhumas Polda Bali",
    ),
}


# What is told with a still of one of them.
STILL_OF, STILL_AT = "night-patrol.mp4", 3.0
STILL_NAME = "poskamling.jpg"
ALTERNATIVE_TEXT = "Jalan permukiman pada malam hari, dilihat dari kendaraan patroli."
NEWS = Texts(
    title="Warga dan polisi menata ulang jadwal ronda di Bandung",
    synopsis="Tiga rukun warga menyepakati jadwal ronda bersama. Nomor petugas Bhabinkamtibmas "
    "ditempel di setiap poskamling.",
    body="<p>Kesepakatan dicapai dalam pertemuan warga bersama petugas. Setiap poskamling dijaga "
    "bergiliran, dan patroli polisi singgah dua kali setiap malam.</p>",
    unit="polda-jawa-barat",
    place="Kota Bandung",
    days_ago=8,
    categories=("kamtibmas", "humanis"),
    tags=("poskamling", "ronda"),
    credit="Bidhumas Polda Jawa Barat",
)


def texts_of_file(name: str) -> Texts:
    """The texts of a clip that was given by its file's name."""
    words = " ".join(name.rsplit(".", 1)[0].replace("_", " ").replace("-", " ").split())
    title = words[:1].upper() + words[1:] if words else "Video"
    return Texts(
        title=title[:200],
        synopsis=f"Rekaman dari berkas “{name}”, diolah dan diterbitkan saat demo dijalankan.",
        body="<p>Ubah judul, sinopsis, dan isi halaman ini di CMS: halaman publik ikut berubah "
        "dalam beberapa detik.</p>",
        unit="divhumas-polri",
        place="Jakarta",
        days_ago=0,
        categories=("siaran-pers",),
        tags=("demo",),
        credit="Divisi Humas Polri",
    )


def collection_of(texts: Texts) -> Collection:
    """Where the unit of the texts keeps its files: its own collection or the nearest above it."""
    unit = UnitPage.objects.get(code=texts.unit)
    above = UnitPage.objects.ancestor_of(unit, inclusive=True).filter(collection__isnull=False)
    nearest = above.order_by("-depth").select_related("collection").first()
    return nearest.collection if nearest else Collection.get_first_root_node()


def add_captions(asset: Asset, text: str) -> None:
    """Give an asset Indonesian captions, once."""
    with outer_transaction("demo"):
        if not asset.captions.exists():
            Captions.objects.create(asset=asset, language="id", text=text)


def publish(texts: Texts, asset: Asset) -> VideoPage:
    """A published page that shows `asset`; one that is there is left as its editors made it."""
    page = VideoPage.objects.filter(asset=asset).order_by("pk").first()
    if page is not None:
        return page
    page = VideoPage(asset=asset)
    _release(page, texts)
    return page


def tell(texts: Texts, asset: Asset, alternative_text: str, video: VideoPage) -> StoryPage:
    """A published story with one photograph and a video, on the same terms."""
    page = StoryPage.objects.filter(photographs__asset=asset).order_by("pk").first()
    if page is not None:
        return page
    page = StoryPage()
    page.photographs.add(StoryPhotograph(asset=asset, alternative_text=alternative_text))
    page.related_videos.add(RelatedVideo(video=video))
    _release(page, texts)
    return page


def _release(page: Publication, texts: Texts) -> None:
    """Write the texts on the page, put it below its unit and publish it."""
    page.title, page.live = texts.title, False
    # Wagtail makes the slug of the title, unless nothing of it would be left.
    page.slug = "" if slugify(texts.title) else page.address
    page.synopsis, page.body, page.credit = texts.synopsis, texts.body, texts.credit
    page.incident_date = timezone.localdate() - timedelta(days=texts.days_ago)
    page.incident_place = texts.place
    with outer_transaction("demo"):
        UnitPage.objects.get(code=texts.unit).add_child(instance=page)
        page.categories.set(Category.objects.filter(slug__in=texts.categories))
        page.tags.add(*texts.tags)
        page.save_revision().publish()
    page.refresh_from_db()
