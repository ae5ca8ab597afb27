"""Pushes to other places than a folder, killed at their own steps: a release, a bucket."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.kills.houses import House
from tests.static_export.servers import serving
from tests.static_export.sites import small_site, video
from tests.static_export.test_netlify import SITE, TOKEN, Netlify, handler_of

RELEASE = ("push.locked", "release.announced", "release.sent", "release.ready", "push.unseen")
BUCKET = ("push.intended", "push.put", "push.deleted", "push.sharded", "push.live", "push.dropped")
REDUCTION = ("takedown.recorded", "release.announced", "release.ready", "release.reduced")
KILLED_AT = (*RELEASE, *BUCKET, *REDUCTION)


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


def bucket_push(prefix: str, dist: str) -> int:
    """Push to a folder of the site's bucket."""
    from cms.media.storage import Bucket, bucket_name

    keys = {
        "S3_ENDPOINT_URL": str(settings.S3_ENDPOINT_URL),
        "AWS_ACCESS_KEY_ID": settings.S3_ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": settings.S3_SECRET_ACCESS_KEY,
    }
    return push_to(f"s3://{bucket_name(Bucket.SITE)}/{prefix}", dist, keys)


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
    with serving(handler_of(netlify)) as url:
        keys = {
            "NETLIFY_API_URL": url,
            "NETLIFY_AUTH_TOKEN": TOKEN,
            "MEDIA_BASE_URL": "https://media.example.go.id",
        }
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


@pytest.mark.parametrize("builder", ["sqlite"], indirect=True)
@pytest.mark.parametrize("step", REDUCTION)
def test_a_page_is_taken_out_of_a_release_wherever_that_dies(
    house: House, tmp_path: Path, step: str
) -> None:
    netlify = Netlify()
    site = small_site(tmp_path / "dist", videos=2)
    with serving(handler_of(netlify)) as url:
        keys = {
            "NETLIFY_API_URL": url,
            "NETLIFY_AUTH_TOKEN": TOKEN,
            "MEDIA_BASE_URL": "https://media.example.go.id",
        }
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
def test_a_bucket_ends_as_the_build_says_wherever_a_push_dies(house: House, tmp_path: Path) -> None:
    site = small_site(tmp_path / "dist", videos=4)
    house.run(bucket_push, "www", str(site.write()))
    for number, step in enumerate(BUCKET):
        gone = video(number if number < 4 else number + 6) + "index.html"
        (site.folder / gone).unlink()
        del site.files[gone]
        site.files["index.html"] = f"<h1>Beranda {number}</h1>".encode()
        site.next().files[video(10 + number) + "index.html"] = b"<h1>Baru</h1>" * (number + 1)
        site.write()
        assert house.start(bucket_push, "www", str(site.folder), kill=(step, 1)).wait().killed
        house.run(bucket_push, "www", str(site.folder))
        assert house.run(in_bucket, "www") == texts(site.files)
    assert house.run(bucket_push, "www", str(site.folder)) == 0
