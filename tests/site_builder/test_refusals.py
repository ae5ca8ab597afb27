"""What the builder refuses, and why: another schema, another database, half an answer."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLObjectType, build_schema, parse, print_schema, validate

from site_builder import BuilderError, ErrorCode
from tests.site_builder.fake_api import FakeApi, schema
from tests.site_builder.newsroom import Place, identifier, newsroom


def refusal(place: Place, api: Any) -> BuilderError:
    """The refusal of a build, which must leave output and state as they were."""
    before = place.files()
    with pytest.raises(BuilderError) as caught:
        place.build(api)
    assert place.files() == before
    assert "Nothing was" in str(caught.value) or "--full" in str(caught.value)
    return caught.value


class OtherRelease:
    """The API of a release whose contract lacks a field, or has another argument."""

    def __init__(self, api: FakeApi, *, lacks: tuple[str, str]) -> None:
        self._api = api
        other = build_schema(print_schema(schema()))
        kind = other.type_map[lacks[0]]
        assert isinstance(kind, GraphQLObjectType)
        del kind.fields[lacks[1]]
        self._schema = other

    def __call__(self, query: str, variables: dict[str, Any], /) -> Mapping[str, Any]:
        if errors := validate(self._schema, parse(query)):
            return {"errors": [error.formatted for error in errors]}
        return self._api(query, variables)


@pytest.mark.parametrize(
    ("lacks", "said"),
    [
        (("Video", "synopsis"), "Cannot query field 'synopsis' on type 'Video'"),
        (("Query", "redirects"), "Cannot query field 'redirects' on type 'Query'"),
    ],
)
def test_an_api_of_another_schema_is_named_with_what_it_does_not_know(
    place: Place, lacks: tuple[str, str], said: str
) -> None:
    error = refusal(place, OtherRelease(newsroom(3), lacks=lacks))

    assert error.code == ErrorCode.SCHEMA_UNKNOWN
    assert said in str(error)
    assert "use the builder of the API's release" in str(error)


def test_an_api_that_changes_its_schema_between_two_builds_is_refused(
    api: FakeApi, place: Place
) -> None:
    place.build(api)
    api.put_video(identifier(3), title="Judul baru")

    error = refusal(place, OtherRelease(api, lacks=("Video", "synopsis")))

    assert error.code == ErrorCode.SCHEMA_UNKNOWN
    place.build(api)
    assert "Judul baru" in place.text("archive/2026/06/index.html")


def test_a_cursor_from_another_database_is_refused_with_both_names(
    api: FakeApi, place: Place
) -> None:
    place.build(api)
    other = newsroom(3)
    other.epoch = "epoch-2"

    error = refusal(place, other)

    assert error.code == ErrorCode.EPOCH_CHANGED
    assert "epoch-1" in str(error)
    assert "epoch-2" in str(error)
    assert "--full" in str(error)
    assert place.build(other, full=True).epoch == "epoch-2"


def test_a_database_that_was_set_back_is_refused_with_both_sequences(
    api: FakeApi, place: Place
) -> None:
    place.build(api)
    head = len(api.log)
    del api.log[-2:]

    error = refusal(place, api)

    assert error.code == ErrorCode.CURSOR_AHEAD
    assert str(head) in str(error)
    assert str(head - 2) in str(error)


def test_half_an_answer_is_refused_with_what_is_missing(api: FakeApi, place: Place) -> None:
    place.build(api)
    api.put_video(identifier(3), title="Judul baru")

    def without_a_title(answer: dict[str, Any]) -> dict[str, Any]:
        for node in answer["data"].get("nodes", []):
            del node["title"]
        return answer

    api.spoil = without_a_title
    error = refusal(place, api)

    assert error.code == ErrorCode.HALF_ANSWER
    assert f"video:{identifier(3)}" in str(error)
    assert "title" in str(error)
    api.spoil = lambda answer: answer
    place.build(api)
    assert "Judul baru" in place.text("archive/2026/06/index.html")


@pytest.mark.parametrize(("built_before", "requests"), [(False, 10), (True, 3)])
def test_an_api_that_dies_at_any_request_leaves_the_last_good_site(
    tmp_path: Path, built_before: bool, requests: int
) -> None:
    """What comes back is built from as if nothing had been."""
    api = newsroom(80)
    start = Place(tmp_path / "start")
    if built_before:
        start.build(api)
    for number in range(80):
        api.put_video(identifier(number), title=f"Judul {number}")
    fresh = Place(tmp_path / "fresh")
    fresh.build(api)

    for dies_at in range(requests):
        place = Place(tmp_path / f"{dies_at}")
        shutil.copytree(start.root, place.root, dirs_exist_ok=True)
        api.requests.clear()
        api.before_answer = dying(api, dies_at)
        refusal(place, api)
        api.before_answer = lambda _name: None
        place.build(api)

        assert place.files() == fresh.files(), f"died at request {dies_at}"

    api.requests.clear()
    api.before_answer = dying(api, requests)
    start.build(api)  # there are no more requests than these


def dying(api: FakeApi, dies_at: int) -> Callable[[str], None]:
    """An API that answers so many requests and no more."""

    def die(_name: str) -> None:
        if len(api.requests) >= dies_at:
            raise BuilderError(ErrorCode.API_UNREACHABLE, "It died. Nothing was changed.")

    return die
