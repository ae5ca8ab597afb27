"""What shares a platform goes to one worker, in one piece, and early."""

from __future__ import annotations

from tests.sharing import group, place


def test_all_that_drive_the_platform_share_one_worker() -> None:
    names = ("tests/e2e/test_preview.py::test_a", "tests/e2e/test_resilience.py::test_b[cms]")
    assert len({group(name) for name in names}) == 1


def test_houses_of_one_database_share_a_worker_and_the_other_database_has_its_own() -> None:
    soak = "tests/kills/soak/test_soak.py::test_a[postgresql]"
    uploads = "tests/kills/test_uploads.py::test_b[encoding-encode.claimed-postgresql]"
    other = "tests/kills/test_uploads.py::test_b[encoding-encode.claimed-sqlite]"
    assert group(soak) == group(uploads) != group(other)


def test_other_tests_share_a_worker_with_their_file() -> None:
    assert group("tests/docs/test_pages.py::test_a[x]") == group("tests/docs/test_pages.py::test_b")
    assert group("tests/docs/test_pages.py::test_a") != group("tests/docs/test_terms.py::test_a")


def test_long_groups_come_first_each_in_one_piece() -> None:
    names = [
        "tests/kills/test_uploads.py::test_b[x-sqlite]",
        "tests/docs/test_pages.py::test_a",
        "tests/kills/test_uploads.py::test_c[x-postgresql]",
        "tests/kills/test_releases.py::test_d[sqlite-x]",
        "tests/e2e/test_preview.py::test_a",
    ]
    ordered = sorted(names, key=place)
    assert [group(name) for name in ordered] == sorted(
        [group(name) for name in names],
        key=lambda name: ("e2e" not in name, "kills" not in name, name),
    )
