"""Every example of the journalists' guide is a query that the API takes."""

from __future__ import annotations

from functools import cache

import pytest
from graphql import GraphQLSchema, build_schema, parse, validate

from cms.api.limits import check
from content_models.rights import RIGHTS_BY_CODE
from tests.docs.pages import ROOT, blocks, text_of

GUIDE = ROOT / "docs" / "guides" / "journalist.md"
EXAMPLES = blocks(text_of(GUIDE), "graphql")


@cache
def schema() -> GraphQLSchema:
    return build_schema(text_of(ROOT / "schema.graphql"))


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 6


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: " ".join(example.split())[:24])
def test_an_example_is_valid_and_within_the_budget(example: str) -> None:
    document = parse(example)
    assert validate(schema(), document) == []
    check(document, {"ids": ["video:x"] * 100})


def test_every_code_of_rights_is_explained() -> None:
    for code in RIGHTS_BY_CODE:
        assert f"`{code}`" in text_of(GUIDE)
