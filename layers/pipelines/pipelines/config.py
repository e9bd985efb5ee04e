"""What can be tuned of a module: the values of its ``config.toml``, or a model's own for them.

Beside the code of each module stands a ``config.toml`` with one table, named after the module. The
folder of a model may hold one of the same form, with tables of the modules that read the model:
each value there stands instead of the module's.
"""

import inspect
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.errors import ModelInvalid

CONFIG = "config.toml"

Share = Annotated[float, Field(gt=0, lt=1)]
"""A probability or a part of a whole, neither nothing nor all."""


class Config(BaseModel):
    """The values of a module; each has its own in a class beside its ``config.toml``."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


Values = TypeVar("Values", bound=Config)


def read_config(
    kind: type[Values], model: Path | None = None, readers: Sequence[str] = ()
) -> Values:
    """Read the values of a module.

    Args:
        kind: The module's class of values.
        model: Folder of the model that it reads; none where its own values are asked for.
        readers: Names of all modules that read this model, if there are others.

    Raises:
        ModelInvalid: A file says something that it cannot say, or the module's lacks something;
            which file and which key is in the message.
    """
    path = Path(inspect.getfile(kind)).with_name(CONFIG)
    module = path.parent.name
    own = _tables(path, "module's", (module,))
    values = _valid(kind, own.get(module, {}), f"module's {CONFIG}", module)
    if model is None or not (model / CONFIG).exists():
        return values
    changed = _tables(model / CONFIG, "model's", (module, *readers)).get(module, {})
    return _valid(kind, values.model_dump() | changed, f"model's {CONFIG}", module)


def _tables(path: Path, whose: str, known: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The tables of a file, none but those that are known."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:  # tomllib says the line, and quotes a character at most
        reason = error.strerror if isinstance(error, OSError) else error
        raise ModelInvalid(f"the {whose} {CONFIG} cannot be read: {reason}") from error
    for name, table in tables.items():
        if name not in known:
            raise ModelInvalid(f"the {whose} {CONFIG} is invalid: {name}: no module reads it")
        if not isinstance(table, dict):
            raise ModelInvalid(f"the {whose} {CONFIG} is invalid: {name}: is no table")
    return tables


def _valid(kind: type[Values], table: dict[str, Any], file: str, module: str) -> Values:
    try:
        return kind.model_validate(table)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, (module, *one['loc'])))}: {one['msg']}" for one in error.errors()
        )
        raise ModelInvalid(f"the {file} is invalid: {wrong}") from error
