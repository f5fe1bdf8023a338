"""Accounts on MinIO with a policy of their own, made through its administration interface.

That takes its secrets encrypted: Argon2id over the caller's secret key, then AES-256-GCM as the `sio-go` stream does
(madmin-go, `encrypt.go`; sio-go, `writer.go`), here for one that fits into a single piece.
"""

import json
import os
import secrets
import urllib.request
from dataclasses import replace
from typing import Any

from argon2.low_level import Type, hash_secret_raw
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import SecretStr

from daraa.stores.objects import S3Target

_ARGON2ID_AES_GCM = b"\x00"


def with_policy(target: S3Target, policy: dict[str, Any]) -> S3Target:
    """The same bucket for a new account that may do what the policy says and nothing else; `target` is root's."""
    access, secret = f"a{secrets.token_hex(8)}", secrets.token_hex(20)
    account = replace(target, access_key=SecretStr(access), secret_key=SecretStr(secret))
    words = {"accessKey": access, "secretKey": secret, "policy": policy}
    body = _sealed(json.dumps(words).encode(), target.secret_key.get_secret_value())
    request = AWSRequest("PUT", f"{target.endpoint}/minio/admin/v3/add-service-account", data=body)
    keys = Credentials(target.access_key.get_secret_value(), target.secret_key.get_secret_value())
    S3SigV4Auth(keys, "s3", target.region).add_auth(request)
    prepared = request.prepare()
    sending = urllib.request.Request(prepared.url, data=body, headers=dict(prepared.headers), method="PUT")
    with urllib.request.urlopen(sending, timeout=10) as answer:
        assert answer.status == 200
    return account


def _sealed(plain: bytes, password: str) -> bytes:
    salt, nonce = os.urandom(32), os.urandom(8)
    key = hash_secret_raw(
        password.encode(), salt, time_cost=1, memory_cost=64 * 1024, parallelism=4, hash_len=32, type=Type.ID
    )
    cipher = AESGCM(key)
    begin = cipher.encrypt(nonce + (0).to_bytes(4, "little"), b"", None)
    last = cipher.encrypt(nonce + (1).to_bytes(4, "little"), plain, b"\x80" + begin)
    return salt + _ARGON2ID_AES_GCM + nonce + last
