"""One publication on the running platform: from the editor's click to the bytes seen at the edge.

The whole embedded platform runs: web server, workers, store, edge. Its archive is made large behind
its back (`crowd.py`); when it has published that, drafts whose ladders lie in storage are published
and withdrawn one by one through the admin's own forms, over HTTP, as a browser does it. What counts
are the platform's own receipts: each page's change until its publication was read back, byte by
byte, at the edge; of a withdrawal also until the page and its files were seen to be gone from edge
and storage, and how long the page itself was there. The last withdrawals come while every page is
built and pushed anew, for the site has another name.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import httpx
from bs4 import BeautifulSoup

from bench import child
from bench.result import Result, machine
from tests.clips import cut
from tests.e2e.house import House, running_house, status_of

SMALL = 1_000
CLICKS = 21
BESIDE = 5  # of them, withdrawn while all pages are built and pushed
PAUSE = 1.7  # seconds between two clicks, so that they fall anywhere in the worker's rounds
LONGEST = 3_600.0  # seconds until an archive is live
BETWEEN = 4.0  # seconds between two withdrawals beside a push of all pages
STAGES = ("told", "numbered", "begun", "built", "uploaded", "verified")
NEITHER = frozenset({"submit", "button", "file", "reset", "image"})


def measure(folder: Path, size: int) -> Result:
    """Publish and withdraw in a site of a thousand videos and in one of `size`."""
    there = machine()
    figures: dict[str, float] = {"videos": size}
    for count in sorted({SMALL, size}):
        place = folder / str(count)
        place.mkdir()
        clip = cut(place / "rekaman.mp4", name="street-traffic.mp4", start=3, seconds=6)
        with running_house(place / "state", clip) as house:
            found = Newsroom(house).run(count, beside=BESIDE if count > SMALL else 0)
        figures |= {f"{count}_{name}": round(value, 3) for name, value in found.items()}
    ratios = {
        f"{name}_to_that_at_{SMALL}": round(
            figures[f"{size}_{name}_median"] / figures[f"{SMALL}_{name}_median"], 3
        )
        for name in ("published", "withdrawn")
    }
    return Result(name="chain", figures=figures, ratios=ratios, machine=there, rounds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """One click: on what, the node's last change before it, and when (Unix time)."""

    node: str
    before: int
    begun: float

    def until(self, moment: Callable[[str, int], str | None]) -> float:
        """Seconds until what `moment` says, which is waited for."""
        _wait(lambda: moment(self.node, self.before) is not None, 60)
        seen = datetime.fromisoformat(str(moment(self.node, self.before))).replace(tzinfo=UTC)
        return seen.timestamp() - self.begun


