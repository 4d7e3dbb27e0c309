"""The environment variables that clients find the API by, pointed at the mock and put back again."""

import os
from collections.abc import Mapping, MutableMapping

BASE_URL = "ANTHROPIC_BASE_URL"
API_KEY = "ANTHROPIC_API_KEY"
# Other clients' names for the same; they are only pointed elsewhere if somebody has set them.
OTHER_URLS = ("ANTHROPIC_API_URL", "ANTHROPIC_API_BASE")
# Everything else the official SDK and Claude Code take credentials from, or another cloud than the API's.
CREDENTIALS = (
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_PROFILE",
    "ANTHROPIC_FEDERATION_RULE_ID",
    "ANTHROPIC_IDENTITY_TOKEN",
    "ANTHROPIC_IDENTITY_TOKEN_FILE",
    "CLAUDE_CODE_OAUTH_TOKEN",
    "CLAUDE_CODE_USE_BEDROCK",
    "CLAUDE_CODE_USE_VERTEX",
    "CLAUDE_CODE_USE_FOUNDRY",
)
_NO_PROXY = ("NO_PROXY", "no_proxy")
_LOCAL = "127.0.0.1,localhost"


class Environment:
    """Points the process, and whatever it starts, at a mock; one level deep."""

    def __init__(self, variables: MutableMapping[str, str] | None = None) -> None:
        self._variables = os.environ if variables is None else variables
        self._before: dict[str, str | None] | None = None

    def point(self, base_url: str, api_key: str) -> None:
        """Set the address and the key; what was there the first time is what `restore` puts back."""
        names = (BASE_URL, API_KEY, *OTHER_URLS, *CREDENTIALS, *_NO_PROXY)
        if self._before is None:
            self._before = {name: self._variables.get(name) for name in names}
        self._set({BASE_URL: base_url, API_KEY: api_key, **dict.fromkeys(CREDENTIALS)})
        for name in OTHER_URLS:
            if name in self._variables:
                self._variables[name] = base_url
        for name in _NO_PROXY:
            known = self._before[name]
            self._variables[name] = f"{known},{_LOCAL}" if known else _LOCAL

    def restore(self) -> None:
        """As it was before."""
        if self._before is not None:
            self._set(self._before)
            self._before = None

    def _set(self, values: Mapping[str, str | None]) -> None:
        for name, value in values.items():
            if value is None:
                self._variables.pop(name, None)
            else:
                self._variables[name] = value
