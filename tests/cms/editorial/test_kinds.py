"""What an editor may choose for a page: films and sound to play, films to sign."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.urls import reverse

from content_models.models import Asset, AssetKind, AssetState, VideoPage
from tests.cms import factories
from tests.cms.editorial.test_isolation import page_form


@pytest.fixture
def files(desk: SimpleNamespace) -> dict[str, Asset]:
    own = {"collection": desk.bali.collection, "probe": {"format": "x"}}
    photo = factories.make_sound(kind=AssetKind.PHOTO, title="Potret", **own)
    return {
        "film": factories.make_asset(title="Gambar hidup", **own),
        "signer": factories.make_asset(title="Juru isyarat", duration=12.8, **own),
        "sound": factories.make_sound(title="Siaran radio", **own),
        "photo": photo,
    }


def test_choosers_offer_what_their_field_can_show(
    desk: SimpleNamespace, files: dict[str, Asset]
) -> None:
    client = desk.clients["bali_editor"]
    offered = {
        name: client.get(reverse(f"{name}:choose_results")).content.decode()
        for name in ("video_file_chooser", "signer_chooser")
    }
    seen = {
        name: [key for key in files if files[key].title in html] for name, html in offered.items()
    }
    assert seen == {
        "video_file_chooser": ["film", "signer", "sound"],
        "signer_chooser": ["film", "signer"],
    }


def test_the_list_tells_and_filters_kinds(desk: SimpleNamespace, files: dict[str, Asset]) -> None:
    client, url = desk.clients["bali_editor"], reverse("video_files:index")
    whole = client.get(url).content.decode()
    assert all(f">{word}</td>" in "".join(whole.split()) for word in ("Video", "Audio", "Foto"))
    sound = client.get(url, {"kind": "audio"}).content.decode()
    assert "Siaran radio" in sound
    assert "Gambar hidup" not in sound
    assert "Potret" not in sound


def test_the_page_of_sound_plays_it(desk: SimpleNamespace, files: dict[str, Asset]) -> None:
    url = reverse("video_files:edit", args=[files["sound"].pk])
    html = desk.clients["bali_editor"].get(url).content.decode()
    assert 'type="audio/mp4"' in html
    assert "audio.m4a" in html


@pytest.mark.parametrize(
    ("asset", "signer", "changes", "words"),
    [
        ("film", "film", {}, "Ini berkas utamanya sendiri."),
        ("film", "sound", {}, "Bahasa isyarat memerlukan gambar bergerak"),
        ("film", "signer", {"duration": 14.0}, "berdurasi 14,0 detik, berkas utama 12,0;"),
        (
            "film",
            "signer",
            {"state": AssetState.FAILED, "ladder": None},
            "Berkas video ini tidak dapat",
        ),
        ("photo", "", {}, "Foto tidak dapat diputar"),
        ("film", "signer", {}, ""),
        ("film", "signer", {"state": AssetState.FAILED}, ""),
        ("sound", "signer", {}, ""),
        ("film", "signer", {"duration": None, "state": AssetState.PROCESSING}, ""),
    ],
)
def test_a_page_is_published_with_a_signer_in_step_or_says_why_not(
    desk: SimpleNamespace,
    files: dict[str, Asset],
    asset: str,
    signer: str,
    changes: dict[str, object],
    words: str,
) -> None:
    Asset.objects.filter(pk=files["signer"].pk).update(**changes or {"title": "Juru isyarat"})
    form = page_form(files[asset], signer=str(files[signer].pk) if signer else "")
    url = reverse("wagtailadmin_pages:add", args=["content_models", "videopage", desk.bali.pk])
    answer = desk.clients["bali_chief"].post(url, form | {"action-publish": "1"})
    if words:
        assert answer.status_code == 200
        told = answer.context["form"].errors
        assert words in " ".join(one for errors in told.values() for one in errors)
        assert not VideoPage.objects.filter(live=True).exists()
    else:
        assert answer.status_code == 302, answer.content.decode()
        assert VideoPage.objects.get(live=True).signer == files["signer"]
