"""Mails leave when what they speak of is committed, and nobody's turn to write waits for them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

logger = logging.getLogger(__name__)


class AfterCommitBackend(BaseEmailBackend):
    """Hands over to the backend `MAIL_BACKEND` after the commit, at once outside a transaction.

    What cannot be sent is logged: by then the work is done, and no mail may undo it.
    """

    def __init__(self, fail_silently: bool = False, **options: Any) -> None:
        super().__init__(fail_silently=fail_silently)
        self._options = options
        self._is_away = False

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Number of messages that are to be sent."""
        for message in email_messages:
            transaction.on_commit(partial(self._send, message), robust=True)
        return len(email_messages)

    def _send(self, message: EmailMessage) -> None:
        trouble: object = "the server is away"
        # Wagtail writes to many one by one: one wait for a server that is away is enough.
        if not self._is_away:
            try:
                get_connection(settings.MAIL_BACKEND, **self._options).send_messages([message])
            except SMTPException as error:
                trouble = error
            except OSError as error:
                trouble, self._is_away = error, True
            else:
                return
        logger.error("%r is not sent to %s: %s", message.subject, message.recipients(), trouble)
