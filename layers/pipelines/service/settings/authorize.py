"""The settings of the doorkeeper."""

from service.authorize import AuthMode
from service.settings import Environment


class AuthorizeSettings(Environment, frozen=True, kw_only=True):
    """For the doorkeeper."""

    client_table: str
    auth_mode: AuthMode
