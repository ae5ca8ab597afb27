"""A newsroom whose every video is the one short film, with names as long as real ones."""

from __future__ import annotations

from typing import Any

from tests.site_builder.fake_api import FakeApi, Node

DESCRIPTION = "Rekaman video resmi kepolisian dari seluruh Indonesia, terbuka untuk umum."
TITLES = (
    "Konferensi pers pengungkapan jaringan pencurian kendaraan bermotor lintas provinsi",
    "Pengaturan lalu lintas pada jam sibuk di Simpang Dewa Ruci",
    "Penyelamatan warga yang terjebak banjir di Kecamatan Denpasar Selatan",
    "Imbauan tertib berlalu lintas menjelang libur panjang",
)
SYNOPSIS = (
    "Petugas mengatur arus kendaraan pada jam sibuk pagi hari. Rekaman diambil dari satu titik "
    "tetap dan tidak dipotong."
)


class FilmedApi(FakeApi):
    """The fake API with media that play: `film`, and `heard` for one, as the API has them."""

    def __init__(
        self,
        film: dict[str, Any],
        heard: dict[str, Any] | None = None,
        economical: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.film = film
        self.heard = heard
        self.economical = economical
        self.site["description"] = DESCRIPTION

    def _shape_video(self, public_id: str, node: Node) -> None:
        captioned = node["captioned"]
        super()._shape_video(public_id, node)
        if self.heard and public_id == HEARD:
            node["media"] = self.heard
            return
        film = self.film
        if self.economical and public_id == ECONOMICAL:
            film = self.economical
        node["media"] = {
            **film,
            "captions": film["captions"] if captioned else [],
            "signLanguage": signed(film) if public_id == SIGNED else None,
        }

    def _shape_story(self, public_id: str, node: Node) -> None:
        """Its photographs are stills of the film, which the media's host has."""
        super()._shape_story(public_id, node)
        copy = self.film["poster"] | {"contentType": "image/jpeg"}
        for photograph in node["photographs"]:
            photograph["copies"] = [copy]


def public_id(number: int) -> str:
    """Public ID of the n-th video: `v0`, `v1`, …"""
    return f"7k3m{number:04}"


WITHDRAWN = "tarik001"
STORY = "7s3m0001"
HEARD = public_id(13)
SIGNED = public_id(12)
ECONOMICAL = public_id(11)


def signed(film: dict[str, Any]) -> dict[str, Any]:
    """The film once more, in the hands of a signer."""
    named = ("duration", "width", "height", "originalSha256", "hlsUrl", "poster", "renditions")
    found = {name: film[name] for name in named}
    found["renditions"] = [one for one in film["renditions"] if one["kind"] == "VIDEO"]
    return found


def filmed_newsroom(
    film: dict[str, Any],
    videos: int = 14,
    *,
    heard: dict[str, Any] | None = None,
    economical: dict[str, Any] | None = None,
) -> FilmedApi:
    """A headquarters, a regional and a resort police, and some videos over three months.

    The last of them is sound alone, if there is any; one has an economy set.
    """
    api = FilmedApi(film, heard, economical)
    api.put_unit("mabes", level="MABES", name="Mabes Polri", summary="Markas besar di Jakarta.")
    api.put_unit(
        "polda-diy",
        parent="mabes",
        level="POLDA",
        name="Polda Daerah Istimewa Yogyakarta",
        summary="Wilayah hukum Daerah Istimewa Yogyakarta.",
        regionCode="34",
    )
    api.put_unit("polda-bali", parent="mabes", level="POLDA", name="Polda Bali")
    api.put_unit(
        "polres-kulon-progo", parent="polda-diy", level="POLRES", name="Polres Kulon Progo"
    )
    api.put_category("lalu-lintas", name="Lalu lintas", description="Jalan raya dan penggunanya.")
    api.put_category("layanan", name="Layanan masyarakat")
    api.put_tag("simpang-dewa-ruci", name="simpang Dewa Ruci")
    units = sorted(api.units)
    for number in range(videos):
        api.put_video(
            public_id(number),
            title=TITLES[number % len(TITLES)],
            synopsis=SYNOPSIS,
            bodyHtml="<h2>Kronologi</h2><p>Rekaman dimulai pukul 07.10 WIB.</p>",
            publishedAt=f"2026-{9 + number % 3:02}-{1 + number:02}T02:15:00+00:00",
            updatedAt=f"2026-11-{1 + number:02}T09:00:00+00:00",
            unit=units[number % len(units)],
            categories=["lalu-lintas"] if number % 2 else ["lalu-lintas", "layanan"],
            tags=["simpang-dewa-ruci"],
            captioned=number % 2 == 0,
        )
    api.keeps_ledger = True
    api.put_video(public_id(1), credit="Humas Polda Bali", incidentPlace="Denpasar")
    api.put_video(WITHDRAWN, unit=units[1])
    api.remove_video(WITHDRAWN)
    api.put_story(
        STORY,
        title="Warga dan polisi menata ulang jadwal ronda di Gianyar",
        synopsis=SYNOPSIS,
        publishedAt="2026-10-20T02:15:00+00:00",
        updatedAt="2026-10-20T02:15:00+00:00",
        unit="polda-bali",
        categories=["layanan"],
        videos=[public_id(0), public_id(3)],
    )
    return api
