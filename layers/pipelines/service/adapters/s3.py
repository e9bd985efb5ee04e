"""Films and outcomes in an S3 bucket, under ``films/`` and ``outcomes/``."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from service.adapters.aws import answering
from service.ports import UploadForm

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef


class S3FilmStore:
    """The bucket; the keys say client, task and number, and nothing about a film."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put_film(self, key: str, film: bytes, media_type: str) -> None:
        """Store a film."""
        self._put(key, film, media_type)

    def upload_form(self, key: str, media_type: str, size: int, lifetime: timedelta) -> UploadForm:
        """A presigned POST: unlike a presigned PUT, it bounds the size."""
        with answering("storage"):
            made = self._client.generate_presigned_post(
                Bucket=self._bucket,
                Key=key,
                Fields={"Content-Type": media_type},
                Conditions=[{"Content-Type": media_type}, ["content-length-range", 1, size]],
                ExpiresIn=int(lifetime.total_seconds()),
            )
        return UploadForm(url=made["url"], fields=made["fields"])

    def get_head(self, key: str, size: int) -> bytes | None:
        """Fetch the first bytes."""
        part = f"bytes=0-{size - 1}"
        return self._read(lambda: self._client.get_object(Bucket=self._bucket, Key=key, Range=part))

    def copy_film(self, source: str, key: str) -> None:
        """Copy inside the bucket."""
        with answering("storage"):
            self._client.copy_object(
                Bucket=self._bucket, Key=key, CopySource={"Bucket": self._bucket, "Key": source}
            )

    def get_film(self, key: str) -> bytes | None:
        """Fetch a film."""
        return self._get(key)

    def delete_film(self, key: str) -> None:
        """Remove a film."""
        with answering("storage"):
            self._client.delete_object(Bucket=self._bucket, Key=key)

    def put_outcome(self, key: str, body: bytes, media_type: str = "application/json") -> None:
        """Store a callback's body, or an artefact."""
        self._put(key, body, media_type)

    def get_outcome(self, key: str) -> bytes | None:
        """Fetch a callback's body."""
        return self._get(key)

    def link(self, key: str, lifetime: timedelta) -> str:
        """A presigned address of an outcome."""
        with answering("storage"):
            return self._client.generate_presigned_url(
                "get_object",
                Params={"Bucket": self._bucket, "Key": key},
                ExpiresIn=int(lifetime.total_seconds()),
            )

    def check(self) -> None:
        """Ask for the bucket's head."""
        with answering("storage"):
            self._client.head_bucket(Bucket=self._bucket)

    def _put(self, key: str, body: bytes, media_type: str) -> None:
        with answering("storage"):
            self._client.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=media_type)

    def _get(self, key: str) -> bytes | None:
        return self._read(lambda: self._client.get_object(Bucket=self._bucket, Key=key))

    def _read(self, get: "Callable[[], GetObjectOutputTypeDef]") -> bytes | None:
        with answering("storage"):
            try:
                return get()["Body"].read()
            except self._client.exceptions.NoSuchKey:
                return None
