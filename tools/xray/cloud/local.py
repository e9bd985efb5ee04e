"""The local cloud as a whole: emulator, stack, container functions, warm-up."""

import json
import os
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from xray.cloud import deployment
from xray.cloud import template as templates
from xray.cloud.emulator import REGION, ROOT_USER, Emulator
from xray.cloud.errors import CloudError
from xray.cloud.serving import ContainerFunction
from xray.cloud.warmup import warm_up

PYTHON_VARIABLE = "XRAY_CLOUD_PYTHON"
STACK = "xray"
_KEPT_RUNS = 10


def emulator_python(root: Path) -> Path:
    """The interpreter that the emulator is installed for.

    Args:
        root: The project's folder.
    """
    return Path(os.environ.get(PYTHON_VARIABLE) or root / ".venv-cloud/bin/python")


@dataclass(frozen=True)
class CloudSettings:
    """What a local cloud is made of.

    Attributes:
        root: Folder of ``template.yaml``; nothing is written outside its ``build``.
        parameters: Values for the template's parameters.
        port: Port to listen on, or 0 for any.
        workers: Processes of each container function, at least two.
        warm: How many requests at once find a process of the API that has already started.
        enforce_iam: Whether each function may do only what its role grants.
        variables: Further variables for the container functions.
        first_variables: Those of one process of each container function besides.
    """

    root: Path
    parameters: Mapping[str, str] = field(default_factory=dict)
    port: int = 0
    workers: int = 2
    warm: int = 10
    enforce_iam: bool = True
    variables: Mapping[str, str] = field(default_factory=dict)
    first_variables: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.workers < 2:
            raise ValueError("workers: SQS hands a function at least two events at once")


class LocalCloud:
    """A deployed template on this machine, from :meth:`start` to :meth:`stop`.

    Nothing outlives it: not when it is stopped, and not when its process is killed either.
    """

    def __init__(
        self, settings: CloudSettings, tell: Callable[[str], None] = lambda _: None
    ) -> None:
        """Prepare, without starting.

        Args:
            settings: What it is made of.
            tell: Told in a few words what is being done.

        Raises:
            CloudError: The emulator is not installed, or the port is taken.
        """
        self._settings = settings
        self._tell = tell
        runs = settings.root / "build/local-cloud"
        _prune(runs)
        self._run = runs / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}-{id(self):x}"
        self._emulator = Emulator(emulator_python(settings.root), self._run, settings.port)
        self._functions: list[ContainerFunction] = []
        self.outputs: Mapping[str, str] = {}

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> Self:
        """Start, deploy, load the models, warm up; then the service answers at full speed.

        Raises:
            CloudError: One of these failed; whatever had started is stopped again.
        """
        try:
            self._tell("starting the emulator")
            self._emulator.start(
                {
                    "AUTH": str(self._settings.enforce_iam).lower(),
                    "LAMBDA_EXECUTOR": "local",
                    "LAMBDA_WARM_TTL_SECONDS": "86400",  # what was warmed up stays so
                    "AWS_CONFIG_FILE": os.devnull,
                    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
                }
            )
            self._deploy()
            self._tell("warming up")
            warm_up(self, self._settings)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop everything; without effect when nothing runs."""
        for function in self._functions:
            function.close()
        self._functions = []
        self._emulator.stop()

    @property
    def endpoint_url(self) -> str:
        """Address of every AWS service."""
        return self._emulator.url

    @property
    def api_url(self) -> str:
        """Base address of the API; paths begin with ``/api/v1``."""
        api, stage = self.outputs["ApiId"], self.outputs["Stage"]
        return f"{self.endpoint_url}/_aws/execute-api/{api}/{stage}"

    @property
    def log(self) -> Path:
        """Folder of this run's logs: of the emulator with its functions, of each container."""
        return self._run

    @property
    def worker_pids(self) -> list[int]:
        """Process ids of the container functions' environments."""
        return sorted(pid for function in self._functions for pid in function.pids)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead any AWS SDK or tool here."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": ROOT_USER,
            "AWS_SECRET_ACCESS_KEY": ROOT_USER,
            "AWS_DEFAULT_REGION": REGION,
        }

    def client(self, service: str) -> Any:
        """A boto3 client of a service of this cloud.

        Args:
            service: Its name in boto3.
        """
        return self._emulator.client(service)

    def invoke(self, function: str, event: Any) -> Any:
        """Invoke a function and wait for its result.

        Args:
            function: The name of the output that names it.
            event: JSON.

        Raises:
            CloudError: The function failed.
        """
        answer = self.client("lambda").invoke(
            FunctionName=self.outputs[function], Payload=json.dumps(event)
        )
        body = answer["Payload"].read()
        if "FunctionError" in answer:
            raise CloudError(f"{function} failed: {body.decode(errors='replace')[:2000]}")
        return json.loads(body)

    def sweep(self) -> Any:
        """Run the sweeper now instead of waiting for its schedule.

        Returns:
            What it answered.
        """
        return self.invoke("RecoverFunction", {})

    def _deploy(self) -> None:
        root = self._settings.root
        template = templates.load_template(root / "template.yaml")
        templates.set_parameters(template, self._settings.parameters)
        self._tell("packing the functions")
        deployment.upload_sources(template, root, root / "build/packages", self.client)
        self._tell("deploying template.yaml")
        stack = deployment.create_stack(template, STACK, self.client)
        self.outputs = stack.outputs
        self._tell("loading the models")
        # The template writes the address that the API has on AWS.
        own = {"API_URL": self.api_url} if "ApiId" in self.outputs else {}
        for name, handler in templates.container_handlers(template, root).items():
            if name in stack.resources:
                function = ContainerFunction(
                    self._emulator, stack.resources[name], handler, self._run / f"{name}.log"
                )
                self._functions.append(function)
                settings = self._settings
                variables = {**own, **settings.variables}
                function.start(settings.workers, variables, settings.first_variables)


def _prune(runs: Path) -> None:
    """Keep the logs of the last runs; one that still runs has its scratch folder."""
    ended = [run for run in runs.glob("*") if run.is_dir() and not (run / "tmp").exists()]
    for run in sorted(ended)[:-_KEPT_RUNS]:
        shutil.rmtree(run, ignore_errors=True)
