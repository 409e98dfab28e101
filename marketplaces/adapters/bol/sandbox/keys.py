"""A key pair derived from a phrase, the same in every process of the simulation. Worth nothing as a secret."""

from __future__ import annotations

import math
from random import Random

from cryptography.hazmat.primitives.asymmetric import rsa

BITS = 1024
EXPONENT = 65537
ROUNDS = 20
SMALL_PRIMES = [n for n in range(3, 2000) if all(n % d for d in range(2, math.isqrt(n) + 1))]


def development_key(phrase: str) -> rsa.RSAPrivateKey:
    """RSA of 2,048 bits from two primes that the phrase decides."""
    chance = Random(phrase)  # noqa: S311 - the key has to be the same everywhere and protects nothing
    p, q = _indivisible(chance), _indivisible(chance)
    private = pow(EXPONENT, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=private,
        dmp1=private % (p - 1),
        dmq1=private % (q - 1),
        iqmp=pow(q, -1, p),
        public_numbers=rsa.RSAPublicNumbers(EXPONENT, p * q),
    )
    return numbers.private_key()


def _indivisible(chance: Random) -> int:
    while True:
        candidate = chance.getrandbits(BITS) | (3 << (BITS - 2)) | 1
        is_open = all(candidate % small for small in SMALL_PRIMES) and (candidate - 1) % EXPONENT
        if is_open and _is_indivisible(candidate, chance):
            return candidate


def _is_indivisible(number: int, chance: Random) -> bool:
    """Miller and Rabin's test; wrong once in 4^20."""
    odd, halvings = number - 1, 0
    while odd % 2 == 0:
        odd, halvings = odd // 2, halvings + 1
    return all(_passes(chance.randrange(2, number - 1), number, odd, halvings) for _ in range(ROUNDS))


def _passes(base: int, number: int, odd: int, halvings: int) -> bool:
    power = pow(base, odd, number)
    if power in (1, number - 1):
        return True
    for _ in range(halvings - 1):
        power = power * power % number
        if power == number - 1:
            return True
    return False
