"""Mails leave after the commit, to all whom the server takes them for, and only then."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection, transaction

from cms.publishing import outbox

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

within: list[bool] = []


class Server(EmailBackend):
    """Notes whether a transaction waits for it, and refuses one recipient."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        within.append(connection.in_atomic_block)
        if "gone@example.go.id" in email_messages[0].to:
            raise SMTPRecipientsRefused({"gone@example.go.id": (550, b"no such user")})
        return int(super().send_messages(email_messages))


@pytest.fixture(autouse=True)
def server(settings: Any) -> Iterator[None]:
    settings.EMAIL_BACKEND = "cms.mail.AfterCommitBackend"
    settings.MAIL_BACKEND = f"{__name__}.Server"
    yield
    within.clear()


def tell(*recipients: str) -> None:
    """As Wagtail does: one by one, on one connection."""
    with mail.get_connection() as way:
        for name in recipients:
            address = f"{name}@example.go.id"
            mail.send_mail("Video baru", "Periksa.", None, [address], connection=way)


def told() -> list[Any]:
    return [message.to[0].partition("@")[0] for message in mail.outbox]


def test_a_mail_waits_for_the_commit_and_nobody_waits_for_the_mail() -> None:
    with outbox.transaction():
        tell("kapolsek")
        assert told() == []
    assert told() == ["kapolsek"]
    assert within == [False]


def test_what_was_not_committed_is_not_told() -> None:
    with outbox.transaction():
        tell("kapolsek")
        transaction.set_rollback(True)
    assert told() == []


def test_one_refused_recipient_keeps_no_other_from_a_mail(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with outbox.transaction():
        tell("gone", "kapolsek")
    assert told() == ["kapolsek"]
    assert "'Video baru' is not sent to ['gone@example.go.id']" in caplog.text


def test_a_server_that_is_away_is_asked_once_and_fails_nothing(
    settings: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    asked: list[object] = []

    def refuse(address: object, *_: object, **__: object) -> None:
        asked.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refuse)
    with outbox.transaction():
        tell("kapolsek", "kapolres", "kapolda")
    assert len(asked) == 1
    assert caplog.text.count("is not sent to") == 3
