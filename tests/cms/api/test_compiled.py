"""Compiled queries answer what graphql-core answers, or leave it to graphql-core."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from graphql import GraphQLError, execute

from cms.api import answers
from cms.api.compiled import Compiled
from cms.api.loaders import NodeLoader
from cms.api.schema import schema
from cms.publishing.interface import PublicState
from content_models.models import Category
from site_builder.documents import NAMES, document
from tests.cms.factories import make_captions, make_draft, make_video, publish

pytestmark = pytest.mark.django_db
IDS = ["video:{video}", "unit:polda-bali", "site:site", "video:nosuchthing", "tag:helm"]
SMALL = "fragment Small on Node { id version ... on Video { title unit { id } } }"
CORPUS = {
    "aliases": "{ a: site { n: name name } b: site { language } }",
    "a field asked twice": "{ site { name } site { name description id } }",
    "selections that merge": "{ videos { nodes { media { width } } nodes { media { height } } } }",
    "fragments within each other": "query ($ids: [ID!]!) { nodes(ids: $ids) { ...Small } }" + SMALL,
    "a fragment spread twice": "query ($ids: [ID!]!) { nodes(ids: $ids) { ...Small ...Small } }"
    + SMALL,
    "kinds told apart": """query ($ids: [ID!]!) { nodes(ids: $ids) { __typename
        ... on Video { x: title } ... on Unit { x: name level } ... on Node { version } } }""",
    "an enumeration": '{ units { nodes { level } } unit(code: "polda-bali") { level } }',
    "one that is not there": '{ unit(code: "nowhere") { name } video(publicId: "x") { title } }',
    "ancestors": "{ videos { nodes { unit { name parent { name } ancestors { code } } } } }",
    "arguments from variables": """query ($n: Int = 1, $from: Date) {
        videos(first: $n, publishedFrom: $from, unit: "polda-bali") { nodes { id }
        pageInfo { hasNextPage endCursor } } }""",
    "times and numbers": """{ videos { nodes { publishedAt incidentDate media { duration frameRate
        hasAudio renditions { size bandwidth frameRate width kind } } } } }""",
    "what is said": "{ videos { nodes { media { captions { transcript { start text } } } } } }",
    "the log": "{ changes(after: 0) { epoch head nodes { sequence operation at hash } } }",
}
LEFT = {
    "introspection": "{ __schema { types { name } } }",
    "its own name": "{ __typename site { __typename name } }",
    "a directive": "query ($no: Boolean = false) { site { name @include(if: $no) id } }",
    "an error": "{ videos(first: 5000) { nodes { id } } }",
    "a bad cursor": '{ videos(after: "nonsense") { nodes { id } } }',
    "too little": "{ video { title } }",
    "a variable of the wrong type": "query ($n: Int!) { videos(first: $n) { nodes { id } } }",
    "no operation of that name": "query A { site { name } } query B { site { id } }",
}


@pytest.fixture
def newsroom(newsroom: SimpleNamespace) -> SimpleNamespace:
    """With one video that says everything, and a plain one."""
    page = make_draft(newsroom.bali)
    page.categories = [Category.objects.create(name="Lalu Lintas", slug="lalu-lintas")]
    page.tags.add("helm")
    make_captions(page.asset)
    newsroom.video = publish(page)
    make_video(newsroom.denpasar)
    return newsroom


def both(query: str, variables: dict[str, Any]) -> tuple[Any, Any]:
    """What we answer, and what graphql-core does, errors as a reader sees them."""
    prepared = answers.prepared(query, variables)
    assert not prepared.errors, prepared.errors
    ours = answers.answer(prepared, variables, None, SimpleNamespace(loader=NodeLoader()))
    theirs = execute(
        schema.graphql_schema,
        prepared.document,
        variable_values=variables,
        context_value=SimpleNamespace(loader=NodeLoader()),
    )
    return ours.formatted, theirs.formatted  # type: ignore[union-attr]


def compiled(query: str, variables: dict[str, Any]) -> dict[str, Any] | None:
    """The data, if no part of it was left to graphql-core."""
    found = answers.prepared(query, variables).compiled(None)
    return found and found.run(variables, SimpleNamespace(loader=NodeLoader()))


def variables_of(newsroom: SimpleNamespace) -> dict[str, Any]:
    ids = [node_id.format(video=newsroom.video.public_id) for node_id in IDS]
    return {"ids": ids, "first": 50, "after": None}


def test_the_builders_documents_are_compiled_and_answered_alike(newsroom: SimpleNamespace) -> None:
    for name in NAMES:
        variables = variables_of(newsroom) | ({"after": 0} if name == "changes" else {})
        the_same(document(name), variables)


def test_plain_queries_are_compiled_and_answered_alike(newsroom: SimpleNamespace) -> None:
    for query in CORPUS.values():
        the_same(query, variables_of(newsroom))


def the_same(query: str, variables: dict[str, Any]) -> None:
    """Compiled, and the same as graphql-core's to the order of the fields."""
    ours, theirs = both(query, variables)
    assert ours == theirs, query
    assert list(_flat(ours)) == list(_flat(theirs)), query
    assert compiled(query, variables) == ours["data"], query


