"""Multipart transfers into the bucket of originals: opened, signed for, listed, joined, ended."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from django.conf import settings

from cms.media.parts import Part
from cms.media.storage import Bucket, bucket_name, client, storage_errors


def open_transfer(key: str, content_type: str) -> str:
    """Begin a transfer; returns the store's name for it."""
    with storage_errors(f"beginning {key}"):
        begun = client().create_multipart_upload(
            Bucket=_bucket(), Key=key, ContentType=content_type
        )
    sys.audit("policetube.step", "upload.opened")
    return begun["UploadId"]


def signed_part(key: str, store_id: str, number: int, *, size: int, md5: str) -> str:
    """An address that takes exactly these bytes, for a while; `md5` in Base64.

    Length and checksum are signed: a store refuses a PUT that brings other headers than these, and
    one whose body does not have them.
    """
    return client().generate_presigned_url(
        "upload_part",
        Params={
            "Bucket": _bucket(),
            "Key": key,
            "UploadId": store_id,
            "PartNumber": number,
            "ContentLength": size,
            "ContentMD5": md5,
        },
        ExpiresIn=settings.MEDIA_UPLOAD_URL_SECONDS,
    )


def put_part(key: str, store_id: str, number: int, data: bytes, md5: str) -> None:
    """Send a part from here; `md5` in Base64."""
    with storage_errors(f"writing part {number} of {key}"):
        client().upload_part(
            Bucket=_bucket(),
            Key=key,
            UploadId=store_id,
            PartNumber=number,
            Body=data,
            ContentMD5=md5,
        )


def list_parts(key: str, store_id: str) -> list[Part] | None:
    """What the store has of a transfer; None if it knows no such transfer (any more)."""

    def listed() -> list[Part]:
        pages = (
            client()
            .get_paginator("list_parts")
            .paginate(Bucket=_bucket(), Key=key, UploadId=store_id)
        )
        return [
            Part(number=part["PartNumber"], size=part["Size"], etag=part["ETag"].strip('"'))
            for page in pages
            for part in page.get("Parts", [])
        ]

    with storage_errors(f"listing the parts of {key}"):
        return _known(listed)


def join(key: str, store_id: str, parts: list[Part]) -> bool:
    """Make the object of its parts; False if the store knows no such transfer (any more)."""

    def joined() -> bool:
        client().complete_multipart_upload(
            Bucket=_bucket(),
            Key=key,
            UploadId=store_id,
            MultipartUpload={
                "Parts": [{"PartNumber": part.number, "ETag": f'"{part.etag}"'} for part in parts]
            },
        )
        return True

    with storage_errors(f"joining the parts of {key}"):
        return bool(_known(joined))


def end_transfer(key: str, store_id: str) -> None:
    """Give up a transfer and the space of its parts; one that is gone is no error."""

    def ended() -> None:
        client().abort_multipart_upload(Bucket=_bucket(), Key=key, UploadId=store_id)

    with storage_errors(f"giving up {key}"):
        _known(ended)
    sys.audit("policetube.step", "upload.ended")


def _known(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "NoSuchUpload":
            return None
        raise


def _bucket() -> str:
    return bucket_name(Bucket.ORIGINALS)
