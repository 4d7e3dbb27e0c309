"""What making one value may cost, counted in steps: never in time, so that the outcome is the same everywhere."""


class Exhausted(Exception):  # noqa: N818 - says what happened
    """All the steps are spent."""


class Budget:
    """Steps that all parts of the work share. One is worth about ten microseconds."""

    __slots__ = ("left",)

    def __init__(self, steps: int) -> None:
        self.left = steps

    def spend(self, steps: int) -> None:
        """Take steps away. Raises `Exhausted`."""
        self.left -= steps
        if self.left < 0:
            raise Exhausted
