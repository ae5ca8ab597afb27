"""The least that each identity needs at a bucket, as AWS policy documents; any S3 knows those.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

from typing import Any

from static_export.errors import ExportError
from static_export.state import PRIVATE

VERSION = "2012-10-17"
ARN = "arn:aws:s3:::"
Policy = dict[str, Any]


def public_policy(address: str) -> Policy:
    """For the bucket of a target: anyone may get what they know the key of; nobody may list.

    Not what the exporter keeps beside a site: it names pages that are about to appear or gone. No
    denial, which would be the exporter's own, too. Raises `bad-target` for a part of a bucket, of
    which that cannot be said.
    """
    bucket, prefix = _place(address)
    if prefix:
        raise ExportError(
            "bad-target",
            f"{address}: what is kept beside a site cannot be left out of public reading there. "
            "Give the site a bucket of its own.",
        )
    return reading_policy(bucket)


def reading_policy(bucket: str) -> Policy:
    """The same for any bucket that is public as a whole."""
    return {
        "Version": VERSION,
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": "*",
                "Action": ["s3:GetObject"],
                "NotResource": [f"{ARN}{bucket}/*{PRIVATE}/*"],
            }
        ],
    }


def deployer_policy(address: str) -> Policy:
    """For whoever pushes: objects below the target and their names; nothing else anywhere."""
    bucket, prefix = _place(address)
    listing: Policy = {
        # An absent object answers 404 only to who may list, and `gc` lists.
        "Sid": "KnowWhatIsThere",
        "Effect": "Allow",
        "Action": ["s3:ListBucket"],
        "Resource": [f"{ARN}{bucket}"],
    }
    if prefix:
        listing["Condition"] = {"StringLike": {"s3:prefix": [f"{prefix}*"]}}
    return {
        "Version": VERSION,
        "Statement": [
            {
                "Sid": "KeepTheSite",
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
                "Resource": [f"{ARN}{bucket}/{prefix}*"],
            },
            listing,
        ],
    }


def _place(address: str) -> tuple[str, str]:
    bucket, _, prefix = address.removeprefix("s3://").partition("/")
    if not address.startswith("s3://") or not bucket:
        raise ExportError("bad-target", f"{address!r} is no bucket: give s3://bucket[/prefix].")
    return bucket, f"{prefix.strip('/')}/" if prefix.strip("/") else ""
