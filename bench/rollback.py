"""Back to an earlier release of a bucket, beside the push that had replaced all its pages.

A real SeaweedFS holds a release of pages of 10 kB. A second replaces each of them, which is what a
new look does: that push is timed. A third withdraws some. Then the first is returned to, and it is
looked at what came back: all pages but those, and no page's bytes were sent.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from statistics import median

from bench import child
from bench.export import page, storing
from bench.result import Result, machine

WITHDRAWN = 20
LOOKED_AT = 500  # pages, evenly


def measure(folder: Path, count: int, rounds: int) -> Result:
    """A site of so many pages, in fresh buckets, as often."""
    there = machine()
    for sequence, (text, gone) in enumerate([(1, 0), (2, 0), (2, WITHDRAWN)], start=1):
        given = {"sequence": sequence, "text": text, "gone": gone}
        child.run("bench.export:write", folder=str(folder / str(sequence)), count=count, **given)
    found: list[child.Found] = []
    with storing(folder):
        for number in range(rounds):
            given = {"folder": str(folder), "bucket": f"bench-back-{number}"}
            found.append(child.run("bench.rollback:there_and_back", **given))
    figures: dict[str, float] = {"objects": count}
    figures |= {name: round(median(run[name] for run in found), 3) for name in found[0]}
    ratios = {"back_to_push": round(figures["back_seconds"] / figures["push_seconds"], 3)}
    return Result(name="rollback", figures=figures, ratios=ratios, machine=there, rounds=rounds)


def there_and_back(folder: str, bucket: str) -> child.Found:
    """Three pushes and the way back to the first, each in seconds."""
    from bench.export import _bucket
    from static_export import push, rollback

    _bucket(bucket)
    target, state = f"s3://{bucket}", Path(folder) / f"state-{bucket}"
    seconds: list[float] = []
    for sequence in ("1", "2", "3"):
        started = time.perf_counter()
        report = push(
            dist=Path(folder) / sequence, target=target, state=state, allow_mass_delete=True
        )
        seconds.append(time.perf_counter() - started)
    started = time.perf_counter()
    report = rollback(target=target, sequence=1, state=state, dist=Path(folder) / "3")
    back = time.perf_counter() - started
    if report.uploaded:
        raise RuntimeError(f"{len(report.uploaded)} pages were sent to come back to them")
    return {
        "first_push_seconds": seconds[0],
        "push_seconds": seconds[1],
        "withdrawal_seconds": seconds[2],
        "back_seconds": back,
        "restored": len(report.restored),
        "looked_at": _look(folder, bucket, len(report.restored)),
    }


def _look(folder: str, bucket: str, restored: int) -> int:
    """Read pages of all kinds back; how many."""
    import boto3

    client = boto3.client("s3", endpoint_url=os.environ["S3_ENDPOINT_URL"], region_name="us-east-1")
    total = restored + WITHDRAWN
    numbers = [*range(WITHDRAWN), *range(WITHDRAWN, total, max(1, total // LOOKED_AT))]
    for number in numbers:
        found = client.get_object(Bucket=bucket, Key=page(number))
        body, is_gone = found["Body"].read(), found["Metadata"]["policetube-status"] == "410"
        first = (Path(folder) / "1" / page(number)).read_bytes()
        if is_gone != (number < WITHDRAWN) or (body == first) == is_gone:
            raise RuntimeError(f"{page(number)} is not what it should be")
    return len(numbers)
