"""The operators' guide is tried: its commands are taken from the page and run."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import transaction
from pytest_django.fixtures import Settings
from wagtail.models import Collection, WorkflowPage

from cms.publishing.models import LogHead
from cms.publishing.pipeline import cycle
from static_export.errors import ExportError
from tests.cms.conftest import buckets
from tests.cms.factories import make_video
from tests.cms.publishing.conftest import newsroom
from tests.docs.pages import ROOT, blocks, text_of

__all__ = ["buckets", "newsroom"]

pytestmark = pytest.mark.django_db

GUIDE = text_of(ROOT / "docs" / "guides" / "operator.md")
SHELL = re.compile(r'shell -c "\n(.*?)^"', re.MULTILINE | re.DOTALL)


def run(mark: str) -> None:
    """Run the one `manage.py shell` command of the guide that contains `mark`."""
    commands = [found for block in blocks(GUIDE) for found in SHELL.findall(block)]
    (command,) = [one for one in commands if mark in one]
    exec(compile(command, "operator.md", "exec"), {})


def manage(name: str) -> None:
    """Run the one `manage.py` command of the guide with this name, as it stands there."""
    found = re.findall(rf"^python manage\.py ({name}.*)$", GUIDE, re.MULTILINE)
    (line,) = found
    call_command(*line.split())


@pytest.fixture
def site(settings: Settings, tmp_path: Path, buckets: str) -> Path:
    settings.STATE_DIR = tmp_path
    settings.SITE_BUILD_DIR = tmp_path / "dist"
    settings.SITE_TARGETS = [f"file:{tmp_path / 'edge'}"]
    settings.SITE_EDGE_URL = ""
    return tmp_path / "edge"


def test_the_processes_are_those_of_the_procfile() -> None:
    lines = text_of(ROOT / "Procfile").splitlines()
    names = {line.partition(":")[0] for line in lines} - {"release"}
    assert names == set(re.findall(r"^\| `([a-z-]+)` \| (?:any|one)", GUIDE, re.MULTILINE))


def test_a_units_roles_are_made_by_the_guides_command(newsroom: SimpleNamespace) -> None:
    newsroom.bali.collection = Collection.get_first_root_node().add_child(name="Polda Bali")
    newsroom.bali.save()
    for _ in range(2):
        manage("ensure_roles")
    assert Group.objects.filter(name__startswith="polda-bali:").count() == 2
    assert Group.objects.filter(name__startswith="mabes-polri:").count() == 2
    assert WorkflowPage.objects.filter(page=newsroom.bali).count() == 1
    keepers = Group.objects.filter(permissions__codename="add_category")
    assert [group.name for group in keepers] == ["mabes-polri:releaser"]


def test_a_unit_that_does_not_exist_gets_no_roles(newsroom: SimpleNamespace) -> None:
    with pytest.raises(CommandError, match="polda-bly"):
        call_command("ensure_roles", "polda-bali", "polda-bly")
    assert not Group.objects.filter(name__startswith="polda-bali:").exists()


def test_the_last_failure_can_be_read(
    newsroom: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    LogHead.objects.update(last_error="ExportError: target-failed")
    run("last_error")
    assert "target-failed" in capsys.readouterr().out


def test_a_restored_database_is_refused_until_it_has_a_new_epoch(
    newsroom: SimpleNamespace, site: Path
) -> None:
    kept, withdrawn = make_video(newsroom.denpasar), make_video(newsroom.denpasar)
    cycle(sweep=True)
    backup = transaction.savepoint()
    later = make_video(newsroom.denpasar)
    withdrawn.unpublish()
    cycle(sweep=True)
    pages = {
        video.public_id: site / video.public_path[1:] / "index.html" for video in (kept, later)
    }
    assert all(page.exists() for page in pages.values())

    transaction.savepoint_rollback(backup)
    with pytest.raises(CommandError, match=withdrawn.public_path) as refusal:
        manage("new_epoch")
    assert kept.public_path not in str(refusal.value)
    with pytest.raises(ExportError, match="already holds change"):
        cycle(full=True)
    assert pages[later.public_id].exists()

    withdrawn.refresh_from_db()
    withdrawn.unpublish()
    former = LogHead.objects.get().epoch
    manage("new_epoch")
    assert LogHead.objects.get().epoch != former
    cycle()
    assert pages[kept.public_id].exists()
    assert not pages[later.public_id].exists()
    assert not (site / withdrawn.public_path[1:] / "index.html").exists()


def test_without_the_last_build_a_new_epoch_is_not_given_unasked(
    newsroom: SimpleNamespace, site: Path
) -> None:
    former = LogHead.objects.get().epoch
    with pytest.raises(CommandError, match="STATE_DIR"):
        call_command("new_epoch")
    assert LogHead.objects.get().epoch == former
    call_command("new_epoch", republish=True)
    assert LogHead.objects.get().epoch != former
