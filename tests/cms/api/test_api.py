"""The public door: what it answers, what it bounds, what it never says."""

from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import PageViewRestriction

from cms.api.answers import prepared
from cms.api.interface import execute
from cms.publishing.relay import relay
from content_models.models import Category, Placement, VideoPage
from site_builder import documents
from site_builder.client import NODES_AT_ONCE, PAGE_SIZES
from tests.cms.factories import make_asset, make_captions, make_draft, make_video, publish

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[3]
EVERYTHING = """
query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id version
  ... on Video { publicId slug path title synopsis bodyHtml incidentDate incidentPlace publishedAt
    updatedAt credit language rights { code label url }
    unit { code name path ancestors { code } parent { code } } categories { slug name }
    tags { slug } media { duration width height frameRate hasAudio originalSha256 hlsUrl
      poster { url width height size sha256 } storyboard { vttUrl columns interval sprites { url } }
      renditions { name kind url playlistUrl width height frameRate codecs bandwidth size sha256 }
      captions { language label kind url size sha256 } } } } }
"""


def ask(query: str, **variables: Any) -> dict[str, Any]:
    answer = execute(query, variables)
    assert "errors" not in answer, answer
    return answer["data"]


def refusal(query: str, **variables: Any) -> str:
    response = Client().post(
        "/graphql/",
        json.dumps({"query": query, "variables": variables}),
        content_type="application/json",
    )
    return response.json()["errors"][0]["extensions"]["code"]


def test_the_committed_contract_is_current_and_the_builders_queries_fit_it() -> None:
    told = io.StringIO()

    call_command("export_schema", "--check", stdout=told)

    assert "schema.graphql is current." in told.getvalue()
    assert f"{len(documents.NAMES)} query documents fit it." in told.getvalue()