class Newsroom:
    """An editor at headquarters, and who looks at the clock."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._client = httpx.Client(base_url=house.cms, timeout=60, follow_redirects=True)

    def run(self, size: int, *, beside: int) -> child.Found:
        """Fill, wait, publish and withdraw, some of them beside a push of all pages; seconds."""
        given = {"state": str(self._house.state), "ready": self._house.ready}
        child.run("bench.crowd:archive", **given, size=size)
        begun = time.monotonic()
        _wait(lambda: self._is_told(size), LONGEST)
        filled = time.monotonic() - begun
        pages = child.run("bench.crowd:drafts", **given, count=CLICKS)
        self._log_in()
        keys = {name: int(pages[name]) for name in pages if name not in ("cpu", "memory")}
        published, stages = [], []
        for public_id, key in keys.items():
            node = f"video:{public_id}"
            clicked = self._click(node, lambda k=key: self._publish(k))  # type: ignore[misc]
            published.append(clicked.until(self._seen))
            stages.append(self._stages(clicked))
            time.sleep(PAUSE)
        withdrawn, gone = [], []
        for public_id in list(keys)[: len(keys) - beside]:
            clicked = self._withdraw(public_id, keys[public_id])
            withdrawn.append(max(clicked.until(self._seen), clicked.until(self._verified)))
            gone.append(clicked.until(self._gone))
            time.sleep(PAUSE)
        found = {
            "archive_seconds": filled,
            **_spread("published", published),
            **{
                f"published_{name}_median": median(one[name] for one in stages)
                for name in stages[0]
            },
            **_spread("withdrawn", withdrawn),
            **_spread("page_gone", gone),
        }
        if beside:
            last = list(keys)[len(keys) - beside :]
            found |= self._beside_everything({name: keys[name] for name in last}, given)
        self._client.close()
        return found

    def _beside_everything(self, keys: dict[str, int], given: dict[str, Any]) -> child.Found:
        """Withdraw at even distances while all pages are built and pushed, which is timed, too."""
        child.run("bench.crowd:renamed", **given)
        begun = time.monotonic()
        _wait(self._is_busy, 60)
        seconds, gone = [], []
        for public_id, key in keys.items():
            time.sleep(BETWEEN)
            clicked = self._withdraw(public_id, key)
            seconds.append(clicked.until(self._verified))
            gone.append(clicked.until(self._gone))
            if not self._is_busy():
                raise RuntimeError("All was live before the last withdrawal: measure a larger site")
        _wait(lambda: not self._is_busy(), LONGEST)
        return {
            "everything_seconds": time.monotonic() - begun,
            "withdrawn_beside_everything_median": median(seconds),
            "withdrawn_beside_everything_most": max(seconds),
            "page_gone_beside_everything_most": max(gone),
        }

    def _withdraw(self, public_id: str, key: int) -> Click:
        """Click, and look from outside when the page is said to be gone."""
        node = f"video:{public_id}"
        address = f"{self._house.site}{self._path(node)}"
        clicked = self._click(node, lambda: self._unpublish(key))
        clicked.until(self._gone)
        if status_of(address) not in (404, 410):
            raise RuntimeError(f"{address} is still there")
        return clicked

    def _is_busy(self) -> bool:
        """Whether something numbered is not live yet."""
        sequence, live = self._ask("SELECT sequence, live_sequence FROM publishing_loghead")
        return bool(live < sequence)

    def _stages(self, clicked: Click) -> child.Found:
        """Seconds from the click, and from stage to stage, until it was seen."""
        sequence, *moments = self._ask(
            "SELECT sequence, at, numbered_at FROM publishing_change WHERE node_id = ? "
            "AND sequence > ? ORDER BY sequence LIMIT 1",
            *(clicked.node, clicked.before),
        )
        moments += self._ask(
            "SELECT started_at, built_at, uploaded_at, seen_at FROM publishing_push "
            "WHERE sequence >= ? ORDER BY id LIMIT 1",
            sequence,
        )
        at = [clicked.begun]
        at += [datetime.fromisoformat(one).replace(tzinfo=UTC).timestamp() for one in moments]
        return {name: at[n + 1] - at[n] for n, name in enumerate(STAGES)}

    def _log_in(self) -> None:
        form = BeautifulSoup(self._client.get("/admin/login/").text, "html.parser")
        self._client.post(
            "/admin/login/",
            data=_fields(form) | {"username": "humas-mabes", "password": self._password()},
            headers={"Referer": self._house.cms},
        ).raise_for_status()

    def _password(self) -> str:
        return self._house.password("humas-mabes")

    def _publish(self, key: int) -> Callable[[], None]:
        address = f"/admin/pages/{key}/edit/"
        page = BeautifulSoup(self._client.get(address).text, "html.parser")
        fields = _fields(page.select_one("form#w-editor-form, form[data-edit-form]") or page)
        return lambda: self._send(address, fields | {"action-publish": "action-publish"})

    def _unpublish(self, key: int) -> Callable[[], None]:
        address = f"/admin/pages/{key}/unpublish/"
        page = BeautifulSoup(self._client.get(address).text, "html.parser")
        why = {"reason": "MISTAKE", "explanation": "Terbit terlalu dini."}
        return lambda: self._send(address, _fields(page) | why)

    def _send(self, address: str, fields: dict[str, Any]) -> None:
        answer = self._client.post(address, data=fields, headers={"Referer": self._house.cms})
        answer.raise_for_status()

    def _click(self, node: str, prepare: Callable[[], Callable[[], None]]) -> Click:
        """Do what `prepare` made ready, and look at the clock before."""
        before = self._last(node)
        click = prepare()
        begun = time.time()
        click()
        return Click(node=node, before=before, begun=begun)

    def _last(self, node: str) -> int:
        query = "SELECT coalesce(max(sequence), 0) FROM publishing_change WHERE node_id = ?"
        return int(self._ask(query, node)[0])

    def _seen(self, node: str, before: int) -> str | None:
        """When the node's change after `before` was seen at the edge."""
        row = self._ask(
            "SELECT seen_at FROM publishing_push WHERE sequence >= "
            "(SELECT min(sequence) FROM publishing_change WHERE node_id = ? AND sequence > ?) "
            "ORDER BY id LIMIT 1",
            *(node, before),
        )
        return row[0] if row else None

    def _verified(self, node: str, before: int) -> str | None:
        """When a withdrawn node's page and files were seen to be gone from edge and storage."""
        return self._of_takedown("verified_at", node)

    def _gone(self, node: str, before: int) -> str | None:
        """When its page answered 410 at the edge."""
        return self._of_takedown("page_gone_at", node)

    def _of_takedown(self, column: str, node: str) -> str | None:
        row = self._ask(f"SELECT {column} FROM publishing_takedown WHERE node_id = ?", node)
        return row[0] if row else None

    def _path(self, node: str) -> str:
        row = self._ask(
            "SELECT json_extract(coalesce(after, before), '$.path') FROM publishing_change "
            "WHERE node_id = ? ORDER BY sequence DESC LIMIT 1",
            node,
        )
        return str(row[0])

    def _is_told(self, size: int) -> bool:
        (told,) = self._ask("SELECT count(*) FROM publishing_publicstate")
        sequence, live = self._ask("SELECT sequence, live_sequence FROM publishing_loghead")
        (waiting,) = self._ask("SELECT count(*) FROM publishing_outboxrow")
        return bool(told > size and sequence == live and not waiting)

    def _ask(self, query: str, *values: object) -> Any:
        database = sqlite3.connect(
            f"file:{self._house.state / 'db.sqlite3'}?mode=ro", uri=True, timeout=60
        )
        try:
            return database.execute(query, values).fetchone()
        finally:
            database.close()


def _fields(form: Any) -> dict[str, Any]:
    """What a browser would send of a form that nobody filled in."""
    found: dict[str, Any] = {}
    for field in form.select("input[name], textarea[name], select[name]"):
        kind = field.get("type", "text")
        if field.name == "select":
            chosen = [one.get("value", "") for one in field.select("option[selected]")]
            found[field["name"]] = chosen if field.has_attr("multiple") else (chosen or [""])[0]
        elif field.name == "textarea":
            found[field["name"]] = field.text.removeprefix("\n")
        elif kind in ("checkbox", "radio"):
            if field.has_attr("checked"):
                found.setdefault(field["name"], []).append(field.get("value", "on"))
        elif kind not in NEITHER:
            found[field["name"]] = field.get("value", "")
    return found


def _spread(name: str, seconds: list[float]) -> child.Found:
    return {
        f"{name}_median": median(seconds),
        f"{name}_95th": quantiles(seconds, n=20, method="inclusive")[-1],
        f"{name}_most": max(seconds),
    }


def _wait(check: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        if time.monotonic() > deadline:
            raise RuntimeError(f"Not there after {seconds} s")
        time.sleep(0.02)
