"""Whoever guesses passwords waits; whom he impersonates does not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.auth import get_user_model
from django.db.models import F
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django.fixtures import Settings

from cms.editorial.logins import client_address

pytestmark = pytest.mark.django_db

HERE, ELSEWHERE = "198.51.100.7", "203.0.113.9"


@pytest.fixture(autouse=True)
def editor() -> None:
    get_user_model().objects.create_superuser("humas", password="benar-sekali")


def try_login(password: str, *, address: str = HERE, name: str = "humas") -> HttpResponse:
    return Client(REMOTE_ADDR=address).post(
        reverse("wagtailadmin_login"), {"username": name, "password": password}
    )


def guess(times: int, *, address: str = HERE) -> list[int]:
    return [try_login(f"salah-{number}", address=address).status_code for number in range(times)]


def test_the_fifth_wrong_password_closes_the_door_for_a_while(settings: Settings) -> None:
    assert guess(5) == [200, 200, 200, 200, 429]
    refused = try_login("benar-sekali")
    assert refused.status_code == 429
    assert "tunggu 15 menit" in refused.content.decode()
    assert refused["Retry-After"] == "900"
    AccessAttempt.objects.update(attempt_time=F("attempt_time") - timedelta(minutes=16))
    assert try_login("benar-sekali").status_code == 302


def test_guesses_from_elsewhere_never_lock_the_owner_out() -> None:
    assert guess(9, address=ELSEWHERE)[-1] == 429
    assert try_login("benar-sekali").status_code == 302
    # Nor does the owner open the door for the other.
    assert try_login("benar-sekali", address=ELSEWHERE).status_code == 429


def test_one_account_under_attack_leaves_its_neighbours_alone() -> None:
    get_user_model().objects.create_superuser("kabid", password="juga-benar")
    guess(5)
    assert try_login("juga-benar", name="kabid").status_code == 302


def test_a_good_password_forgives_earlier_slips() -> None:
    assert guess(4) == [200] * 4
    assert try_login("benar-sekali").status_code == 302
    assert guess(4) == [200] * 4


def test_waiting_costs_no_password_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    guess(5)
    monkeypatch.setattr(
        "django.contrib.auth.backends.ModelBackend.authenticate",
        lambda *args, **kwargs: pytest.fail("hashed"),
    )
    assert try_login("benar-sekali").status_code == 429


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "1.2.3.4", HERE),
        (1, "1.2.3.4", "1.2.3.4"),
        # What stands left of our proxies' entries anybody may have written.
        (1, "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        (2, "6.6.6.6, 1.2.3.4, 10.0.0.1", "1.2.3.4"),
        (2, "1.2.3.4", HERE),
        (1, "nonsense", HERE),
        (1, "", HERE),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
    ],
)
def test_the_clients_address_is_what_our_proxies_saw(
    settings: Settings, proxies: int, forwarded: str, expected: str
) -> None:
    settings.PROXY_COUNT = proxies
    request = RequestFactory(REMOTE_ADDR=HERE).get("/", headers={"X-Forwarded-For": forwarded})
    assert client_address(request) == expected


def test_guesses_through_a_proxy_are_told_apart_by_address(settings: Settings) -> None:
    settings.PROXY_COUNT = 1
    url = reverse("wagtailadmin_login")
    words = {"username": "humas", "password": "salah"}
    far = {"X-Forwarded-For": ELSEWHERE}
    assert [Client().post(url, words, headers=far).status_code for _ in range(5)][-1] == 429
    near = {"X-Forwarded-For": HERE}
    right = words | {"password": "benar-sekali"}
    assert Client().post(url, right, headers=near).status_code == 302
