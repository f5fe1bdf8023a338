"""The explicit list of data changes, oldest first; one stays here until every database has it."""

from daraa.declare.data_change import DataChange

CHANGES: tuple[DataChange, ...] = ()