@pytest.mark.parametrize("text", ["query Site { site { motto } }", "query Site { site {"])
def test_a_query_of_the_builder_that_does_not_fit_fails_the_check(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr(documents, "document", lambda _name: text)
    monkeypatch.setattr(documents, "NAMES", ("site",))
    told = io.StringIO()

    with pytest.raises(CommandError, match=r"do not fit schema\.graphql"):
        call_command("export_schema", "--check", stderr=told)

    assert told.getvalue().startswith("site_builder/queries/site.graphql: ")


def test_a_video_answers_every_field_of_the_contract(newsroom: SimpleNamespace) -> None:
    page = make_draft(newsroom.denpasar)
    page.categories = [Category.objects.create(name="Lalu Lintas", slug="lalu-lintas")]
    page.tags.add("patroli")
    make_captions(page.asset)
    publish(page)
    (video,) = ask(EVERYTHING, ids=[f"video:{page.public_id}"])["nodes"]
    assert video["title"] == page.title
    assert video["incidentDate"] == "2026-03-01"
    assert video["publishedAt"].endswith("+00:00")
    assert video["unit"]["code"] == "polresta-denpasar"
    assert [unit["code"] for unit in video["unit"]["ancestors"]] == ["mabes-polri", "polda-bali"]
    assert video["categories"] == [{"slug": "lalu-lintas", "name": "Lalu Lintas"}]
    assert video["tags"] == [{"slug": "patroli"}]
    media = video["media"]
    assert [r["name"] for r in media["renditions"]] == ["720p", "360p", "audio"]
    assert media["originalSha256"] == page.asset.sha256
    assert media["hlsUrl"].endswith(f"-media/{page.asset.ladder.prefix}master.m3u8")
    assert media["captions"][0]["label"] == "Indonesia"
    assert video["rights"]["label"].startswith("© Polri. Bebas")


def test_lists_go_page_by_page_newest_first_and_miss_nothing(newsroom: SimpleNamespace) -> None:
    pages = [make_video(newsroom.bali) for _ in range(7)]
    # Two that were published in the same moment.
    VideoPage.objects.filter(pk=pages[3].pk).update(
        first_published_at=VideoPage.objects.get(pk=pages[4].pk).first_published_at
    )
    query = """query ($after: String) { videos(first: 2, after: $after) {
      nodes { publicId } pageInfo { hasNextPage endCursor } } }"""
    seen: list[str] = []
    after = None
    while True:
        page = ask(query, after=after)["videos"]
        seen += [node["publicId"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert sorted(seen) == sorted(page.public_id for page in pages)
    assert seen[0] == pages[6].public_id
    assert seen[-1] == pages[0].public_id


def test_videos_are_found_by_unit_category_tag_and_date(newsroom: SimpleNamespace) -> None:
    category = Category.objects.create(name="SAR", slug="sar")
    wanted = make_draft(newsroom.denpasar, incident_date=date(2026, 1, 5))
    wanted.categories, _ = [category], wanted.tags.add("banjir")
    publish(wanted)
    make_video(newsroom.jabar)

    def found(arguments: str) -> list[str]:
        query = f"{{ videos({arguments}) {{ nodes {{ publicId }} }} }}"
        return [node["publicId"] for node in ask(query)["videos"]["nodes"]]

    for arguments in (
        'unit: "polda-bali"',
        'unit: "polresta-denpasar", includeSubunits: false',
        'category: "sar"',
        'tag: "banjir"',
        'incidentFrom: "2026-01-05", incidentTo: "2026-01-05"',
        'unit: "mabes-polri", category: "sar", publishedFrom: "2020-01-01"',
    ):
        assert found(arguments) == [wanted.public_id], arguments
    assert found('unit: "polda-bali", includeSubunits: false') == []
    assert found('unit: "tidak-ada"') == []
    assert found('publishedTo: "2020-01-01"') == []


def test_a_video_is_found_by_public_id_and_by_path_whatever_its_slug(
    newsroom: SimpleNamespace,
) -> None:
    page = make_video(newsroom.bali)
    query = "query ($path: String, $id: String) { video(path: $path, publicId: $id) { title } }"
    for variables in ({"id": page.public_id}, {"path": f"/video/{page.public_id}/old-slug/"}):
        assert ask(query, **variables)["video"] == {"title": page.title}
    assert ask(query, path="/unit/polda-bali/")["video"] is None


def test_changes_are_read_from_a_cursor(newsroom: SimpleNamespace) -> None:
    page = make_video(newsroom.bali)
    page.unpublish()
    relay()
    query = """query ($after: Int!) { changes(after: $after, first: 3) {
      epoch head hasNextPage nodes { sequence nodeId operation hash } } }"""
    seen: list[dict[str, Any]] = []
    while True:
        answer = ask(query, after=seen[-1]["sequence"] if seen else 0)["changes"]
        seen += answer["nodes"]
        if not answer["hasNextPage"]:
            break
    assert [node["sequence"] for node in seen] == list(range(1, answer["head"] + 1))
    assert [(n["operation"], n["nodeId"]) for n in seen[-2:]] == [
        ("UPSERT", f"video:{page.public_id}"),
        ("REMOVE", f"video:{page.public_id}"),
    ]


def test_nothing_that_is_not_public_is_answered(newsroom: SimpleNamespace) -> None:
    draft = make_draft(newsroom.bali)
    waiting = make_video(newsroom.bali, make_asset(placement=Placement.PRIVATE))
    withdrawn = make_video(newsroom.bali)
    withdrawn.unpublish()
    restricted = make_video(newsroom.jabar)
    PageViewRestriction.objects.create(
        page=newsroom.jabar, restriction_type=PageViewRestriction.LOGIN
    )
    hidden = (draft, waiting, withdrawn, restricted)
    ids = [f"video:{page.public_id}" for page in hidden] + ["unit:polda-jabar"]
    assert ask(EVERYTHING, ids=ids)["nodes"] == [None] * 5
    assert ask("{ videos { nodes { publicId } } }")["videos"]["nodes"] == []


def test_a_page_hidden_behind_the_back_of_every_signal_is_not_answered(
    newsroom: SimpleNamespace,
) -> None:
    page = make_video(newsroom.bali)
    VideoPage.objects.filter(pk=page.pk).update(live=False)
    assert ask(EVERYTHING, ids=[f"video:{page.public_id}"])["nodes"] == [None]


def test_query_counts_do_not_grow_with_the_number_of_videos(
    newsroom: SimpleNamespace, django_assert_num_queries
) -> None:
    def queries(first: int) -> int:
        query = """query ($first: Int) { videos(first: $first) { nodes {
          title unit { name ancestors { name } } categories { name } tags { name }
          media { renditions { url } captions { url } } } } }"""
        with CaptureQueriesContext(
            connection,
        ) as captured:
            ask(query, first=first)
        return len(captured)

    category = Category.objects.create(name="SAR", slug="sar")
    for number in range(24):
        page = make_draft((newsroom.denpasar, newsroom.jabar)[number % 2])
        page.categories = [category]
        page.tags.add(f"tag-{number}")
        publish(page)
    assert queries(24) == queries(2) <= 24


def test_a_query_over_budget_is_refused_before_it_runs(
    newsroom: SimpleNamespace, django_assert_num_queries
) -> None:
    one = "videos(first: 100) { nodes { title media { renditions { url name codecs } } } }"
    costly = "{ " + " ".join(f"a{number}: {one}" for number in range(30)) + " }"
    with django_assert_num_queries(0):
        assert refusal(costly) == "TOO_COSTLY"


def test_nesting_without_end_is_refused(newsroom: SimpleNamespace) -> None:
    deep = '{ unit(code: "a") ' + "{ parent " * 20 + "{ code }" + " }" * 20 + " }"
    assert refusal(deep) == "TOO_DEEP"
    loop = '{ unit(code: "a") { ...A } } fragment A on Unit { parent { ...A } }'
    assert refusal(loop) == "TOO_DEEP"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ videos(first: 101) { nodes { id } } }", "PAGE_SIZE"),
        ("{ videos(first: 0) { nodes { id } } }", "PAGE_SIZE"),
        ('{ videos(after: "bukan-kursor") { nodes { id } } }', "BAD_CURSOR"),
        ("{ units(first: 501) { nodes { id } } }", "PAGE_SIZE"),
        ("{ videos(first: null) { nodes { id } } }", "PAGE_SIZE"),
        ("{ video { id } }", "MISSING_ARGUMENT"),
    ],
)
def test_bad_arguments_say_what_to_do(newsroom: SimpleNamespace, query: str, code: str) -> None:
    assert refusal(query) == code


