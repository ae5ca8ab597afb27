"""Pushes to other places than a folder, killed at their own steps: a release, a bucket."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.kills.houses import House
from tests.netlify.api import SITE, TOKEN, Netlify, handler_of
from tests.static_export.servers import serving
from tests.static_export.sites import small_site, video

RELEASE = (
    *("push.locked", "release.announced", "release.sent", "release.ready", "release.noted"),
    "push.unseen",
)
BUCKET = (
    *("push.intended", "push.kept", "push.put", "push.deleted", "push.forgotten"),
    *("push.shard_kept", "push.noted", "push.lost", "push.sharded", "push.live", "push.dropped"),
)
ROLLBACK = ("push.relinked", "push.restored")
REDUCTION = ("takedown.recorded", "release.announced", "release.ready", "release.reduced")
RETURN = ("release.returned",)
KILLED_AT = (*RELEASE, *BUCKET, *ROLLBACK, *REDUCTION, *RETURN)


def push_to(target: str, dist: str, environment: dict[str, str]) -> int:
    """Push a build as the command does; how many files were sent."""
    import static_export
    import static_export.targets.netlify as netlify

    netlify.PAUSE = 0.01
    os.environ.update(environment)
    pushed = static_export.push(
        dist=Path(dist), target=target, state=Path(dist).with_name("state"), allow_mass_delete=True
    )
    return len(pushed.uploaded)


def take_out(target: str, folder: str, environment: dict[str, str]) -> list[str]:
    """Take one page down; what is said to be left of it."""
    import static_export
    import static_export.targets.netlify as netlify

    netlify.PAUSE = 0.01
    os.environ.update(environment)
    withdrawal = static_export.Withdrawal(
        mark="x", keys=frozenset({video(1) + "index.html"}), epoch="epoch-one", sequence=2
    )
    done = static_export.takedown(
        targets=[target], withdrawals=[withdrawal], state=Path(folder) / "state"
    )
    return [one.seen for one in done.visible]


def go_back(target: str, folder: str, sequence: int, environment: dict[str, str]) -> int:
    """Return to an earlier release; how many files became what they were."""
    import static_export
    import static_export.targets.netlify as netlify

    netlify.PAUSE = 0.01
    os.environ.update(environment)
    done = static_export.rollback(target=target, sequence=sequence, state=Path(folder) / "state")
    return len(done.restored)


def bucket_push(prefix: str, dist: str) -> int:
    """Push to a folder of the site's bucket."""
    from cms.media.storage import Bucket, bucket_name

    keys = {
        "S3_ENDPOINT_URL": str(settings.S3_ENDPOINT_URL),
        "AWS_ACCESS_KEY_ID": settings.S3_ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": settings.S3_SECRET_ACCESS_KEY,
    }
    return push_to(f"s3://{bucket_name(Bucket.SITE)}/{prefix}", dist, keys)


def keys_of(netlify: Netlify) -> dict[str, str]:
    """What a push needs in its environment."""
    return {
        "NETLIFY_API_URL": netlify.url,
        "NETLIFY_AUTH_TOKEN": TOKEN,
        "MEDIA_BASE_URL": "https://media.example.go.id",
    }


def in_bucket(prefix: str) -> dict[str, str]:
    """Path → text of what a reader of the bucket gets."""
    from cms.media.storage import Bucket, list_keys, read

    return {
        key.removeprefix(f"{prefix}/"): b"".join(read(Bucket.SITE, key)).decode()
        for key in list_keys(Bucket.SITE, f"{prefix}/")
        if not key.startswith(f"{prefix}/.policetube")
    }


def texts(files: dict[str, bytes]) -> dict[str, str]:
    return {path: body.decode() for path, body in files.items()}


@pytest.mark.parametrize("builder", ["sqlite"], indirect=True)
@pytest.mark.parametrize("step", RELEASE)
def test_a_release_is_live_whole_or_not_at_all(house: House, tmp_path: Path, step: str) -> None:
    netlify = Netlify()
    site = small_site(tmp_path / "dist", videos=2)
    with serving(handler_of(netlify)) as netlify.url:
        keys = keys_of(netlify)
        rest: Any = (f"netlify:{SITE}", str(site.write()), keys)
        house.run(push_to, *rest)
        before = netlify.paths()
        site.next().files[video(7) + "index.html"] = b"<h1>Baru</h1>"
        site.files["index.html"] = b"<h1>Beranda baru</h1>"
        site.write()
        assert house.start(push_to, *rest, kill=(step, 1)).wait().killed
        assert netlify.paths() in (before, before | {video(7) + "index.html"})
        house.run(push_to, *rest)
        assert netlify.read("index.html") == b"<h1>Beranda baru</h1>"
        assert netlify.paths() == before | {video(7) + "index.html"}
        assert house.run(push_to, *rest) == 0


