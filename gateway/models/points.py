"""The types of points that search needs and SQLAlchemy does not know: on the sphere, and on a map of it."""

from typing import Any

from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.types import UserDefinedType


class Cube(UserDefinedType[str]):
    """A point of Postgres' ``cube``, written ``(x, y, z)``."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """The type's name in SQL."""
        return "cube"


class Spot(UserDefinedType[str]):
    """A point of a map, Postgres' ``point``, written ``(x, y)``."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """The type's name in SQL."""
        return "point"


ischema_names["cube"] = Cube
ischema_names["point"] = Spot