def test_the_builders_own_queries_are_within_budget(newsroom: SimpleNamespace) -> None:
    for path in sorted((ROOT / "site_builder" / "queries").glob("*.graphql")):
        most = {"first": PAGE_SIZES.get(path.stem, 100), "ids": ["video:x"] * NODES_AT_ONCE}
        prepared(path.read_text(), most | {"after": None})


def test_the_api_answers_over_http_without_a_cookie_and_to_any_origin(
    newsroom: SimpleNamespace,
) -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post(
        "/graphql/", json.dumps({"query": "{ site { name } }"}), content_type="application/json"
    )
    assert response.json() == {"data": {"site": {"name": "Policetube"}}}
    assert response["Access-Control-Allow-Origin"] == "*"
    assert not response.cookies


def test_the_explorer_loads_from_our_own_assets_alone(newsroom: SimpleNamespace) -> None:
    page = Client().get("/graphql/", headers={"accept": "text/html"}).content.decode()
    assert "/static/graphiql/graphiql.js" in page
    assert "http://" not in page
    assert "https://" not in page


def test_a_fault_of_ours_keeps_its_insides_to_itself(
    newsroom: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("password of the database")

    monkeypatch.setattr("cms.api.lists.publications", broken)
    query = json.dumps({"query": "{ videos { nodes { id } } }"})
    response = Client().post("/graphql/", query, content_type="application/json")
    assert response.json()["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert "password" not in response.content.decode()
    assert "password of the database" in caplog.text


def test_fragments_that_spread_each_other_are_counted_in_no_time(
    newsroom: SimpleNamespace,
) -> None:
    names = [f"F{number}" for number in range(40)]
    fragments = " ".join(
        f"fragment {name} on Query {{ {' '.join('...' + other for other in names)} }}"
        for name in names
    )
    # Walked at every spread this would take 40 to the power of the depth.
    assert refusal("{ ...F0 } " + fragments) == "TOO_DEEP"


MANY = ",".join(['"video:x"'] * 100)
NODES = f"query ($ids: [ID!]! = [{MANY}]) {{ "
NODES += " ".join(f"a{number}: nodes(ids: $ids) {{ id version }}" for number in range(400)) + " }"
PAGES = "query ($n: Int) { "
PAGES += " ".join(f"a{n}: units(first: $n) {{ nodes {{ code name path }} }}" for n in range(60))
PAGES += " }"


@pytest.mark.parametrize(("query", "variables"), [(NODES, {}), (PAGES, {"n": 500.0}), (PAGES, {})])
def test_the_budget_counts_lists_whose_size_is_not_written_in_the_query(
    newsroom: SimpleNamespace, query: str, variables: dict[str, Any]
) -> None:
    assert refusal(query, **variables) == "TOO_COSTLY"


@pytest.mark.parametrize(
    "body",
    [
        {"query": 5},
        {"query": {"a": 1}},
        {"query": "{ site { name } }", "variables": [1]},
        {"query": "{ site { name } }", "variables": "x"},
        {},
        [],
    ],
)
def test_a_malformed_request_is_told_what_to_send(
    newsroom: SimpleNamespace, body: object, caplog: pytest.LogCaptureFixture
) -> None:
    response = Client().post("/graphql/", json.dumps(body), content_type="application/json")
    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert "failed" not in caplog.text


def test_files_are_not_taken(newsroom: SimpleNamespace) -> None:
    response = Client().post("/graphql/", {"file": io.BytesIO(b"x" * 100), "query": "{ a }"})
    assert response.status_code == 415


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_the_ends_of_time_are_dates_like_any_other(newsroom: SimpleNamespace, day: str) -> None:
    make_video(newsroom.bali)
    for name in ("publishedFrom", "publishedTo"):
        ask(f'{{ videos({name}: "{day}") {{ nodes {{ publicId }} }} }}')


def test_redirects_are_listed_asked_for_and_told_like_everything_else(
    newsroom: SimpleNamespace,
) -> None:
    page = make_video(newsroom.bali)
    relay()
    for number in range(5):
        Redirect.add_redirect(f"/ke-{number}", redirect_to=page)
    relay()
    query = """query ($after: String) { redirects(first: 2, after: $after) {
      nodes { id from to } pageInfo { hasNextPage endCursor } } }"""
    seen: list[dict[str, Any]] = []
    after = None
    while True:
        found = ask(query, after=after)["redirects"]
        seen += found["nodes"]
        after = found["pageInfo"]["endCursor"]
        if not found["pageInfo"]["hasNextPage"]:
            break
    assert sorted(node["from"] for node in seen) == [f"/ke-{number}/" for number in range(5)]
    assert {node["to"] for node in seen} == {page.public_path}

    by_id = "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Redirect { from to } } }"
    ids = [node["id"] for node in seen]
    assert ask(by_id, ids=[*ids, "redirect:tidak-ada"])["nodes"] == [*seen, None]
    changes = ask("{ changes(after: 0, first: 100) { nodes { nodeId operation } } }")["changes"]
    told = [node["nodeId"] for node in changes["nodes"] if node["operation"] == "UPSERT"]
    assert sorted(told[-5:]) == sorted(ids)
    assert refusal("{ redirects(first: 101) { nodes { id } } }") == "PAGE_SIZE"
