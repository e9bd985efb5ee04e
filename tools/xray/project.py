"""Where the project's files are; everything that the program writes goes under ``build/``."""

from pathlib import Path

# Callbacks of a cloud on this machine may go to receivers on this machine.
LOCAL_PARAMETERS = {"CallbackReach": "local"}


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
