"""The tree, the demo's people, and what each may do."""

from __future__ import annotations

import io
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django.fixtures import Settings
from pytest_django.plugin import DjangoDbBlocker
from wagtail.models import Collection, GroupPagePermission, Page, Site

from content_models.data import category_rows, unit_rows
from content_models.models import Category, HomePage, UnitPage
from tests.cms import factories


@pytest.fixture(scope="module")
def country(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """All units, loaded once; each test undoes what it does to them, and the last one all of it."""
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("load_units", stdout=io.StringIO())
        yield
        transaction.set_rollback(True)


@pytest.fixture
def loaded(country: None, db: None) -> None:
    """The national tree."""


@pytest.fixture
def logins(loaded: None, settings: Settings, tmp_path: Path) -> dict[str, str]:
    settings.STATE_DIR = tmp_path
    call_command("create_demo_users", stdout=io.StringIO())
    lines = (tmp_path / "logins.txt").read_text().splitlines()
    return {line.split("\t")[0]: line.split("\t")[1] for line in lines}


def test_every_unit_is_live_in_its_place_with_its_collection(loaded: None) -> None:
    rows = unit_rows()
    units = {unit.code: unit for unit in UnitPage.objects.select_related("collection")}
    assert len(units) == len(rows)
    for row in rows:
        unit = units[row.code]
        assert unit.live
        assert unit.first_published_at
        parent = unit.get_parent().specific
        assert getattr(parent, "code", "") == row.parent
        assert bool(unit.collection) == (row.level in {"mabes", "polda", "polres"})
        if unit.collection and row.parent:
            assert unit.collection.get_parent() == units[row.parent].collection
    assert Category.objects.count() == len(category_rows())
    site = Site.objects.get(is_default_site=True)
    assert site.root_page.specific == HomePage.objects.get()
    assert site.root_url == django_settings.SITE_BASE_URL
    assert Page.objects.filter(depth=2).count() == 1


def test_a_second_load_makes_nothing_and_keeps_what_people_changed(loaded: None) -> None:
    UnitPage.objects.filter(code="polda-bali").update(title="Polda Bali Baru")
    before = (Page.objects.count(), Collection.objects.count(), Category.objects.count())
    said = io.StringIO()
    call_command("load_units", stdout=said)
    assert (Page.objects.count(), Collection.objects.count(), Category.objects.count()) == before
    assert said.getvalue() == "Units: 0 new. Collections: 0 new. Categories: 0 new.\n"
    assert UnitPage.objects.get(code="polda-bali").title == "Polda Bali Baru"


def test_the_tree_holds_together(loaded: None) -> None:
    assert Page.find_problems() == ([], [], [], [], [])
    assert Collection.find_problems() == ([], [], [], [], [])


def test_demo_log_ins_work_stay_and_are_for_one_pair_of_eyes(
    logins: dict[str, str], tmp_path: Path
) -> None:
    assert len(logins) == 5
    for name, password in logins.items():
        answer = Client().post(
            reverse("wagtailadmin_login"), {"username": name, "password": password}
        )
        assert answer.status_code == 302
    assert stat.S_IMODE((tmp_path / "logins.txt").stat().st_mode) == 0o600
    written = (tmp_path / "logins.txt").read_text()
    said = io.StringIO()
    call_command("create_demo_users", stdout=said)
    assert (tmp_path / "logins.txt").read_text() == written
    assert all(password in said.getvalue() for password in logins.values())


def test_a_role_is_one_group_with_grants_at_one_place(logins: dict[str, str]) -> None:
    for group in Group.objects.filter(name__contains=":"):
        grants = GroupPagePermission.objects.filter(group=group)
        assert len({grant.page_id for grant in grants}) == 1
        assert len({grant.collection_id for grant in group.collection_permissions.all()}) == 1
    for user in get_user_model().objects.filter(is_superuser=False):
        assert user.groups.count() == 1


def test_a_district_editor_submits_and_the_regional_chief_releases(
    logins: dict[str, str],
) -> None:
    users = get_user_model().objects.in_bulk(field_name="username")
    unit = UnitPage.objects.get(code="polres-metro-jakarta-selatan")
    page = factories.make_draft(unit)
    page.save_revision(user=users["editor-polres"])
    editor = page.permissions_for_user(users["editor-polres"])
    assert editor.can_submit_for_moderation()
    assert not editor.can_publish()
    page.get_workflow().start(page, users["editor-polres"])
    page.refresh_from_db()
    task = page.current_workflow_task
    actions = {
        name: bool(task.get_actions(page, user)) for name, user in users.items() if name != "admin"
    }
    assert actions == {
        "humas-mabes": False,
        "kabid-polda": True,
        "editor-polda": False,
        "editor-polres": False,
    }
    page.current_workflow_task_state.approve(user=users["kabid-polda"])
    page.refresh_from_db()
    assert page.live


def test_demo_users_are_refused_in_production(loaded: None, settings: Settings) -> None:
    settings.SESSION_COOKIE_SECURE = True
    with pytest.raises(CommandError, match="demo only"):
        call_command("create_demo_users", stdout=io.StringIO())


def test_the_explorer_costs_the_same_at_the_top_and_below(logins: dict[str, str]) -> None:
    client = Client()
    client.force_login(get_user_model().objects.get(username="humas-mabes"))
    counts = []
    for code in ("polda-bali", "mabes-polri"):
        url = reverse("wagtailadmin_explore", args=[UnitPage.objects.get(code=code).pk])
        client.get(url)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(url).status_code == 200
        counts.append(len(seen))
    # 9 children, then 43.
    assert counts[1] - counts[0] <= 2
