#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Computed rsa-computed.json and dh-computed.json, independently of Latchkey: big numbers with pow(), signatures with
the openssl command and the key x509/user.key."""
import hashlib
import itertools
import json
import pathlib
import re
import subprocess

here = pathlib.Path(__file__).parent
key = here / "x509/user.key"


def openssl(*arguments, data=b""):
    return subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=True).stdout


# --- RSA --------------------------------------------------------------------------------------------------------------

text = openssl("rsa", "-in", str(key), "-noout", "-text").decode()
number = lambda name: int(re.sub(r"[\s:]", "", re.search(name + r":\n((?:\s+[0-9a-f:]+\n)+)", text).group(1)), 16)
n, e, size = number("modulus"), 65537, 256
message = b"HDR, T, RAND and what else an I_MESSAGE has"


def signatures():
    for name in "sha1", "sha256", "sha384", "sha512", "sha224":
        sign = lambda *options: openssl("dgst", "-" + name, "-sign", str(key), *options, data=message).hex()
        yield dict(type="pkcs1", hash=name, salt=0, signature=sign())
        largest = size - 2 - hashlib.new(name).digest_size
        for salt in 0, 13, hashlib.new(name).digest_size, largest:
            options = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", f"rsa_pss_saltlen:{salt}"]
            yield dict(type="pss", hash=name, salt=salt, signature=sign(*options))


def raw(padded):
    return pow(int.from_bytes(padded, "big"), e, n).to_bytes(size, "big").hex()


def padded(message, first=b"\x00\x02", filler=0xA5, total=size):
    return first + bytes([filler]) * (total - 3 - len(message)) + b"\x00" + message


def holed(index):
    octets = bytearray(padded(key16))
    octets[index] = 0
    return bytes(octets)


key16 = bytes(range(1, 17))
ciphertexts = [dict(what=f"a key of {length} octets", key=bytes(range(length)).hex(),
                    ciphertext=raw(padded(bytes(range(length))))) for length in (16, 17, 32)]
ciphertexts += [dict(what="a key of zeros", key="00" * 16, ciphertext=raw(padded(bytes(16))))]
faults = {
    "first octet not 0": raw(b"\x01" + padded(key16)[1:]),
    "block type 0": raw(padded(key16, first=b"\x00\x00")),
    "block type 1": raw(padded(key16, first=b"\x00\x01")),
    "block type 3": raw(padded(key16, first=b"\x00\x03")),
    "no zero at all": raw(b"\x00\x02" + b"\xa5" * (size - 2)),
    "zero right after the block type": raw(holed(2)),
    "padding of 7 octets": raw(holed(9)),
    "a key of 0 octets": raw(padded(b"")),
    "a key of 1 octet": raw(padded(b"k")),
    "a key of 15 octets": raw(padded(bytes(15))),
    "a key of 33 octets": raw(padded(bytes(range(33)))),
    "a key of 48 octets": raw(padded(bytes(range(48)))),
    "a key of 63 octets": raw(padded(bytes(range(63)))),
    "a key of 64 octets": raw(padded(bytes(range(64)))),
    "a key of 65 octets": raw(padded(bytes(range(65)))),
    "a key of 245 octets": raw(padded(bytes(245))),
    "the number 0": "00" * size,
    "the number 1": "00" * (size - 1) + "01",
    "the modulus": n.to_bytes(size, "big").hex(),
    "more than the modulus": "ff" * size,
    "no octets": "",
    "an octet short": raw(padded(key16))[2:],
    "an octet long": "00" + raw(padded(key16)),
    "as long as for another key": "01" * 512,
}
ciphertexts += [dict(what=what, ciphertext=ciphertext) for what, ciphertext in faults.items()]

# Random octets have zeros, which are replaced by those that follow.
filler = bytes((7 * i) % 256 for i in range(size - 3 - 16))
zeros = filler.count(0)
rest = bytes([0, 0]) + bytes(range(1, zeros + 1))
used = iter(rest)
clean = bytes(octet or next(o for o in used if o) for octet in filler)
encryption = dict(random=(filler + rest).hex(), plain=key16.hex(), ciphertext=raw(b"\x00\x02" + clean + b"\x00" + key16))

rsa = dict(message=message.hex(), signatures=list(signatures()), ciphertexts=ciphertexts, encryption=encryption)
(here / "rsa-computed.json").write_text(json.dumps(rsa, indent=1) + "\n")

# --- Diffie-Hellman ---------------------------------------------------------------------------------------------------


def pi(bits):
    """floor(2^bits * pi) by Machin's formula."""
    one = 1 << (bits + 64)

    def arctan(inverse):
        total = term = one // inverse
        divisor, sign = 1, 1
        while term:
            term //= inverse * inverse
            divisor, sign = divisor + 2, -sign
            total += sign * (term // divisor)
        return total

    return (4 * (4 * arctan(5) - arctan(239))) >> 64


def prime(bits, pi_bits, offset):
    return 2**bits - 2 ** (bits - 64) - 1 + 2**64 * (pi(pi_bits) + offset)


# RFC 3526 2, RFC 2409 6.1 and 6.2, as formulas
groups = {0: prime(1536, 1406, 741804), 1: prime(768, 638, 149686), 2: prime(1024, 894, 129093)}


def exponent(label, i=0):
    return hashlib.sha256(f"{label} {i}".encode()).digest()


def agreement(group, x, y):
    p, size = groups[group], (groups[group].bit_length() + 7) // 8
    values = {"gx": pow(2, x, p), "gy": pow(2, y, p), "secret": pow(2, x * y, p)}
    octets = {name: value.to_bytes(size, "big").hex() for name, value in values.items()}
    return dict(group=group, x=x.to_bytes(32, "big").hex(), y=y.to_bytes(32, "big").hex(), **octets)


def leading_zeros(group):
    """A secret, and a public value, that begin with a zero octet."""
    p, x = groups[group], int.from_bytes(exponent("alice"), "big")
    top = 1 << (p.bit_length() - 8)
    ys = (int.from_bytes(exponent("bob", i), "big") for i in range(100000))
    found = (y for y in ys if pow(2, x * y, p) < top or pow(2, y, p) < top)
    return [agreement(group, x, y) for y in itertools.islice(found, 4)]


vectors = []
for group in groups:
    vectors.append(agreement(group, int.from_bytes(exponent("alice"), "big"), int.from_bytes(exponent("bob"), "big")))
    vectors += leading_zeros(group)
dh = dict(primes={str(group): format(p, "x") for group, p in groups.items()}, agreements=vectors)
(here / "dh-computed.json").write_text(json.dumps(dh, indent=1) + "\n")
