"""After any edits, moves, withdrawals and crashes, incremental output equals a full build.

Editors, clocks, templates and assets change in any order, builds die between any two writes; then
the site is byte for byte what a first build makes of the same content, and nothing in it tells of
what is not public.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from site_builder import contexts, periods
from site_builder.search import cuts
from tests.site_builder.crashes import Killed, killed_at
from tests.site_builder.newsroom import Place, newsroom, publish
from tests.site_builder.test_crashes import is_former, without_history

NUMBERS = st.integers(0, 11)
MOMENTS = st.sampled_from(
    [
        "2026-06-30T16:59:59+00:00",
        "2026-06-30T17:00:00+00:00",
        "2026-07-15T02:00:00+00:00",
        "2026-07-15T02:00:00.000001+00:00",
        "2026-08-01T00:00:00+00:00",
    ]
)
TEXTS = st.sampled_from(["satu", "dua", "tiga", '<b>empat</b> & "lima"'])
URGENCIES = st.sampled_from(["NOTICE", "WARNING", "CRITICAL"])
SLUGS = st.sampled_from(["satu", "dua", "tiga"])
UNITS = ("mabes", "polda-bali", "polda-aceh", "polres-badung", "polres-gianyar", "polres-pidie")
# Addresses where pages come and go, and others.
SOURCES = st.sampled_from(
    [
        "/unit/polda-bali/",
        "/tag/satu/",
        "/category/dua/",
        "/archive/2026/07/",
        "/mudik/",
        "/lama.php",
    ]
)
PICK = st.integers(0, 1000)
YEARS = st.integers(-30, 10)
FIELDS = st.sampled_from(["title", "bodyHtml", "synopsis", "credit"])


class Newsroom(RuleBasedStateMachine):
    """Editors at work, builds in between, some of them killed."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp())
        self.api = newsroom(4)
        self.api.keeps_ledger = True
        self.place = Place(self.root / "site")
        self.comparisons = 0
        self.former: dict[str, set[str]] = {}
        self.perhaps: set[str] = set()  # built by one that died, before or after its last commit
        self.theme = self.root / "theme"
        shutil.copytree(self.place.templates, self.theme)
        self.place.templates = self.theme
        self.zone = os.environ.get("TZ")
        self.known: set[str] = set()  # marks of everything that was ever public

    def teardown(self) -> None:
        try:
            self.build()
        finally:
            set_zone(self.zone)
            shutil.rmtree(self.root)

    def pick(self, names: Any, number: int) -> Any:
        ordered = sorted(names)
        return ordered[number % len(ordered)]

    @initialize()
    def first_build(self) -> None:
        self.place.build(self.api)
        self.remember()

    @rule(number=NUMBERS, at=MOMENTS, unit=PICK, label=PICK, text=TEXTS)
    def publish(self, number: int, at: str, unit: int, label: int, text: str) -> None:
        publish(
            self.api,
            number,
            publishedAt=at,
            updatedAt=at,
            title=text,
            unit=self.pick(self.api.units, unit),
            categories=sorted(self.api.categories)[: label % 3],
            tags=sorted(self.api.tags)[label % 2 : label % 4],
        )

    @precondition(lambda self: self.api.videos)
    @rule(number=PICK, text=TEXTS, field=FIELDS)
    def edit(self, number: int, text: str, field: str) -> None:
        self.api.put_video(self.pick(self.api.videos, number), **{field: text})

    @precondition(lambda self: self.api.videos)
    @rule(number=PICK, slug=SLUGS)
    def change_slug(self, number: int, slug: str) -> None:
        self.api.put_video(self.pick(self.api.videos, number), slug=slug)

    @precondition(lambda self: self.api.videos)
    @rule(number=PICK, at=MOMENTS)
    def redate(self, number: int, at: str) -> None:
        self.api.put_video(self.pick(self.api.videos, number), publishedAt=at)

    @precondition(lambda self: self.api.videos)
    @rule(number=PICK, unit=PICK)
    def refile(self, number: int, unit: int) -> None:
        video = self.pick(self.api.videos, number)
        self.api.put_video(video, unit=self.pick(self.api.units, unit))

    @precondition(lambda self: self.api.videos)
    @rule(number=PICK)
    def unpublish(self, number: int) -> None:
        self.api.remove_video(self.pick(self.api.videos, number))

    @precondition(lambda self: self.api.videos)
    @rule(number=PICK, text=TEXTS)
    def withdraw(self, number: int, text: str) -> None:
        reason = {"code": "PRIVACY", "label": "Privasi", "explanation": text}
        self.api.remove_video(self.pick(self.api.videos, number), reason)

    @rule(text=TEXTS, urgency=URGENCIES)
    def announce(self, text: str, urgency: str) -> None:
        self.api.announce(text, urgency=urgency)

    @rule()
    def end_the_announcement(self) -> None:
        self.api.announce()

    @rule(number=NUMBERS, at=MOMENTS, unit=PICK, label=PICK, text=TEXTS)
    def tell(self, number: int, at: str, unit: int, label: int, text: str) -> None:
        """Publish a story, or publish it again with other words, videos, unit and slug."""
        self.api.put_story(
            f"7s{number}",
            publishedAt=at,
            updatedAt=at,
            title=text,
            slug=f"berita-{label % 3}",
            unit=self.pick(self.api.units, unit),
            categories=sorted(self.api.categories)[: label % 3],
            tags=sorted(self.api.tags)[label % 2 : label % 4],
            videos=sorted(self.api.videos)[label % 3 : label % 5],
        )

    @precondition(lambda self: self.api.stories)
    @rule(number=PICK)
    def withdraw_story(self, number: int) -> None:
        self.api.remove_story(self.pick(self.api.stories, number))

    @rule(unit=PICK, text=TEXTS)
    def rename_unit(self, unit: int, text: str) -> None:
        self.api.rename_unit(self.pick(self.api.units, unit), text)

    @rule(unit=PICK, parent=PICK)
    def move_unit(self, unit: int, parent: int) -> None:
        code = self.pick(self.api.units, unit)
        above = self.pick(self.api.units, parent)
        if code != "mabes" and above not in self.api.below(code):
            self.api.move_unit(code, above)

    @rule(unit=PICK)
    def remove_unit(self, unit: int) -> None:
        code = self.pick(self.api.units, unit)
        if code != "mabes":
            self.api.remove_unit(code)

    @rule(unit=PICK, parent=PICK, level=st.sampled_from(["POLDA", "POLRES"]))
    def add_unit(self, unit: int, parent: int, level: str) -> None:
        code = self.pick(UNITS, unit)
        if code not in self.api.units:
            self.api.put_unit(code, parent=self.pick(self.api.units, parent), level=level)

    @rule(unit=PICK)
    def restrict_unit(self, unit: int) -> None:
        code = self.pick(self.api.units, unit)
        if code != "mabes":
            self.api.restrict_unit(code)

    @precondition(lambda self: self.api.restricted)
    @rule(number=PICK)
    def lift_restriction(self, number: int) -> None:
        self.api.lift_restriction(self.pick(self.api.restricted, number))

    @rule(slug=SLUGS, text=TEXTS)
    def put_tag(self, slug: str, text: str) -> None:
        self.api.put_tag(slug, name=text)

    @rule(slug=SLUGS, text=TEXTS)
    def put_category(self, slug: str, text: str) -> None:
        self.api.put_category(slug, name=text)

    @precondition(lambda self: self.api.tags)
    @rule(number=PICK)
    def remove_tag(self, number: int) -> None:
        self.api.remove_tag(self.pick(self.api.tags, number))

    @precondition(lambda self: self.api.categories)
    @rule(number=PICK)
    def remove_category(self, number: int) -> None:
        self.api.remove_category(self.pick(self.api.categories, number))

    @rule(source=SOURCES, goal=st.sampled_from(["/unit/mabes/", "https://example.org/satu"]))
    def put_redirect(self, source: str, goal: str) -> None:
        self.api.put_redirect(source, goal)

    @precondition(lambda self: self.api.redirects)
    @rule(number=PICK)
    def remove_redirect(self, number: int) -> None:
        key = self.pick(self.api.redirects, number)
        self.api.remove_redirect(self.api.redirects[key]["from"])

    @rule(text=TEXTS, field=st.sampled_from(["name", "aboutHtml"]))
    def edit_site(self, text: str, field: str) -> None:
        self.api.edit_site(**{field: text})

    @rule(name=st.sampled_from(["watch.html", "parts.html", "tag.html"]), text=SLUGS)
    def edit_template(self, name: str, text: str) -> None:
        source = (Place(self.root / "unused").templates / name).read_text(encoding="utf-8")
        (self.theme / name).write_text(f"{source}\n{{# {text} #}}", encoding="utf-8")

    @rule(name=st.sampled_from(["site.css", "fonts/a.woff2"]), text=TEXTS)
    def edit_asset(self, name: str, text: str) -> None:
        assert self.place.assets
        file = self.place.assets / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")

    @rule(name=st.sampled_from(["site.css", "fonts/a.woff2"]))
    def remove_asset(self, name: str) -> None:
        assert self.place.assets
        (self.place.assets / name).unlink(missing_ok=True)

    @rule(zone=st.sampled_from(["Asia/Jayapura", "America/Los_Angeles", "UTC"]), years=YEARS)
    def turn_the_clock(self, zone: str, years: int) -> None:
        """Another zone, and every file of ours older or newer than it is."""
        set_zone(zone)
        then = time.time() + years * 365 * 86400
        for folder in (self.place.root, self.theme):
            for path in folder.rglob("*"):
                if path.is_file():
                    os.utime(path, (then, then))

    @rule(moment=st.integers(0, 60))
    def build_and_die(self, moment: int) -> None:
        try:
            with killed_at(moment):
                self.place.build(self.api)
            self.remember()
        except Killed:
            self.known |= self.marks()
            self.perhaps |= {path for _, path in self.paths()}

    @rule()
    def build(self) -> None:
        self.place.build(self.api)
        self.remember()
        self.comparisons += 1
        fresh = Place(
            self.root / f"fresh-{self.comparisons}",
            templates=self.theme,
            assets=self.place.assets,
        )
        fresh.build(self.api)
        assert without_history(self.place) == without_history(fresh)
        self.compare_history()
        self.hunt()
        before = self.place.files()
        again = self.place.build(self.api, full=True)
        assert again.written == again.removed == ()
        assert self.place.files() == before

    def hunt(self) -> None:
        """Of nothing that is not public is there a path or a word in any file."""
        hidden = self.known - self.marks()
        for path, content in self.place.files().items():
            if path.startswith("manifest"):
                continue  # names former paths and redirects by design: `compare_history`
            text = f"/{path}\n{content.decode(errors='replace')}"
            assert not [mark for mark in hidden if mark in text], path

    def marks(self) -> set[str]:
        """What stands in every address of whatever is public now."""
        kinds = ("unit", "category", "tag")
        nodes = (self.api.units, self.api.categories, self.api.tags)
        listed = {
            f"/{kind}/{key}/" for kind, keys in zip(kinds, nodes, strict=True) for key in keys
        }
        listed |= {f"/{page}/{key}/" for page in ("video", "embed") for key in self.api.videos}
        return listed | {f"/story/{key}/" for key in self.api.stories}

    def remember(self) -> None:
        self.known |= self.marks()
        for public_id, path in self.paths():
            self.former.setdefault(public_id, set()).add(path)

    def paths(self) -> list[tuple[str, str]]:
        return [
            (key, f"/{kind}/{key}/{one['slug']}/")
            for kind, nodes in (("video", self.api.videos), ("story", self.api.stories))
            for key, one in nodes.items()
        ]

    def compare_history(self) -> None:
        current = dict(self.paths())
        sure = set().union(*self.former.values())
        redirects, gone = self.place.redirects(), set(self.place.gone())
        for public_id, paths in self.former.items():
            for path in paths:
                if public_id not in current:
                    assert path in gone
                elif path != current[public_id]:
                    assert redirects.pop(path) == current[public_id]
                gone.discard(path)
        former = {source: to for source, to in redirects.items() if is_former(source)}
        assert former.keys() | gone <= self.perhaps - sure
        assert all(target in current.values() for target in former.values())


