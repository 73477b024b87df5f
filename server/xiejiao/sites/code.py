"""The short code of a place, as it stands on a poster: five digits of Crockford base32 and a check digit.

The check digit is a parity over GF(32): it finds every single wrong digit and every exchange of two neighbours.
Source of the alphabet: Douglas Crockford, Base 32.
"""

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
DIGITS = 5
NUMBERS = 32**DIGITS
"""How many codes there are."""

_VALUES = {digit: value for value, digit in enumerate(ALPHABET)} | {"O": 0, "I": 1, "L": 1}
# An odd factor and any offset map 0..2^25-1 onto itself; these send neighbours far apart, so codes do not count up.
_FACTOR, _OFFSET = 20_396_633, 9_176_501
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
    mixed = (number * _FACTOR + _OFFSET) % NUMBERS
    digits = [mixed >> 5 * place & 31 for place in reversed(range(DIGITS))]
    return "".join(ALPHABET[value] for value in [*digits, _check(digits)])


def normalised(text: str) -> str | None:
    """The code that a person typed: O is 0, I and L are 1, small letters and hyphens go; None if it is none."""
    values = [_VALUES.get(digit) for digit in text.upper().replace("-", "")]
    if len(values) != DIGITS + 1:
        return None
    digits = [value for value in values if value is not None]
    if len(digits) != len(values) or _check(digits[:-1]) != digits[-1]:
        return None
    return "".join(ALPHABET[value] for value in digits)
