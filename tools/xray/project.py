"""Where the project's files are; everything that the program writes goes under ``build/``."""

from pathlib import Path

LOCAL_PARAMETERS = {
    # Callbacks of a cloud on this machine may go to receivers on this machine.
    "CallbackReach": "local",
    # Two processes read films; estimates reckon with them.
    "InferMaxConcurrency": "2",
    "HighMaxConcurrency": "2",
    # Everybody on this machine is its client.
    "AuthMode": "local",
    # And has as much as the machine holds.
    "ClientTasksPerMinute": "1000000",
    "MaxQueuedTasks": "100000",
    # More than this machine answers: what a burst meets here is the service and not the gateway.
    "RequestsPerSecond": "1000",
    "RequestBurst": "2000",
}


class ProjectMissing(Exception):
    """The program does not run from a checkout of the project."""


def project_root() -> Path:
    """The folder of ``template.yaml``.

    Raises:
        ProjectMissing: The program was installed without its checkout.
    """
    root = Path(__file__).resolve().parents[2]
    if not (root / "template.yaml").is_file():
        raise ProjectMissing(f"no template.yaml in {root}: install the checkout with 'make setup'")
    return root


def build_folder() -> Path:
    """Where the program writes."""
    return project_root() / "build"
