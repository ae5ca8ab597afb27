"""The query documents take every field of the contract; that they fit it, `make check` says."""

from __future__ import annotations

from graphql import FieldNode, GraphQLObjectType, TypeInfo, TypeInfoVisitor, Visitor, parse, visit

from site_builder.documents import document
from tests.site_builder.fake_api import schema

LEFT_OUT = {
    "Unit": {"ancestors"},
    "LedgerEntry": {"unit"},
}
RECORDS = (
    "Site",
    "Unit",
    "Category",
    "Tag",
    "Redirect",
    "Video",
    "Story",
    "Photograph",
    "PhotographCopy",
    "Media",
    "Rendition",
    "Image",
    "Storyboard",
    "LedgerEntry",
)


def test_a_record_takes_every_field_of_its_type() -> None:
    taken: dict[str, set[str]] = {}
    types = TypeInfo(schema())

    class Collector(Visitor):
        def enter_field(self, node: FieldNode, *_args: object) -> None:
            parent = types.get_parent_type()
            if parent is not None:
                taken.setdefault(parent.name, set()).add(node.name.value)

    for document_name in ("nodes", "ledger"):
        visit(parse(document(document_name)), TypeInfoVisitor(types, Collector()))

    for name in (*RECORDS, "Captions", "Rights"):
        found = schema().type_map[name]
        assert isinstance(found, GraphQLObjectType)
        assert found.fields.keys() - taken[name] == LEFT_OUT.get(name, set()), name
