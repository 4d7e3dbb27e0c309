"""Which release this is."""

from importlib.metadata import PackageNotFoundError, version


def package_version() -> str:
    """The installed version; `unknown` in a checkout that was never installed."""
    try:
        return version("claudemock")
    except PackageNotFoundError:
        return "unknown"
