"""What each function is told by its environment: read once, validated, then frozen."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Self

from pydantic import BeforeValidator, ConfigDict, Field

from service.addresses import AddressPolicy, Reach
from service.authorize import AuthMode
from service.model import Model
from service.task import Priority


def _seconds(value: object) -> object:
    return timedelta(seconds=float(value)) if isinstance(value, str) else value


def _gaps(value: object) -> object:
    if isinstance(value, str):
        return tuple(timedelta(seconds=float(gap)) for gap in value.split(","))
    return value


def _words(value: object) -> object:
    return frozenset(filter(None, value.split(","))) if isinstance(value, str) else value


def _ports(value: object) -> object:
    if isinstance(value, str):
        return frozenset(int(port) for port in value.split(","))
    return value


Seconds = Annotated[timedelta, BeforeValidator(_seconds), Field(gt=timedelta())]
Gaps = Annotated[tuple[timedelta, ...], BeforeValidator(_gaps), Field(min_length=1)]
# Each is the delay of a message, of which SQS knows at most a quarter of an hour.
ShortGaps = Annotated[
    tuple[Annotated[timedelta, Field(le=timedelta(minutes=15))], ...],
    BeforeValidator(_gaps),
    Field(min_length=1),
]
Ports = Annotated[frozenset[int], BeforeValidator(_ports), Field(min_length=1)]


class _Environment(Model):
    """Variables of the environment. A field's variable is its name in capitals."""

    model_config = ConfigDict(frozen=True)

    @classmethod
    def load(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings.

        Args:
            environment: Usually ``os.environ``.

        Raises:
            pydantic.ValidationError: A variable is missing or malformed; the function cannot work.
        """
        return cls.model_validate(
            {
                name: environment[name.upper()]
                for name in cls.model_fields
                if name.upper() in environment
            }
        )


class CorsSettings(_Environment):
    """Whose pages may call the HTTP API: origins, or ``*`` for all; none by default."""

    cors_origins: Annotated[frozenset[str], BeforeValidator(_words)] = frozenset()


class Settings(_Environment):
    """What every function needs that has to do with films."""

    task_table: str
    film_bucket: str
    task_queue_url: str
    high_task_queue_url: str
    result_queue_url: str
    queue_patience_seconds: Seconds


class _CallingSettings(Settings):
    callback_reach: Reach
    callback_ports: Ports

    @property
    def addresses(self) -> AddressPolicy:
        """Which addresses of clients may be called."""
        return AddressPolicy(self.callback_reach, self.callback_ports)


class SubmitSettings(_CallingSettings):
    """For the HTTP API."""

    task_ttl_seconds: Seconds
    unsent_grace_seconds: Seconds
    worker_silence_seconds: Seconds
    infer_max_concurrency: int = Field(ge=1)
    high_max_concurrency: int = Field(ge=1)
    client_tasks_per_minute: int = Field(ge=1)
    max_queued_tasks: int = Field(ge=1)
    callback_function: str

    @property
    def places(self) -> dict[Priority, int]:
        """How many films of each priority are read at once."""
        return {
            Priority.NORMAL: self.infer_max_concurrency,
            Priority.HIGH: self.high_max_concurrency,
        }


class InferSettings(_CallingSettings):
    """For the reader of films.

    Attributes:
        fetch_schedule: The gap before each try to fetch a film.
        pipeline_models: Folder of the models, here or ``s3://bucket/prefix``; ``None`` for those
            that come with the function.
        model_memory_mb: How large the files of all loaded models may be together.
        callback_max_bytes: A larger callback has a link in place of its report.
        api_url: Base address of the HTTP API, for such links.
    """

    max_reads: int = Field(ge=1)
    fetch_schedule: ShortGaps
    pipeline_models: str | None = None
    model_memory_mb: float = Field(default=1024, gt=0)
    callback_max_bytes: int = Field(default=1_000_000, gt=0)
    api_url: str = Field(pattern=r"^https?://")


class CallbackSettings(_CallingSettings):
    """For the delivery of callbacks."""

    callback_schedule: Gaps
    callback_answer_seconds: Seconds = timedelta(seconds=30)
    webhook_secret_table: str


class RecoverSettings(Settings):
    """For the sweeper, and for what becomes of dead letters.

    Attributes:
        task_letters_arn: The dead-letter queue of the tasks.
        high_task_letters_arn: That of the tasks of high priority.
        result_letters_arn: That of the results.
    """

    max_reads: int = Field(ge=1)
    callback_schedule: Gaps
    task_letters_arn: str
    high_task_letters_arn: str
    result_letters_arn: str


class AuthorizeSettings(_Environment):
    """For the doorkeeper."""

    client_table: str
    auth_mode: AuthMode