def test_what_is_left_to_graphql_core_is_answered_by_it(newsroom: SimpleNamespace) -> None:
    for name, query in LEFT.items():
        ours, theirs = both(query, {"n": "many"} if "variable" in name else {})
        assert ours == theirs, name


def test_a_broken_record_is_reported_as_graphql_core_reports_it(newsroom: SimpleNamespace) -> None:
    state = PublicState.objects.get(node_id=f"video:{newsroom.video.public_id}")
    query = "{ videos { nodes { title media { duration width poster { url } } } } }"
    for spoilt in (
        {"title": None},
        {"media": {**state.record["media"], "duration": "long"}},
        {"media": {**state.record["media"], "width": 2**40}},
        {"media": {**state.record["media"], "duration": 12}},
        {"media": {**state.record["media"], "poster": None}},
        {"media": []},
    ):
        PublicState.objects.filter(pk=state.pk).update(record=state.record | spoilt)
        ours, theirs = both(query, {})
        assert ours == theirs, spoilt


def test_a_query_is_parsed_checked_and_compiled_once_however_often_it_is_asked(
    newsroom: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []
    monkeypatch.setattr(
        answers,
        "Compiled",
        lambda *given: made.append(given) or Compiled(*given),  # type: ignore[func-returns-value]
    )
    answers.unlimited.cache_clear()
    for _ in range(3):
        both("{ site { name language } }", {})
    assert len(made) == 1
    assert answers.unlimited.cache_info().misses == 1


def test_the_budget_is_counted_for_each_asking_of_a_known_query() -> None:
    query = document("videos")
    answers.prepared(query, {"first": 10})
    with pytest.raises(GraphQLError, match="could return"):
        answers.prepared(query, {"first": 10_000})


def test_what_is_asked_of_an_empty_list_is_counted_all_the_same() -> None:
    deep = "fragment F4 on Unit { name }"
    for level in range(4):
        spread = " ".join(f"a{n}: parent {{ ...F{level + 1} }}" for n in range(16))
        deep += f" fragment F{level} on Unit {{ {spread} }}"
    for ids, variables in (("[]", {}), ("$ids", {"ids": []})):
        query = f"query ($ids: [ID!]) {{ nodes(ids: {ids}) {{ ...F0 }} }} {deep}"
        with pytest.raises(GraphQLError, match="could return"):
            answers.prepared(query, variables)


def test_a_short_text_that_spreads_to_many_fields_is_left_to_graphql_core() -> None:
    assert answers.prepared(spreading(20), {}).compiled(None) is not None
    assert answers.prepared(spreading(50), {}).compiled(None) is None


def spreading(times: int) -> str:
    """A fragment of so many names, spread as many times."""
    parents = " ".join(f"a{n}: parent {{ ...B }}" for n in range(times))
    names = " ".join(f"b{n}: name" for n in range(times))
    return f"""{{ unit(code: "nowhere") {{ ...A }} }}
        fragment A on Unit {{ {parents} }} fragment B on Unit {{ {names} }}"""


def test_nothing_is_kept_of_names_that_a_query_does_not_have(newsroom: SimpleNamespace) -> None:
    query = "query A { site { name } }"
    prepared = answers.prepared(query, {})
    for name in ("B" * 1000, ["A"]):
        assert prepared.compiled(name) is None  # type: ignore[arg-type]
        given = answers.answer(prepared, {}, name, NodeLoader())  # type: ignore[arg-type]
        assert given.errors
        assert "Unknown operation named" in str(given.errors[0])
    assert prepared._compiled == {}


def _flat(value: Any, path: str = "") -> Any:
    """Every place of an answer, in its order."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _flat(inner, f"{path}[{number}]")
    else:
        yield path
