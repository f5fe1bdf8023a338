"""How a collection's name becomes the name of its files, and back; the same spelling as that of mongodump.

Escaped as a segment of a URL's path (Go's `url.PathEscape`): what is neither a letter, a digit nor one of `-_.~$&+:=@`
is `%XX` for each byte. More than 238 bytes would not leave room for `.metadata.json.gz` in a file name: such a name is
cut to 208, then come `%24` and the SHA-1 of the whole name in base64; the metadata says which it was.
"""

import base64
import hashlib
import re
from urllib.parse import quote

PLAIN = "-_.~$&+:=@"
LONGEST = 238
CUT = 208
BSON, METADATA, GZIP = ".bson", ".metadata.json", ".gz"
OPLOG = "oplog.bson"
"""The oplog lies beside the databases, and has no `.gz` at the end even when it is compressed."""
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")


def escaped(collection: str) -> str:
    """The name of a collection's files without what comes after the dot."""
    name = quote(collection, safe=PLAIN)
    if len(name) <= LONGEST:
        return name
    digest = base64.urlsafe_b64encode(hashlib.sha1(collection.encode(), usedforsecurity=False).digest())
    return f"{name[:CUT]}%24{digest.decode().rstrip('=')}"


def is_cut(name: str) -> bool:
    """True for a name that does not say all: the metadata does."""
    return len(name) == LONGEST and "%24" in name


def unescaped(name: str) -> str | None:
    """The collection's name; None for what mongodump cannot have written."""
    if "%" in _ESCAPE.sub("", name):
        return None
    try:
        whole = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), name.encode().decode("latin-1"))
        return whole.encode("latin-1").decode()
    except UnicodeError:
        return None


def is_text(name: str) -> bool:
    """False for a name of a file that is not UTF-8: Python spells its bytes as surrogates, which nothing can write."""
    return not any("\ud800" <= letter <= "\udfff" for letter in name)


def printable(name: str) -> str:
    """A name of a file for people, whoever gave it."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in name)