def after(number: int) -> int:
    """Which video goes in the round after: the first four, then those that came in the rounds."""
    return number + 1 if number < 3 else number + 7


@pytest.mark.parametrize("builder", ["sqlite"], indirect=True)
@pytest.mark.parametrize("step", REDUCTION)
def test_a_page_is_taken_out_of_a_release_wherever_that_dies(
    house: House, tmp_path: Path, step: str
) -> None:
    netlify = Netlify()
    site = small_site(tmp_path / "dist", videos=2)
    with serving(handler_of(netlify)) as netlify.url:
        keys = keys_of(netlify)
        target = f"netlify:{SITE}"
        house.run(push_to, target, str(site.write()), keys)
        before = netlify.paths()
        act = (take_out, target, str(tmp_path), keys)
        assert house.start(*act, kill=(step, 1)).wait().killed
        house.run(*act)
        assert netlify.paths() == before - {video(1) + "index.html"}
        # A build that does not know of it leaves it out, one that shows it again brings it back.
        house.run(push_to, target, str(site.folder), keys)
        assert netlify.paths() == before - {video(1) + "index.html"}
        house.run(push_to, target, str(site.next().write()), keys)
        assert netlify.paths() == before


@pytest.mark.parametrize("builder", ["sqlite"], indirect=True)
@pytest.mark.parametrize("step", RETURN)
def test_a_return_to_a_release_is_whole_wherever_it_dies(
    house: House, tmp_path: Path, step: str
) -> None:
    netlify = Netlify()
    site = small_site(tmp_path / "dist", videos=2)
    with serving(handler_of(netlify)) as netlify.url:
        keys = keys_of(netlify)
        target = f"netlify:{SITE}"
        house.run(push_to, target, str(site.write()), keys)
        first = site.files["index.html"]
        site.files["index.html"] = b"<h1>Kedua</h1>"
        house.run(push_to, target, str(site.next().write()), keys)
        act = (go_back, target, str(tmp_path), site.sequence - 1, keys)
        assert house.start(*act, kill=(step, 1)).wait().killed
        house.run(*act)
        assert netlify.read("index.html") == first
        house.run(push_to, target, str(site.folder), keys)
        assert netlify.read("index.html") == b"<h1>Kedua</h1>"


@pytest.mark.parametrize("builder", ["sqlite"], indirect=True)
def test_a_bucket_ends_as_the_build_says_wherever_a_push_dies(house: House, tmp_path: Path) -> None:
    site = small_site(tmp_path / "dist", videos=4)
    house.run(bucket_push, "www", str(site.write()))
    for number, step in enumerate(BUCKET):
        gone = video(after(number - 1)) + "index.html"
        (site.folder / gone).unlink()
        del site.files[gone]
        # It mentions what goes in the next round.
        site.files["index.html"] = f"<h1>Beranda {number}</h1>/{video(after(number))}".encode()
        site.next().files[video(10 + number) + "index.html"] = b"<h1>Baru</h1>" * (number + 1)
        site.write()
        assert house.start(bucket_push, "www", str(site.folder), kill=(step, 1)).wait().killed
        house.run(bucket_push, "www", str(site.folder))
        assert house.run(in_bucket, "www") == texts(site.files)
    assert house.run(bucket_push, "www", str(site.folder)) == 0


def rolled_back(target: str, state: str, sequence: int) -> int:
    """Return to an earlier release as the command does; how many files were restored."""
    import static_export

    report = static_export.rollback(target=target, sequence=sequence, state=Path(state))
    return len(report.restored)


@pytest.mark.parametrize("builder", ["sqlite"], indirect=True)
@pytest.mark.parametrize("step", ROLLBACK)
def test_a_rollback_that_dies_is_finished_by_the_next(
    house: House, tmp_path: Path, step: str
) -> None:
    edge, state = tmp_path / "edge", str(tmp_path / "state")
    site = small_site(tmp_path / "dist", videos=2)
    earlier = dict(site.files)
    house.run(push_to, f"file:{edge}", str(site.write()), {})
    for path in ("index.html", "about/index.html", video(1) + "index.html"):
        site.files[path] = b"<h1>Rusak</h1>"
    house.run(push_to, f"file:{edge}", str(site.next().write()), {})
    back = (f"file:{edge}", state, 1)
    assert house.start(rolled_back, *back, kill=(step, 2)).wait().killed
    house.run(rolled_back, *back)
    for path, body in earlier.items():
        assert (edge / path).read_bytes() == body
