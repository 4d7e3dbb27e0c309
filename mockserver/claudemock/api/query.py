"""Query strings of the list endpoints, refused as the API refuses them."""

from urllib.parse import parse_qs

from claudemock.wire.errors import invalid_request


def parse_query(query: str) -> dict[str, list[str]]:
    """Parameters by name; a bracketed name (`ids[]`, as the SDKs send arrays) is its plain name."""
    found: dict[str, list[str]] = {}
    for name, values in parse_qs(query, keep_blank_values=True).items():
        found.setdefault(name.removesuffix("[]"), []).extend(values)
    return found


def one(parameters: dict[str, list[str]], name: str) -> str | None:
    """The last value of a parameter, or None."""
    values = parameters.get(name)
    return values[-1] if values else None


def limit_of(parameters: dict[str, list[str]], default: int = 20, most: int = 1000) -> int:
    """The page size. Raises 400 in pydantic's words outside 1…`most`."""
    text = one(parameters, "limit")
    if text is None:
        return default
    try:
        value = int(text)
    except ValueError:
        raise invalid_request("limit: Input should be a valid integer, unable to parse string as an integer") from None
    if value < 1:
        raise invalid_request("limit: Input should be greater than or equal to 1")
    if value > most:
        raise invalid_request(f"limit: Input should be less than or equal to {most}")
    return value
