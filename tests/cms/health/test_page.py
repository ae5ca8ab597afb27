"""The operators' page: who sees it, what it shows, and that it is there whatever is down."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from cms.editorial import roles
from cms.editorial.roles import Role
from cms.health.models import Heartbeat
from cms.publishing.models import Change, Push
from cms.publishing.relay import head, relay
from content_models.models import AssetState
from tests.cms import factories
from tests.cms.editorial.conftest import client_of, desk, make_user

__all__ = ["desk"]


@pytest.fixture(autouse=True)
def nowhere(settings: Settings, tmp_path: Path) -> None:
    """Everything outside is down at once, as a refused connection is."""
    settings.STATE_DIR = tmp_path
    settings.SITE_TARGETS = [f"file:{tmp_path / 'edge'}"]
    settings.SITE_EDGE_URL = settings.MEDIA_BASE_URL = settings.S3_ENDPOINT_URL


@pytest.fixture
def operator(desk: SimpleNamespace) -> Client:
    """Headquarters' releaser, as `ensure_roles` makes them."""
    call_command("ensure_roles", "mabes-polri")
    user = make_user("operator", Role.RELEASER, desk.mabes)
    return client_of(user)


def publish_often(times: int) -> None:
    """Publications as the worker notes them, a minute apart."""
    relay()
    now, log = timezone.now(), head()
    for number in range(times):
        log.sequence += 1
        at = now - timedelta(minutes=times - number)
        Change.objects.create(
            sequence=log.sequence, node_id="site", operation="UPSERT", reason="edit", at=at, hash=""
        )
        moment = [at + timedelta(seconds=second) for second in (1, 2, 3, 4)]
        Push.objects.create(
            epoch=log.epoch,
            sequence=log.sequence,
            started_at=moment[0],
            built_at=moment[1],
            uploaded_at=moment[2],
            seen_at=moment[3],
            live_at=moment[3],
            rendered=3,
            uploaded=3,
            deleted=0,
        )
    log.live_sequence, log.live_at = log.sequence, now
    log.save()


def test_only_who_may_sees_the_page_and_the_way_to_it(
    desk: SimpleNamespace, operator: Client
) -> None:
    url, home = reverse("health"), reverse("wagtailadmin_home")
    for client in (operator, desk.clients["admin"]):
        assert client.get(url).status_code == 200
        assert url in client.get(home).content.decode()
    for name in ("bali_editor", "bali_chief"):
        answer = desk.clients[name].get(url)
        assert answer.status_code == 302, "Wagtail leads those home who may not"
        assert answer["Location"] == home
        assert url not in desk.clients[name].get(home).content.decode()
    assert Client().get(url).status_code == 302


def test_an_administrator_may_give_the_right_to_a_group(desk: SimpleNamespace) -> None:
    group = roles.ensure_group(Role.EDITOR, desk.bali)
    form = desk.clients["admin"].get(reverse("wagtailusers_groups:edit", args=[group.pk]))
    assert "Boleh melihat kesehatan sistem" in form.content.decode()


def test_what_is_wrong_stands_above_with_what_to_do_and_is_told_by_word_and_shape(
    operator: Client,
) -> None:
    factories.make_asset(state=AssetState.FAILED, message_code="tool_failed")
    html = operator.get(reverse("health")).content.decode()
    todo = html.partition("Yang perlu dilakukan")[2].partition("</section>")[0]
    for words in ("Penyimpanan objek", "publish-worker", "Berkas yang gagal", "Coba lagi"):
        assert words in todo
    bad = re.findall(r'<li class="health-sign health-level--(\w+)">\s*(<svg.*?</svg>)', html, re.S)
    shapes = {level: {shape for one, shape in bad if one == level} for level, _shape in bad}
    assert set(shapes) == {"good", "watch", "bad"}
    assert all(len(found) == 1 for found in shapes.values())
    assert len({shape for found in shapes.values() for shape in found}) == 3
    for word in ("Baik", "Perlu dilihat", "Bermasalah"):
        assert f'<span class="health-sign__word">{word}</span>' in html


def test_the_last_publications_are_a_picture_with_words_and_a_table(operator: Client) -> None:
    assert "health-chart" not in operator.get(reverse("health")).content.decode()
    publish_often(40)
    html = operator.get(reverse("health")).content.decode()
    picture = html.partition('<svg class="health-chart__svg"')[2].partition("</svg>")[0]
    assert picture.count("<g>") == picture.count("</title>") == 24
    assert picture.count("<rect") == 24 * 4
    # Numbers of a picture have no comma, whatever the language.
    assert not re.search(r'="\d+,\d+"', picture)
    assert "pembuatan halaman: 1,0 dtk" in picture
    table = html.partition("<tbody>")[2].partition("</tbody>")[0]
    assert table.count("<tr>") == 24
    assert "separuhnya dalam 4,0 dtk" in html


def test_more_of_everything_costs_no_more_queries(operator: Client) -> None:
    url = reverse("health")

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert operator.get(url).status_code == 200
        return len(seen)

    publish_often(3)
    queries()
    few = queries()
    publish_often(60)
    now = timezone.now()
    for number in range(12):
        factories.make_asset(state=AssetState.UPLOADED)
        Heartbeat.objects.create(
            name=f"media-worker@fleet:{number}",
            role="media-worker",
            host="fleet",
            pid=number,
            began_at=now,
            at=now,
        )
    assert queries() == few < 40


@pytest.fixture
def hanging() -> Iterator[str]:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(64)
        yield f"http://127.0.0.1:{deaf.getsockname()[1]}"


def test_the_page_is_there_within_seconds_although_store_and_edge_hang(
    operator: Client, hanging: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.S3_ENDPOINT_URL = settings.SITE_EDGE_URL = settings.MEDIA_BASE_URL = hanging
    settings.SITE_TARGETS = ["s3://site"]
    monkeypatch.setenv("S3_ENDPOINT_URL", hanging)
    monkeypatch.setattr("cms.health.probes.DEADLINE", 1.0)
    began = time.monotonic()
    html = operator.get(reverse("health")).content.decode()
    # The store's own client would wait for minutes.
    assert time.monotonic() - began < 10
    assert html.count("tidak menjawab") == 2 * 4, "store, media, target and edge, above and below"


def test_nothing_of_the_page_is_a_secret_of_the_environment(
    operator: Client, settings: Settings
) -> None:
    settings.S3_SECRET_ACCESS_KEY = settings.CLOUDFLARE_API_TOKEN = "hush-hush"
    settings.QUEUE_URL = "redis://user:hush-hush@127.0.0.1:1/0"
    assert "hush-hush" not in operator.get(reverse("health")).content.decode()
