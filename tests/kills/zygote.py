"""A process with Django loaded that forks a fresh one for each call, for tests to kill.

Started by `tests.kills.processes`. Reads one JSON request a line, forks, answers when the child
has started and when it has ended. It never opens a database itself: each child has its own.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import selectors
import signal
import sys
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

STEP = "policetube.step"


def main() -> None:
    import django

    django.setup()
    warm_up()
    say({"ready": os.getpid()})
    selector = selectors.DefaultSelector()
    selector.register(sys.stdin, selectors.EVENT_READ)
    while True:
        for key, _mask in selector.select():
            if key.fileobj is sys.stdin:
                line = sys.stdin.readline()
                if not line:
                    return
                request = json.loads(line)
                child = start(request)
                watched = os.pidfd_open(child)
                selector.register(watched, selectors.EVENT_READ, (request["id"], child))
                say({"started": request["id"], "pid": child})
            else:
                number, child = key.data
                selector.unregister(key.fileobj)
                os.close(key.fd)
                _pid, status = os.waitpid(child, 0)
                say({"ended": number, "code": os.waitstatus_to_exitcode(status)})


WANTED = (
    "cms.urls",
    "cms.publishing.pipeline",
    "cms.media.interface",
    "httpcore",
    "httpx",
    "tests.cms.factories",
    "tests.kills.points",
)


def warm_up() -> None:
    """What every child would otherwise do again; no connection, no thread."""
    import boto3
    from django.conf import settings

    from site_builder import assets, environment, look, patterns
    from site_builder.settings import Settings
    from tests import certificates

    for module in WANTED:
        importlib.import_module(module)
    certificates.read_once()
    # The default session keeps what it has read of the store's protocol.
    boto3.client("s3", region_name="us-east-1")
    # The builder's process keeps the templates that it has compiled for a site and its assets;
    # those of all houses are the same.
    site = Settings.checked(
        site_url=settings.SITE_BASE_URL,
        media_origin=settings.MEDIA_BASE_URL,
        language=settings.SITE_LANGUAGE,
    )
    built = assets.load()
    templates = environment.make(site, built)
    look.of(site, built, templates)
    for name in templates.list_templates():
        if name.removeprefix(environment.BUILT_IN + "/") != patterns.TEMPLATE:
            templates.get_template(name)
    # All of this stays: no child need look through it for what can go.
    gc.freeze()


def say(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


def start(request: dict[str, Any]) -> int:
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        # Its own group, so that a kill takes what it started along.
        os.setpgid(0, 0)
        # Nothing may mix with the answers.
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        with Path(request["log"]).open("ab") as log:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
        work(request)
        code = 0
    except BaseException:  # noqa: BLE001 - the child ends here, whatever it was
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return 0


def work(request: dict[str, Any]) -> None:
    settle_in(request["house"])
    seen: Counter[str] = Counter()
    fates = [
        (request[name], number)
        for name, number in (("kill", signal.SIGKILL), ("hold", signal.SIGSTOP))
        if request[name]
    ]

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event != STEP:
            return
        seen[args[0]] += 1
        for point, number in fates:
            if point == [args[0], seen[args[0]]]:
                os.kill(os.getpid(), number)

    module, _, name = request["call"].partition(":")
    function = getattr(importlib.import_module(module), name)
    sys.addaudithook(hook)
    result = function(*request["args"])
    answer = Path(request["answer"])
    part = answer.with_suffix(".part")
    part.write_text(json.dumps({"result": result, "steps": dict(seen)}))
    part.replace(answer)


def settle_in(house: dict[str, Any]) -> None:
    """Point Django at the house: its database, its buckets, its folder."""
    from django.conf import settings
    from django.core.signals import setting_changed
    from django.db import connections

    for name, value in house["settings"].items():
        setattr(settings, name, Path(value) if name.endswith("_DIR") else value)
    if "TASKS" in house["settings"]:
        # Which queue there is was looked up long ago.
        setting_changed.send(sender=None, setting="TASKS", value=settings.TASKS, enter=True)
    connections.databases["default"]["NAME"] = house["database"]


if __name__ == "__main__":
    main()
