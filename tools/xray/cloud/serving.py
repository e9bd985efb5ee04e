"""Serving a container function from its own handler, where its image would be run on AWS."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from xray.cloud.emulator import REGION, Emulator, clean_environment
from xray.cloud.environments import Environments, Function
from xray.cloud.front import Front

# ministack forwards the events of a function with this variable instead of running it.
_FORWARD_TO = "MINISTACK_LAMBDA_PROXY_URL"


class ContainerFunction:
    """One container function of the stack and the processes that serve it."""

    def __init__(self, emulator: Emulator, name: str, handler: Path, log: Path) -> None:
        """Prepare, without starting.

        Args:
            emulator: Where the function stands.
            name: The function's name there.
            handler: The file with its ``handler``.
            log: File for everything that its processes print.
        """
        self._emulator = emulator
        self._lambda = emulator.client("lambda")
        self._configuration = self._lambda.get_function_configuration(FunctionName=name)
        self._name = name
        self._handler = handler
        self._log = log
        self._front = Front(self._credentials)
        self._environments: Environments | None = None

    def start(self, workers: int, variables: Mapping[str, str], first: Mapping[str, str]) -> None:
        """Start the processes and lead the function's events to them.

        Args:
            workers: How many.
            variables: Variables beside the function's own.
            first: Variables of one of the processes besides.

        Raises:
            CloudError: The handler cannot be loaded.
        """
        own: dict[str, str] = self._configuration.get("Environment", {}).get("Variables", {})
        memory = int(self._configuration["MemorySize"])
        runtime = {
            "AWS_ENDPOINT_URL": self._emulator.url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_LAMBDA_FUNCTION_NAME": self._name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory),
            "LAMBDA_TASK_ROOT": str(self._handler.parent),
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": self._front.url,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }
        environment = clean_environment(**{**runtime, **own, **variables})
        function = Function(self._handler, environment, self._log, memory, first)
        self._environments = Environments(function, workers)
        self._front.serve(self._environments.invoke)
        self._lambda.update_function_configuration(
            FunctionName=self._name,
            Environment={"Variables": {**own, _FORWARD_TO: self._front.url}},
        )
        self._bound_concurrency(workers)

    @property
    def pids(self) -> list[int]:
        """Ids of the processes that live."""
        return self._environments.pids if self._environments else []

    def close(self) -> None:
        """Kill the processes."""
        if self._environments:
            self._environments.close()
        self._front.close()

    def _bound_concurrency(self, workers: int) -> None:
        """Let a queue hand out no more events than there are processes.

        Lambda starts a process for each; here an event would wait while its time runs out. Events
        of several queues share the processes: each waits until one of those before it has ended,
        and never for those that still stand in another queue.
        """
        mappings = self._lambda.list_event_source_mappings(FunctionName=self._name)
        for mapping in mappings["EventSourceMappings"]:
            self._lambda.update_event_source_mapping(
                UUID=mapping["UUID"], ScalingConfig={"MaximumConcurrency": workers}
            )

    def _credentials(self) -> dict[str, str]:
        granted: dict[str, Any] = self._emulator.client("sts").assume_role(
            RoleArn=self._configuration["Role"], RoleSessionName=self._name[:64]
        )["Credentials"]
        return {
            "AccessKeyId": granted["AccessKeyId"],
            "SecretAccessKey": granted["SecretAccessKey"],
            "Token": granted["SessionToken"],
            "Expiration": granted["Expiration"].isoformat(),
        }
