"""Hashes of the noise of `addNoise`, for test/random.test.ts: python make_noise.py (NumPy alone).

Another implementation, in another language, of what lib/random says: integers by NumPy's uint32, floating point by its
float64, one operation at a time. It must print the hashes that the test has.
"""
import re
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
U = np.uint32
np.seterr(over="ignore")


def threefry(key, low, high):
    keys = [U(key[0]), U(key[1]), U(key[0]) ^ U(key[1]) ^ U(0x1BD11BDA)]
    a, b = low + keys[0], high + keys[1]
    for group in range(5):
        for by in ([13, 15, 26, 6], [17, 29, 16, 24])[group % 2]:
            a = a + b
            b = ((b << U(by)) | (b >> U(32 - by))) ^ a
        a = a + keys[(group + 1) % 3]
        b = b + keys[(group + 2) % 3] + U(group + 1)
    return a, b


def key_of(seed, name):
    units = np.frombuffer(name.encode("utf-16-le"), dtype=np.uint16).tolist()
    key = (seed % 2**32, seed // 2**32)
    for i, word in enumerate([*units, len(units)]):
        key = tuple(int(x) for x in threefry(key, U(word), U(i)))
    return key


# The coefficients are read from the source, since they are Wichura's in both.
SOURCE = (HERE / "../../lib/random/normal.ts").read_text()


def ratio(name, x):
    body = SOURCE.split(f"const {name} = (x: number): number =>")[1].split("\nconst ")[0].split("\n\n")[0]
    numbers = [float(n) for n in re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?:e-?\d+)?", body)]
    assert len(numbers) == 16, (name, numbers)
    above, below = np.zeros_like(x), np.zeros_like(x)
    for c in numbers[:8]:
        above = above * x + c
    for c in numbers[8:]:
        below = below * x + c
    return above / below


def ln(x):
    m, exponent = np.array(x, dtype=np.float64), np.zeros(np.shape(x))
    for _ in range(1100):
        big, small = m >= 1.4142135623730951, m < 1.4142135623730951 / 2
        m, exponent = np.where(big, m * 0.5, np.where(small, m * 2, m)), exponent + big - small
    z = (m - 1) / (m + 1)
    s, total = z * z, np.zeros_like(m)
    for k in range(21, 0, -2):
        total = total * s + 1 / k
    return exponent * 0.6931471805599453 + 2 * z * total


def exp(x):
    exponent = np.floor(x / 0.6931471805599453 + 0.5)
    r, total = x - exponent * 0.6931471805599453, 1.0
    for k in range(17, 0, -1):
        total = 1 + total * r / k
    return total * 2.0**exponent


def normal(words):
    word = words.astype(np.int32).astype(np.float64)
    q = (word + 0.5) / 4294967296
    tail = (np.where(word < 0, word + 2147483648, 2147483647 - word) + 0.5) / 4294967296
    r = np.sqrt(-ln(tail))
    far = np.where(r <= 5, ratio("middle", r - 1.6), ratio("far", r - 5))
    return np.where(np.abs(q) < 0.425, q * ratio("central", 0.180625 - q * q), np.where(q < 0, -far, far))


def noise(seed, name, count, size, scale):
    blocks = np.arange((size + 1) // 2, dtype=U)
    a, b = threefry(key_of(seed, name), blocks, U(count))
    return (scale * normal(np.stack([a, b], axis=1).ravel()))[:size].astype(np.float32)


def hash_of(data):
    h = 2166136261
    for byte in data.tobytes():
        h = ((h ^ byte) * 16777619) % 2**32
    return f"{h:08x}"


if __name__ == "__main__":
    for row in [
        (0, "", 0, 1),
        (0, "w", 0, 1),
        (1, "w", 0, 1),
        (2**32, "w", 0, 1),
        (2**53 - 1, "w", 0, 1),
        (42, "dense/kernel", 1, 0.25),
        (42, "dense/kernel", 1000000, 0.25),
        (42, "größe.0.κ", 3, 1e-30),
    ]:
        print(hash_of(noise(*row[:3], 1001, row[3])), *row)
    deviations = np.array([np.sqrt(0.3 * exp(-0.55 * float(ln(t)))) for t in (1.0, 2.0, 3.0, 10.0, 12345.0)])
    print(hash_of(deviations), "deviations", sys.version.split()[0], np.__version__)
