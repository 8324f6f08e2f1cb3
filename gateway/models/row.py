"""The declarative root that every table class shares, and the column types they have in common."""

from datetime import datetime
from typing import Annotated, Any, ClassVar

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, MetaData, SmallInteger, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, MappedColumn, mapped_column

NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

Id = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
Word = Annotated[str, mapped_column(String(40))]
Count = Annotated[int, mapped_column(SmallInteger, default=0, server_default=text("0"))]
Items = Annotated[list[Any], mapped_column(JSONB, default=list, server_default=text("'[]'::jsonb"))]
Named = Annotated[dict[str, Any], mapped_column(JSONB, default=dict, server_default=text("'{}'::jsonb"))]


def of(table: str, *, index: bool = True) -> MappedColumn[Any]:
    """A column that names a row of ``table``; without an index only where a constraint of its own begins with it."""
    return mapped_column(ForeignKey(f"{table}.id"), index=index)


class Row(DeclarativeBase):
    """Root of all tables; every datetime is stored with its time zone, every dict and list as JSONB."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }
