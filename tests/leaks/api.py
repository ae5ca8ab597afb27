"""The API's door: everything it lists, everything it can be asked, everything it says of errors."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from django.test import Client
from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_client_schema,
    get_introspection_query,
    get_named_type,
    is_leaf_type,
)

from tests.leaks.findings import Answer, Leak
from tests.leaks.marks import Marks
from tests.leaks.newsroom import HIDDEN_DAYS, Newsroom

AT_ONCE = 50
NOTHING = "tidakada0000"
NO_DAY = "1997-04-11"
CONNECTIONS = ("videos", "stories", "units", "categories", "tags", "redirects")
# Every door of the schema is knocked at below; a new one must be taught to the hunt.
KNOWN = frozenset(
    {*CONNECTIONS, "site", "banner", "video", "story", "unit", "changes", "ledger", "nodes"}
)
KINDS = (
    "video",
    "story",
    "unit",
    "category",
    "tag",
    "redirect",
    "site",
    "banner",
    "page",
    "asset",
    "revision",
    "user",
)
# Where a value can be asked for: the answer about a hidden one is the answer about nothing.
BY_ID = {
    "video(publicId: $v)": "{ id }",
    "story(publicId: $v)": "{ id }",
    "unit(code: $v)": "{ id }",
}
BY_NAME = {
    "videos(unit: $v)": "{ nodes { id } pageInfo { hasNextPage } }",
    "videos(unit: $v, includeSubunits: false)": "{ nodes { id } }",
    "videos(category: $v)": "{ nodes { id } }",
    "videos(tag: $v)": "{ nodes { id } }",
    "stories(unit: $v)": "{ nodes { id } }",
    "stories(category: $v)": "{ nodes { id } }",
    "stories(tag: $v)": "{ nodes { id } }",
    "units(parent: $v)": "{ nodes { id } }",
}
WRONG = (
    "{",
    "{ videos { nodes { title draftTitle asset { originalName } } } }",
    "{ video { id } }",
    '{ video(publicId: "x") { revisions { id } latestRevision } }',
    "{ stories { nodes { draftTitle photographs { asset { originalName } } } } }",
    "{ videoes { nodes { id } } drafts { id } pages { id } assets { id } users { email } }",
    "{ videos(first: 100000) { nodes { id } } }",
    '{ videos(after: "x") { nodes { id } } }',
    '{ videos(unit: 7, live: false, search: "rahasia") { nodes { id } } }',
    '{ videos(publishedFrom: "x") { nodes { id } } }',
    "mutation { publish(id: 1) { id } }",
    "subscription { changes { id } }",
)


class Api:
    """The public view over HTTP, anonymous."""

    def __init__(self) -> None:
        self._client = Client(raise_request_exception=False)

    def ask(self, query: str, variables: Mapping[str, Any] | None = None) -> Answer:
        payload = json.dumps({"query": query, "variables": dict(variables or {})})
        answer = self._client.post("/graphql/", payload, content_type="application/json")
        return Answer(
            place=f"API {' '.join(query.split())[:90]}",
            body=f"{answer.headers}\n{answer.cookies}\n{answer.content.decode()}",
            status=answer.status_code,
        )

    def data(self, query: str, variables: Mapping[str, Any] | None = None) -> Any:
        payload = json.dumps({"query": query, "variables": dict(variables or {})})
        answer = self._client.post("/graphql/", payload, content_type="application/json")
        return answer.json()["data"]

    def get(self, path: str, **headers: str) -> Answer:
        answer = self._client.get(path, headers=headers)
        return Answer(
            place=f"API GET {path[:90]}",
            body=f"{answer.headers}\n{answer.cookies}\n{answer.content.decode()}",
            status=answer.status_code,
        )


def read_everything(room: Newsroom) -> Iterator[Answer]:
    """Introspection, every list to its end with every field there is, the log, mistakes."""
    api = Api()
    yield api.ask(get_introspection_query(descriptions=True))
    schema = build_client_schema(api.data(get_introspection_query()))
    assert schema.query_type is not None
    fields = set(schema.query_type.fields)
    assert fields == KNOWN, f"teach the hunt to ask for {fields ^ KNOWN}"
    yield api.ask(f"{{ site {selection(schema, 'Site')} }}")
    yield api.ask(f"{{ banner {selection(schema, 'Banner')} }}")
    for name in CONNECTIONS:
        yield from _pages(api, schema, name)
    yield from _log(api, schema, room)
    yield from (api.ask(query) for query in WRONG)
    yield api.get("/graphql/")
    yield api.get("/graphql/", accept="text/html")
    yield api.get("/graphql/?query={videos{nodes{title}}}", accept="text/html")
    yield api.get("/graphql/?query={videos{nodes{title}}}&raw")
    yield api.get("/graphql/?query=x&variables=x")


def selection(schema: GraphQLSchema, name: str, above: tuple[str, ...] = ()) -> str:
    """Every field of a type and of all it leads to, none of them twice on one way."""
    kind = schema.type_map[name]
    assert isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
    parts = ["__typename"]
    for field_name, field in kind.fields.items():
        found = get_named_type(field.type)
        if is_leaf_type(found):
            parts.append(field_name)
        elif found.name not in above and found.name != name:
            parts.append(f"{field_name} {selection(schema, found.name, (*above, name))}")
    return "{ " + " ".join(parts) + " }"


def _pages(api: Api, schema: GraphQLSchema, name: str) -> Iterator[Answer]:
    """A list two by two, so that there are many cursors to look into."""
    assert schema.query_type is not None
    kind = get_named_type(schema.query_type.fields[name].type).name
    after = None
    query = f"query($after: String) {{ {name}(first: 2, after: $after) {selection(schema, kind)} }}"
    for _ in range(200):
        answer = api.ask(query, {"after": after})
        yield answer
        page = json.loads(str(answer.body).rpartition("\n")[2])["data"][name]["pageInfo"]
        if not page["hasNextPage"]:
            return
        after = page["endCursor"]
    raise AssertionError(f"{name} has no end")


def _log(api: Api, schema: GraphQLSchema, room: Newsroom) -> Iterator[Answer]:
    """The log names what was public once, by ID alone: readers must learn what to take down.

    And why, where somebody said so.

    IDs of withdrawn videos and slugs of their tags are in it (`docs/guides/journalist.md`).
    """
    entry = selection(schema, "LedgerEntry")
    fields = (
        f"epoch head hasNextPage nodes {{ sequence nodeId operation at hash ledgerEntry {entry} }}"
    )
    once = {page.public_id for page in room.withdrawn} | room.withdrawn_tags | room.explanations
    for after in (0, -1):
        answer = api.ask(f"{{ changes(after: {after}, first: 1000) {{ {fields} }} }}")
        yield Answer(place=answer.place, body=answer.body, allowed=frozenset(once))
    # The ledger says no more of them, and nothing of their tags.
    once -= room.withdrawn_tags
    told = ""
    for answer in _pages(api, schema, "ledger"):
        told += str(answer.body)
        yield Answer(place=answer.place, body=answer.body, allowed=frozenset(once))
    assert all(said in told for said in once)


def ask_for_what_is_hidden(marks: Marks) -> Iterator[Leak]:
    """Oracles: every hidden value at every door; each answer must be that about nothing."""
    api = Api()
    everything = tuple(sorted({*marks.ids, *marks.names}))
    for question, fields in BY_ID.items():
        yield from _compared(api, question, fields, everything)
    for question, fields in BY_NAME.items():
        yield from _compared(api, question, fields, marks.names)
    ids = [f"{kind}:{value}" for kind in KINDS for value in everything] + [*everything]
    for start in range(0, len(ids), 100):
        batch = ids[start : start + 100]
        answer = api.data("query($v: [ID!]!) { nodes(ids: $v) { id } }", {"v": batch})
        for asked, node in zip(batch, answer["nodes"], strict=True):
            if node is not None:
                yield Leak(place="API nodes", what=f"{asked} is answered")
    for kind in ("video", "story"):
        paths = [f"/{kind}/{value}/" for value in marks.ids]
        yield from _compared(api, f"{kind}(path: $v)", "{ id }", paths)
    for name in ("incidentFrom: $d, incidentTo", "publishedFrom: $d, publishedTo"):
        lists = " ".join(f"{kind}({name}: $d) {{ nodes {{ id }} }}" for kind in CONNECTIONS[:2])
        query = f"query($d: Date) {{ {lists} }}"
        nothing = api.data(query, {"d": NO_DAY})
        for day in HIDDEN_DAYS:
            if api.data(query, {"d": str(day)}) != nothing:
                yield Leak(place=f"API videos({name})", what=f"{day} is answered")


def _compared(api: Api, question: str, fields: str, values: Any) -> Iterator[Leak]:
    nothing = api.data(f"query($v: String!) {{ a: {question} {fields} }}", {"v": NOTHING})["a"]
    for start in range(0, len(values), AT_ONCE):
        batch = values[start : start + AT_ONCE]
        names = ", ".join(f"$v{place}: String!" for place in range(len(batch)))
        body = " ".join(
            f"a{place}: {question.replace('$v', f'$v{place}')} {fields}"
            for place in range(len(batch))
        )
        given = {f"v{place}": value for place, value in enumerate(batch)}
        answer = api.data(f"query({names}) {{ {body} }}", given)
        for place, value in enumerate(batch):
            if answer[f"a{place}"] != nothing:
                yield Leak(place=f"API {question}", what=f"{value} is answered")
