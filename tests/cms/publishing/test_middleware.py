"""Unsafe requests run in one outer transaction."""

from __future__ import annotations

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory

from cms.publishing.middleware import OuterTransactionMiddleware
from content_models.models import Category

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def handle(method: str, view, **attributes) -> HttpResponse | None:
    middleware = OuterTransactionMiddleware(lambda request: HttpResponse())
    for name, value in attributes.items():
        setattr(view, name, value)
    return middleware.process_view(RequestFactory().generic(method, "/"), view, (), {})


def test_a_view_that_answers_500_changes_nothing() -> None:
    def view(request):
        Category.objects.create(name="Setengah jadi", slug="setengah-jadi")
        return HttpResponse(status=500)

    assert handle("POST", view).status_code == 500
    assert not Category.objects.exists()


def test_a_view_that_raises_changes_nothing() -> None:
    def view(request):
        Category.objects.create(name="Setengah jadi", slug="setengah-jadi")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        handle("POST", view)
    assert not Category.objects.exists()


def test_reading_opens_no_transaction() -> None:
    assert handle("GET", lambda request: HttpResponse()) is None


def test_a_view_may_manage_its_transactions_by_itself() -> None:
    assert handle("POST", lambda request: HttpResponse(), _non_atomic_requests={"default"}) is None


def test_a_posting_view_runs_inside_a_transaction() -> None:
    seen = []
    handle("POST", lambda request: seen.append(connection.in_atomic_block) or HttpResponse())
    assert seen == [True]


def test_a_guess_at_a_password_holds_no_lock_on_the_database(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    monkeypatch.setattr(
        "django.contrib.auth.backends.ModelBackend.authenticate",
        lambda *args, **kwargs: seen.append(connection.in_atomic_block),
    )
    client.post("/admin/login/", {"username": "siapa", "password": "tebakan"})
    assert seen == [False]
