"""The page of a local cloud: its server, a receiver for callbacks, and leave to upload."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from xray.cloud import LocalCloud
from xray.receiver import Receiver
from xray.web.server import PageServer, PageSettings

_KEPT_CALLBACKS = 100  # the page asks the API for reports: nobody reads these


@contextmanager
def page_of(cloud: LocalCloud, port: int = 0) -> Iterator[PageServer]:
    """The page of a local cloud, with a receiver for its callbacks.

    Args:
        cloud: Started.
        port: Port to listen on, or 0 for any.

    Raises:
        CloudError: The port is taken.
    """
    with Receiver(keep=_KEPT_CALLBACKS) as receiver:
        settings = PageSettings(cloud.api_url, receiver.url("/callback"), cloud.endpoint_url, port)
        with PageServer(settings) as page:
            # As CorsOrigins does where the page's address is known before the deployment.
            _allow(cloud, page.origins)
            yield page


def _allow(cloud: LocalCloud, origins: Sequence[str]) -> None:
    """Let pages of these origins post films to presigned addresses, and follow links to results."""
    rule = {"AllowedOrigins": origins, "AllowedMethods": ["GET", "POST"], "AllowedHeaders": ["*"]}
    cloud.client("s3").put_bucket_cors(
        Bucket=cloud.outputs["FilmBucket"], CORSConfiguration={"CORSRules": [rule]}
    )
