"""Why a film could not be read.

::

    PipelineError
    ├── FilmUnreadable     the bytes are no film that can be decoded: truncated, corrupt, too big
    ├── TookTooLong        decoding it took more time than a film may
    ├── WrongFilm          a picture, but not the kind of film that was asked for
    ├── ModelInvalid       a model is missing, is not what its manifest says, or a config.toml
    │                      is invalid
    └── InferenceFailed    the model ran and failed, or gave no usable result

The message is shown to the client: it says what was wrong and never quotes the film's contents or
header, which may identify a patient.
"""


class PipelineError(Exception):
    """A film could not be read; trying again would give the same."""


class FilmUnreadable(PipelineError):
    """The bytes cannot be decoded as a film."""


class TookTooLong(PipelineError):
    """Decoding the film took more time than it may."""


class WrongFilm(PipelineError):
    """The picture is not the kind of film that was asked for."""


class ModelInvalid(PipelineError):
    """A model is missing, is not what its manifest says, or a ``config.toml`` is invalid."""


class InferenceFailed(PipelineError):
    """The model failed on this film."""
