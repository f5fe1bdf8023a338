"""The session of a transaction under a name of ours, so that rooms above can pass it on without knowing the driver."""

from typing import TypeAlias

from pymongo.asynchronous.client_session import AsyncClientSession

Session: TypeAlias = AsyncClientSession
