"""The short code of a place, as it stands on a poster: five digits of Crockford base32 and a check digit.

The check digit is a parity over GF(32): it finds every single wrong digit and every exchange of two neighbours.
Source of the alphabet: Douglas Crockford, Base 32.
"""

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
DIGITS = 5
NUMBERS = 32**DIGITS
"""How many codes there are."""

_VALUES = {digit: value for value, digit in enumerate(ALPHABET)} | {"O": 0, "I": 1, "L": 1}
# Any odd factor maps 0..2^25-1 onto itself; this one sends neighbours far apart, so that codes do not count up.
_FACTOR = 20_396_633
_POLYNOMIAL = 0b100101  # x^5 + x^2 + 1, which is primitive over GF(2)


def _times_x(value: int, power: int) -> int:
    """`value` times x to the `power` in GF(32)."""
    for _ in range(power):
        value <<= 1
        if value & 0b100000:
            value ^= _POLYNOMIAL
    return value


def _check(digits: list[int]) -> int:
    parity = 0
    for place, digit in enumerate(digits, start=1):
        parity ^= _times_x(digit, place)
    return parity


def code_of(number: int) -> str:
    """The code of the place with this number, 0 to NUMBERS - 1; no two numbers share one."""
    if not 0 <= number < NUMBERS:
        message = f"no code for {number}"
        raise ValueError(message)
    mixed = number * _FACTOR % NUMBERS
    digits = [mixed >> 5 * place & 31 for place in reversed(range(DIGITS))]
    return "".join(ALPHABET[value] for value in [*digits, _check(digits)])


def normalised(text: str) -> str | None:
    """The code that a person typed: O read as 0, I and L as 1, small letters and hyphens allowed; None if it is none."""
    values = [_VALUES.get(digit) for digit in text.upper().replace("-", "")]
    if len(values) != DIGITS + 1:
        return None
    digits = [value for value in values if value is not None]
    if len(digits) != len(values) or _check(digits[:-1]) != digits[-1]:
        return None
    return "".join(ALPHABET[value] for value in digits)
