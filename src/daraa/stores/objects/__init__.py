"""Objects (backups, archives, images) in a folder or on any S3 server, behind one small interface."""

from daraa.stores.objects.folder import FolderObjects
from daraa.stores.objects.interface import ObjectInfo, ObjectLock, ObjectStore, Unfinished, UnfinishedSeen
from daraa.stores.objects.s3 import S3Objects
from daraa.stores.objects.s3_as_of import S3AsOf
from daraa.stores.objects.target import FolderTarget, S3Target, objects_target, parse_target

__all__ = [
    "FolderObjects",
    "FolderTarget",
    "ObjectInfo",
    "ObjectLock",
    "ObjectStore",
    "S3AsOf",
    "S3Objects",
    "S3Target",
    "Unfinished",
    "UnfinishedSeen",
    "objects_target",
    "open_objects",
    "parse_target",
]


def open_objects(target: FolderTarget | S3Target) -> ObjectStore:
    """The store for a target. Open it after any fork: its background threads do not survive one."""
    if isinstance(target, FolderTarget):
        return FolderObjects(target)
    return S3Objects(target) if target.as_of is None else S3AsOf(target, target.as_of)