def set_zone(zone: str | None) -> None:
    """Where the clocks of this process stand."""
    if zone is None:
        os.environ.pop("TZ", None)
    else:
        os.environ["TZ"] = zone
    time.tzset()


def test_any_history_of_edits_and_crashes_ends_as_a_full_build_would(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`HISTORY_SEED=…` tells the histories of an earlier run again, `SOAK=1` tells more of them."""
    for name in ("LATEST", "LATEST_OF_SUBJECT", "IN_FEED", "NEWEST_LINES", "RELATED"):
        monkeypatch.setattr(contexts, name, 2)
    # Half of the videos begin a part of the search index, an eighth a volume of three at most.
    for name, value in (("PART", 1), ("VOLUME", 3), ("MOST", 3)):
        monkeypatch.setattr(cuts, name, value)
    # Months and days are divided from the third publication on.
    monkeypatch.setattr(periods, "MOST", 2)
    monkeypatch.setattr(periods, "MOST_IN_SITEMAP", 3)
    number = int(os.environ.get("HISTORY_SEED") or secrets.randbits(32))
    histories = settings(
        max_examples=200 if os.environ.get("SOAK") else 12,
        stateful_step_count=20,
        deadline=None,
        database=None,
        phases=[Phase.generate],  # shrinking a history of builds takes longer than reading it
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(seed(number)(Newsroom), settings=histories)
    except BaseException as error:
        error.add_note(f"HISTORY_SEED={number} tells this history again")
        raise
