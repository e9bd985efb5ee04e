"""A LitServe server: one film in, the peaks of the maps out."""

import os
from typing import Any

import litserve
from fastapi import Request, UploadFile
from reading import predict


class Films(litserve.LitAPI):
    """Reads films."""

    def setup(self, device: str) -> None:
        """Prepare nothing."""

    def decode_request(self, request: Request) -> tuple[str, bytes]:
        """The form's fields; LitServe hands over the parsed form."""
        image: UploadFile = request["image"]
        return str(request["task_type"]), image.file.read()

    def predict(self, x: tuple[str, bytes]) -> list[list[int]]:
        """Read one film."""
        return predict(*x)

    def encode_response(self, output: list[list[int]]) -> dict[str, Any]:
        """The answer's body."""
        return {"peaks": output}


if __name__ == "__main__":
    workers = int(os.environ.get("PEER_WORKERS", "2"))
    server = litserve.LitServer(
        Films(max_batch_size=1), accelerator="cpu", workers_per_device=workers
    )
    server.run(port=int(os.environ["PEER_PORT"]), host="127.0.0.1", generate_client_file=False)
