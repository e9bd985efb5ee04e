"""Bodies that are one JSON object."""

from typing import Self

from pydantic import ConfigDict, ValidationError

from service.errors import InvalidRequest
from service.model import Model
from service.request_bodies import first_problem


class JsonBody(Model):
    """A body that is one JSON object with the fields of its type and no others."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        """Validate a body.

        Raises:
            InvalidRequest: The detail names the field.
        """
        try:
            return cls.model_validate_json(body)
        except ValidationError as error:
            raise InvalidRequest(first_problem(error)) from None
