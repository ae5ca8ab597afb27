"""`netlify:SITE`: Netlify's file-digest deploys over its public API, version 1.

The digest of every file is announced, Netlify names those it lacks, those are sent, and the
deploy goes live whole. A killed push leaves a deploy that never goes live; what it had sent is
not asked for again. Each deploy has an address of its own for ever, so withdrawing means deleting.
https://open-api.netlify.com/
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx

from static_export.errors import ExportError, TransientError
from static_export.paths import url_path
from static_export.retry import persistently
from static_export.targets.base import Released
from static_export.tls import trusted

API = "https://api.netlify.com"
PATIENCE = 900.0  # seconds for Netlify to prepare, and then to publish, a deploy
PAUSE = 0.5  # seconds
TIMEOUT = 60.0  # seconds for one answer
PAGE = 1000
# Of lists of deploys; Netlify gives no more at once.
FEW = 100
# Whoever is told to wait longer is told when to come back instead: others wait for this push.
LONGEST_WAIT = 30.0  # seconds
# Deploys that can still go live, and those that never will and show nothing.
UNDER_WAY = frozenset(
    {"new", "pending_review", "enqueued", "building", "preparing", "prepared"}
    | {"uploading", "uploaded", "processing", "processed", "retrying"}
)
DEAD = frozenset({"error", "rejected"})


class NetlifyTarget:
    """One site of Netlify, by ID or domain."""

    parallel = 8

    def __init__(self, site: str, *, token: str, media_origin: str, api: str = API) -> None:
        self.name = f"netlify:{site}"
        self.media_origin = media_origin
        self._site = f"/sites/{quote(site, safe='')}"
        self._client = httpx.Client(
            base_url=f"{api.rstrip('/')}/api/v1",
            headers={"Authorization": f"Bearer {token}", "User-Agent": "policetube-static-export"},
            timeout=TIMEOUT,
            verify=trusted(),
        )
        # Deploys are looked at as anybody would: no token goes to what serves them.
        self._anybody = httpx.Client(
            timeout=30, headers={"Accept-Encoding": "identity"}, verify=trusted()
        )

    def published_title(self) -> str | None:
        deploy = self._published()
        return deploy.get("title") if deploy else None

    def published_digests(self) -> dict[str, str]:
        found: dict[str, str] = {}
        page = 1
        while True:
            params = {"page": page, "per_page": PAGE}
            files = self._json("GET", f"{self._site}/files", params=params)
            some = {str(file["path"]).lstrip("/"): str(file["sha"]) for file in files}
            # Pages may be shorter than was asked for; one that says nothing new is beyond the last.
            if some.keys() <= found.keys():
                return found
            found |= some
            page += 1

    def release(
        self,
        title: str,
        digests: Mapping[str, str],
        read: Callable[[str], bytes],
        check: Callable[[], None],
        *,
        draft: bool = False,
    ) -> Released:
        check()
        files = {f"/{path}": sha1 for path, sha1 in digests.items()}
        deploy = self._json(
            "POST",
            f"{self._site}/deploys",
            params={"title": title},
            json={"files": files, "async": True, **({"draft": True} if draft else {})},
        )
        sys.audit("policetube.step", "release.announced")
        deploy = self._wait(deploy, {"prepared", "uploading", "uploaded", "ready"}, check)
        by_digest = {sha1: path for path, sha1 in digests.items()}
        required = [by_digest[sha1] for sha1 in deploy.get("required") or () if sha1 in by_digest]

        def send(path: str) -> None:
            check()
            self._json(
                "PUT",
                f"/deploys/{deploy['id']}/files/{quote(path)}",
                content=read(path),
                headers={"Content-Type": "application/octet-stream"},
            )
            sys.audit("policetube.step", "release.sent")

        with ThreadPoolExecutor(max_workers=self.parallel) as pool:
            list(pool.map(send, required))
        deploy = self._wait(deploy, {"ready"}, check)
        sys.audit("policetube.step", "release.ready")
        return Released(deploy=str(deploy["id"]), url=_address(deploy), sent=tuple(required))

    def deploys_holding(self, paths: Collection[str]) -> tuple[str, ...]:
        """Asks each deploy at its own address; one under way counts as holding everything."""
        live = self._published()
        found = [deploy for deploy in self._deploys() if not live or deploy["id"] != live["id"]]

        def holds(deploy: dict[str, Any]) -> bool:
            if deploy.get("state") in DEAD:
                return False
            if deploy.get("state") in UNDER_WAY:
                return True
            return any(self._answers(_address(deploy), path) for path in paths)

        with ThreadPoolExecutor(max_workers=self.parallel) as pool:
            told = list(pool.map(holds, found))
        return tuple(
            str(deploy["id"]) for deploy, is_held in zip(found, told, strict=True) if is_held
        )

    def stranded(self, before: float) -> tuple[tuple[str, str], ...]:
        return tuple(
            (str(deploy["id"]), str(deploy.get("title") or ""))
            for deploy in self._deploys()
            if deploy.get("state") in UNDER_WAY | DEAD and _announced(deploy) < before
        )

    def delete_deploy(self, deploy: str) -> None:
        self._json("DELETE", f"/deploys/{quote(deploy, safe='')}", absent_is_fine=True)

    def read_from(self, url: str, path: str) -> bytes | None:
        response = persistently(lambda: self._look("GET", url, path), f"{url}/{path}")
        return response.content if response.status_code == 200 else None

    def close(self) -> None:
        self._client.close()
        self._anybody.close()

    def _published(self) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self._json("GET", self._site).get("published_deploy")
        return found

    def _deploys(self) -> Iterator[dict[str, Any]]:
        """Every one that the site has, drafts among them."""
        seen: set[str] = set()
        page = 1
        while True:
            params = {"page": page, "per_page": FEW}
            some = self._json("GET", f"{self._site}/deploys", params=params)
            fresh = [deploy for deploy in some if deploy["id"] not in seen]
            if not fresh:
                return
            seen |= {deploy["id"] for deploy in fresh}
            yield from fresh
            page += 1

    def _answers(self, url: str, path: str) -> bool:
        """Whether a deploy shows anything for a file: not 404, 410 or a redirect."""
        response = persistently(lambda: self._look("HEAD", url, path), f"{url}/{path}")
        return response.is_success

    def _look(self, method: str, url: str, path: str) -> httpx.Response:
        try:
            response = self._anybody.request(method, url + url_path(path))
        except httpx.TransportError as error:
            raise TransientError(str(error) or type(error).__name__) from error
        if response.status_code in {408, 429} or response.status_code >= 500:
            raise TransientError(f"{url} answered {response.status_code}", wait=_asked(response))
        return response

    def _wait(
        self, deploy: dict[str, Any], states: set[str], check: Callable[[], None]
    ) -> dict[str, Any]:
        """Ask for the deploy until it is in one of `states`."""
        deadline = time.monotonic() + PATIENCE
        while True:
            check()
            deploy = self._json("GET", f"/deploys/{deploy['id']}")
            if deploy["state"] in states:
                return deploy
            if deploy["state"] in DEAD or time.monotonic() > deadline:
                raise ExportError(
                    "target-failed",
                    f"{self.name}: deploy {deploy['id']} is {deploy['state']} "
                    f"({deploy.get('error_message') or 'no reason given'}). What was live still "
                    "is: push again.",
                )
            time.sleep(PAUSE)

    def _json(self, method: str, path: str, **request: Any) -> Any:
        return persistently(lambda: self._request(method, path, **request), f"{self.name}{path}")

    def _request(
        self, method: str, path: str, *, absent_is_fine: bool = False, **request: Any
    ) -> Any:
        try:
            response = self._client.request(method, path, **request)
        except httpx.TransportError as error:
            raise TransientError(str(error) or type(error).__name__) from error
        if response.status_code in {408, 429} or response.status_code >= 500:
            raise self._later(response)
        if response.status_code == 422:
            # Bytes that are not those of the digest, or half of a list: spoilt on the way.
            raise TransientError(f"Netlify does not understand it ({response.text[:200]})")
        if response.status_code in {401, 403}:
            raise ExportError(
                "bad-target", f"{self.name} refuses this NETLIFY_AUTH_TOKEN: make a new one."
            )
        if response.status_code == 404 and absent_is_fine:
            return None
        if response.status_code >= 400:
            raise ExportError(
                "target-failed",
                f"{self.name}: {method} {path} answered {response.status_code} "
                f"({response.text[:200]}). Check the name of the site.",
            )
        if method in {"PUT", "DELETE"}:
            return None
        try:
            return response.json()
        except ValueError as error:
            raise TransientError("half of the answer is missing") from error

    def _later(self, response: httpx.Response) -> Exception:
        """Netlify says how many deploys an account may make, and when it takes the next."""
        wait = _asked(response)
        if wait <= LONGEST_WAIT:
            return TransientError(f"Netlify answered {response.status_code}", wait=wait)
        at = datetime.fromtimestamp(time.time() + wait, UTC).isoformat(timespec="seconds")
        return ExportError(
            "target-failed",
            f"{self.name} takes nothing more before {at}: the account has used up what it may "
            "ask for. What was live still is: push again then.",
        )


def _address(deploy: Mapping[str, Any]) -> str:
    """Where anybody can see a deploy, for ever."""
    return str(deploy.get("deploy_ssl_url") or deploy.get("deploy_url") or "").rstrip("/")


def _announced(deploy: Mapping[str, Any]) -> float:
    """When a deploy was made, Unix time."""
    return datetime.fromisoformat(str(deploy["created_at"])).timestamp()


def _asked(response: httpx.Response) -> float:
    """Seconds that an answer asks to wait: Retry-After (RFC 9110 §10.2.3), or until a reset."""
    after = response.headers.get("Retry-After", "")
    if after.isdigit():
        return float(after)
    reset = response.headers.get("X-RateLimit-Reset", "")
    if response.status_code == 429 and reset.isdigit():
        # Unix time.
        return max(0.0, float(reset) - time.time())
    return 0.0
