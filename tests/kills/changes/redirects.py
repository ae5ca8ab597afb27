"""Redirects: of themselves, and with the pages that they lead to."""

from __future__ import annotations

from wagtail.contrib.redirects.models import Redirect

from site_builder.redirects import node_id
from tests.kills.changes import world
from tests.kills.changes.scenario import Facts, How, scenario

LINK = "https://example.org/mudik"
GONE = ("REMOVE video:{video}", "REMOVE tag:{tag}", "REMOVE {redirect}")


def _addresses(facts: Facts) -> None:
    for name, path in (("redirect", f"/mudik-{facts['token']}"), ("other_redirect", _new(facts))):
        facts[name] = node_id(path)


def _new(facts: Facts) -> str:
    return f"/mudik/{facts['token']}.html"


def _redirected(facts: Facts) -> None:
    _addresses(facts)
    page = world.video(facts)
    facts["redirect_pk"] = Redirect.add_redirect(f"/mudik-{facts['token']}", redirect_to=page).pk
    world.edit_form(facts)


def _saved(facts: Facts, **changes: object) -> None:
    data = {"old_path": f"/mudik-{facts['token']}", "redirect_page": "", "redirect_link": LINK}
    world.post("wagtailredirects:edit", facts["redirect_pk"], data=data | changes)


@scenario(
    "UPSERT {redirect}",
    arrange=_addresses,
    keys={
        "{redirect}": (
            None,
            {"from": "/mudik-{token}/", "to": "/video/{video}/patroli-{token}/"},
        )
    },
)
def a_redirect_is_added(facts: Facts) -> None:
    data = {"old_path": f"/mudik-{facts['token']}/", "redirect_page": facts["video_pk"]}
    world.post("wagtailredirects:add", data=data)


@scenario("UPSERT {redirect}", arrange=_redirected, keys={"{redirect}": (None, {"to": LINK})})
def a_redirect_leads_elsewhere(facts: Facts) -> None:
    _saved(facts)


@scenario("REMOVE {redirect}", "UPSERT {other_redirect}", arrange=_redirected)
def a_redirect_starts_elsewhere(facts: Facts) -> None:
    _saved(facts, old_path=_new(facts))


@scenario("REMOVE {redirect}", arrange=_redirected)
def a_redirect_is_deleted(facts: Facts) -> None:
    world.post("wagtailredirects:delete", facts["redirect_pk"])


@scenario(*GONE, arrange=_redirected)
def a_page_that_a_redirect_leads_to_is_unpublished(facts: Facts) -> None:
    world.post("wagtailadmin_pages:unpublish", facts["video_pk"], data=world.REASON)


@scenario(*GONE, arrange=_redirected)
def a_page_that_a_redirect_leads_to_is_deleted(facts: Facts) -> None:
    world.post("wagtailadmin_pages:delete", facts["video_pk"])


@scenario("UPSERT video:{video}", "UPSERT {redirect}", arrange=_redirected)
def a_page_that_a_redirect_leads_to_gets_another_slug(facts: Facts) -> None:
    world.published(facts, slug="alamat-lain")


@scenario("REMOVE {redirect}", "UPSERT {other_redirect}", arrange=_redirected, how=How.SIGNALLED)
def a_redirect_is_saved_in_a_shell(facts: Facts) -> None:
    redirect = Redirect.objects.get(pk=facts["redirect_pk"])
    redirect.old_path = _new(facts)
    redirect.save()


@scenario("REMOVE {redirect}", "UPSERT {other_redirect}", arrange=_redirected, how=How.SILENT)
def redirects_are_updated(facts: Facts) -> None:
    Redirect.objects.filter(pk=facts["redirect_pk"]).update(old_path=_new(facts))


@scenario("REMOVE {redirect}", arrange=_redirected, how=How.SILENT)
def redirects_are_deleted_past_the_signals(facts: Facts) -> None:
    Redirect.objects.filter(pk=facts["redirect_pk"])._raw_delete("default")
