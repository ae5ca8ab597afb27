"""The public ledger over GraphQL."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cms.publishing.models import Change
from cms.publishing.relay import relay
from cms.publishing.withdrawals import Reason, withdraw
from content_models.models import VideoPage, WithdrawalReason
from tests.cms.api.test_api import ask
from tests.cms.factories import make_video, publish

pytestmark = pytest.mark.django_db

FIELDS = """
nodes { sequence kind nodeId publicId at changedFields publishedAt unitCode unit { name }
        withdrawalReason { code label explanation } }
pageInfo { hasNextPage endCursor }"""


def correct(page: VideoPage, title: str) -> None:
    page.title = title
    publish(page)
    relay()


def lines(arguments: str = "first: 100") -> list[dict[str, Any]]:
    """The ledger, as a journalist asks for it."""
    found: list[dict[str, Any]] = ask(f"{{ ledger({arguments}) {{ {FIELDS} }} }}")["ledger"][
        "nodes"
    ]
    return found


def test_a_line_says_what_and_when_but_not_what_it_was(newsroom: SimpleNamespace) -> None:
    page = make_video(newsroom.bali)
    correct(page, "Judul yang benar")
    page.unpublish()
    relay()

    corrected, withdrawn = lines()

    assert (corrected["kind"], corrected["changedFields"]) == ("CORRECTION", ["TITLE"])
    assert corrected["unit"] == {"name": newsroom.bali.title}
    assert corrected["publishedAt"] == page.first_published_at.astimezone(UTC).isoformat()
    assert (withdrawn["kind"], withdrawn["changedFields"]) == ("WITHDRAWAL", [])
    assert withdrawn["publicId"] == page.public_id
    assert withdrawn["nodeId"] == f"video:{page.public_id}"
    assert "Judul" not in str(withdrawn)


def test_a_withdrawal_says_why_in_the_sites_language_and_no_internal_note(
    newsroom: SimpleNamespace,
) -> None:
    page = make_video(newsroom.bali)
    reason = Reason(code=WithdrawalReason.RIGHTS, explanation="Lagu milik orang lain.", note="B/12")
    withdraw(page, reason, by=None)
    relay()

    [line] = lines()

    assert line["withdrawalReason"] == {
        "code": "RIGHTS",
        "label": "Memuat hak pihak lain",
        "explanation": "Lagu milik orang lain.",
    }
    assert "B/12" not in str(ask("{ changes(after: 0) { nodes { ledgerEntry { nodeId } } } }"))
    query = "{ changes(after: 0) { nodes { ledgerEntry { withdrawalReason { code } } } } }"
    entries = [node["ledgerEntry"] for node in ask(query)["changes"]["nodes"]]
    assert [entry for entry in entries if entry] == [{"withdrawalReason": {"code": "RIGHTS"}}]


def test_a_withdrawal_without_a_reason_and_a_return_say_none(newsroom: SimpleNamespace) -> None:
    page = make_video(newsroom.bali)
    page.unpublish()
    publish(page)
    relay()

    assert [(line["kind"], line["withdrawalReason"]) for line in lines()] == [
        ("WITHDRAWAL", None),
        ("RETURN", None),
    ]


@pytest.mark.parametrize("code", list(WithdrawalReason))
def test_every_reason_is_a_word_of_the_contract(
    newsroom: SimpleNamespace, code: WithdrawalReason
) -> None:
    withdraw(make_video(newsroom.bali), Reason(code=code, explanation="Ada."), by=None)
    relay()

    [line] = lines()
    assert line["withdrawalReason"]["code"] == code.value


def test_the_unit_of_a_line_is_told_only_while_it_is_public(newsroom: SimpleNamespace) -> None:
    page = make_video(newsroom.bali)
    correct(page, "Judul yang benar")
    newsroom.bali.unpublish()
    relay()

    # The page stands under the unit above by now, which is no correction of it.
    [line] = lines()

    assert line["unit"] is None
    assert line["unitCode"] == newsroom.bali.code


def test_the_log_carries_the_line_of_each_change(newsroom: SimpleNamespace) -> None:
    page = make_video(newsroom.bali)
    correct(page, "Judul yang benar")
    query = "{ changes(after: 0) { nodes { nodeId ledgerEntry { kind changedFields } } } }"

    told = [node for node in ask(query)["changes"]["nodes"] if node["nodeId"].startswith("video:")]

    assert [node["ledgerEntry"] for node in told] == [
        None,
        {"kind": "CORRECTION", "changedFields": ["TITLE"]},
    ]


def test_pages_follow_each_other_without_a_gap(newsroom: SimpleNamespace) -> None:
    page = make_video(newsroom.bali)
    for number in range(5):
        correct(page, f"Judul {number}")
    seen: list[int] = []
    after = "null"
    for _ in range(3):
        answer = ask(f"{{ ledger(first: 2, after: {after}) {{ {FIELDS} }} }}")["ledger"]
        seen += [node["sequence"] for node in answer["nodes"]]
        after = f'"{answer["pageInfo"]["endCursor"]}"'

    assert seen == [line["sequence"] for line in lines()]
    assert len(seen) == 5
    assert not answer["pageInfo"]["hasNextPage"]


def test_days_are_those_of_the_sites_clocks(newsroom: SimpleNamespace) -> None:
    page = make_video(newsroom.bali)
    correct(page, "Judul yang benar")
    # An hour after midnight in Jakarta, while it is still the day before in Greenwich.
    late = datetime(2026, 11, 20, 18, tzinfo=UTC)
    Change.objects.exclude(ledger="").update(at=late)

    assert len(lines('from: "2026-11-21", to: "2026-11-21"')) == 1
    assert lines('to: "2026-11-20"') == lines('from: "2026-11-22"') == []


def test_more_lines_need_no_more_queries(newsroom: SimpleNamespace) -> None:
    counts = []
    for count in (1, 4):
        for number in range(count):
            unit = newsroom.bali if number % 2 else newsroom.jabar
            correct(page := make_video(unit), f"Judul {count} {number}")
            withdraw(page, Reason(code=WithdrawalReason.MISTAKE), by=None)
        relay()
        with CaptureQueriesContext(connection) as queries:
            assert lines()
        counts.append(len(queries))

    assert counts[0] == counts[1]
