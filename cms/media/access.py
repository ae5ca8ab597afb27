"""The least that the CMS needs at its buckets, as an AWS policy document."""

from __future__ import annotations

from typing import Any

from cms.media.storage import Bucket, bucket_name
from static_export.access import ARN, VERSION

# Originals are never overwritten, but files that were refused or given up are deleted.
KEPT = (Bucket.ORIGINALS, Bucket.STAGING, Bucket.MEDIA)


# Rights that SeaweedFS asks for, and yet refuses a document in which they stand by their names.
SEAWEEDFS = dict.fromkeys(
    ("s3:ListMultipartUploadParts", "s3:ListBucketMultipartUploads"), "s3:List*"
)


def for_seaweedfs(policy: dict[str, Any]) -> dict[str, Any]:
    """The same document in SeaweedFS's words."""
    statements = [
        {**one, "Action": [SEAWEEDFS.get(action, action) for action in one["Action"]]}
        for one in policy["Statement"]
    ]
    return {**policy, "Statement": statements}


def cms_policy() -> dict[str, Any]:
    """For web, workers and clock: their three buckets. Nothing of the site's, no bucket's rules."""
    names = [bucket_name(bucket) for bucket in KEPT]
    return {
        "Version": VERSION,
        "Statement": [
            {
                "Sid": "KeepMediaFiles",
                "Effect": "Allow",
                "Action": [
                    "s3:GetObject",
                    "s3:PutObject",
                    "s3:DeleteObject",
                    "s3:AbortMultipartUpload",
                    "s3:ListMultipartUploadParts",
                ],
                "Resource": [f"{ARN}{name}/*" for name in names],
            },
            {
                "Sid": "KnowWhatIsThere",
                "Effect": "Allow",
                "Action": ["s3:ListBucket", "s3:ListBucketMultipartUploads"],
                "Resource": [f"{ARN}{name}" for name in names],
            },
        ],
    }


def setup_policy() -> dict[str, Any]:
    """For whoever runs `setup_storage`: makes buckets, sets who may read and from where."""
    names = [bucket_name(bucket) for bucket in Bucket]
    return {
        "Version": VERSION,
        "Statement": [
            {
                "Sid": "SeeBuckets",
                "Effect": "Allow",
                "Action": ["s3:ListAllMyBuckets"],
                "Resource": ["*"],
            },
            {
                "Sid": "MakeBuckets",
                "Effect": "Allow",
                "Action": [
                    "s3:CreateBucket",
                    "s3:PutBucketPolicy",
                    "s3:PutBucketCORS",
                ],
                "Resource": [f"{ARN}{name}" for name in names],
            },
        ],
    }
