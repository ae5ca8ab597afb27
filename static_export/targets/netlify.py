"""`netlify:SITE`: Netlify's file-digest deploys over its public API, version 1.

The digest of every file is announced, Netlify names those it lacks, those are sent, and the
deploy goes live whole. A killed push leaves a deploy that never goes live; what it had sent is
not asked for again.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import httpx

from static_export.errors import ExportError, TransientError
from static_export.retry import persistently

API = "https://api.netlify.com"
PATIENCE = 900.0  # seconds for Netlify to prepare, and then to publish, a deploy
PAUSE = 0.5  # seconds
PAGE = 1000


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
            timeout=60,
        )

    def published_title(self) -> str | None:
        deploy = self._json("GET", self._site).get("published_deploy")
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
    ) -> tuple[str, ...]:
        check()
        deploy = self._json(
            "POST",
            f"{self._site}/deploys",
            params={"title": title},
            json={"files": {f"/{path}": sha1 for path, sha1 in digests.items()}, "async": True},
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
        self._wait(deploy, {"ready"}, check)
        sys.audit("policetube.step", "release.ready")
        return tuple(required)

    def close(self) -> None:
        self._client.close()

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
            if deploy["state"] in {"error", "rejected"} or time.monotonic() > deadline:
                raise ExportError(
                    "target-failed",
                    f"{self.name}: deploy {deploy['id']} is {deploy['state']} "
                    f"({deploy.get('error_message') or 'no reason given'}). What was live still "
                    "is: push again.",
                )
            time.sleep(PAUSE)

    def _json(self, method: str, path: str, **request: Any) -> Any:
        return persistently(lambda: self._request(method, path, **request), f"{self.name}{path}")

    def _request(self, method: str, path: str, **request: Any) -> Any:
        try:
            response = self._client.request(method, path, **request)
        except httpx.TransportError as error:
            raise TransientError(str(error) or type(error).__name__) from error
        if response.status_code in {408, 429} or response.status_code >= 500:
            raise TransientError(f"Netlify answered {response.status_code}")
        if response.status_code in {401, 403}:
            raise ExportError(
                "bad-target", f"{self.name} refuses this NETLIFY_AUTH_TOKEN: make a new one."
            )
        if response.status_code >= 400:
            raise ExportError(
                "target-failed",
                f"{self.name}: {method} {path} answered {response.status_code} "
                f"({response.text[:200]}). Check the name of the site.",
            )
        return response.json()
