"""What proves who one is: hashed passwords, codes of an authenticator, tokens. Randomness is passed in."""

import base64
from hashlib import sha256

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

from xiejiao.accounts.rules import CODE_DIGITS

SALT_BYTES = 16
TOKEN_BYTES = 32
SECRET_BYTES = 20
RECOVERY_BYTES = 10
RECOVERY_CODES = 10
FIRST_PASSWORD_BYTES = 10
STEP_S = 30
# The library's own choice takes half a second of two processors: whoever asks often enough would stop the server.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, salt_len=SALT_BYTES, type=Type.ID)
NOBODYS = _HASHER.hash("nobody's password", salt=bytes(SALT_BYTES))
"""Verified in place of a password that there is not, so that an unknown name takes as long to refuse as a known one."""


def hashed(password: str, *, salt: bytes) -> str:
    """How a password is stored (argon2id)."""
    return _HASHER.hash(password, salt=salt)


def matches(stored: str | None, password: str) -> bool:
    """Whether `password` is the one that was stored; takes as long when none was."""
    try:
        return _HASHER.verify(stored or NOBODYS, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def token(drawn: bytes) -> str:
    """What a browser carries, from TOKEN_BYTES of randomness."""
    return base64.urlsafe_b64encode(drawn).rstrip(b"=").decode()


def digest(carried: str) -> bytes:
    """What is stored of a token: whoever reads the table cannot sign in."""
    return sha256(carried.encode()).digest()


def secret(drawn: bytes) -> str:
    """The secret of an authenticator in base32, from SECRET_BYTES of randomness."""
    return base64.b32encode(drawn).decode()


def uri(secret: str, *, name: str, issuer: str) -> str:
    """What an authenticator app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer)


def step_of(secret: str, code: str, *, at_s: float) -> int | None:
    """The half minute since 1970 whose code `code` is, the last, the present or the next one; None when of none."""
    now = int(at_s // STEP_S)
    totp = pyotp.TOTP(secret)
    steps = [step for step in (now - 1, now, now + 1) if pyotp.utils.strings_equal(totp.generate_otp(step), code)]
    return max(steps, default=None)


def readable(drawn: bytes) -> str:
    """Random bytes as people type them: base32 in groups of four, as 7KQ2-M4XD."""
    text = base64.b32encode(drawn).decode().rstrip("=")
    return "-".join(text[begins : begins + 4] for begins in range(0, len(text), 4))


def typed(code: str) -> str:
    """A recovery code as it was meant: without spaces and hyphens, capitals, digits that look like letters."""
    return "".join(code.upper().split()).replace("-", "").replace("0", "O").replace("1", "I").replace("8", "B")


def digits(drawn: bytes) -> str:
    """A code of CODE_DIGITS digits; eight bytes keep the first codes from being likelier by more than 1 in 10^13."""
    return f"{int.from_bytes(drawn) % 10**CODE_DIGITS:0{CODE_DIGITS}}"
