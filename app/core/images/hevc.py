"""The size an HEVC stream will really decode to, from its sequence parameter set (ITU-T H.265, 7.3.2.2).

A HEIF file says its size twice: in a box anyone can edit, and in the stream the decoder obeys. A bomb lies in
the first.
"""

from __future__ import annotations

_SPS = 33


def coded_size(configuration: bytes) -> tuple[int, int] | None:
    """Largest (width, height) in pixels among the parameter sets of an `hvcC` box; None when there is none
    readable."""
    sizes = []
    try:
        at = 23
        for _ in range(configuration[22]):
            kind, count = configuration[at] & 0x3F, int.from_bytes(configuration[at + 1 : at + 3])
            at += 3
            for _ in range(count):
                length = int.from_bytes(configuration[at : at + 2])
                if at + 2 + length > len(configuration):
                    return None
                if kind == _SPS:
                    sizes.append(_sps_size(configuration[at + 4 : at + 2 + length]))
                at += 2 + length
    except IndexError:
        return None
    return max(sizes, key=lambda size: size[0] * size[1], default=None)


def _sps_size(body: bytes) -> tuple[int, int]:
    """Width and height in pixels of one sequence parameter set (after its two-byte header)."""
    bits = _Bits(body.replace(b"\0\0\3", b"\0\0"))
    bits.skip(4)
    layers = bits.number(3)
    bits.skip(1 + 88 + 8)
    present = [(bits.number(1), bits.number(1)) for _ in range(layers)]
    bits.skip(2 * (8 - layers) if layers else 0)
    for profile, level in present:
        bits.skip(88 * profile + 8 * level)
    bits.golomb()
    if bits.golomb() == 3:
        bits.skip(1)
    return bits.golomb(), bits.golomb()


class _Bits:
    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def number(self, count: int) -> int:
        value = 0
        for _ in range(count):
            byte, bit = divmod(self._at, 8)
            value = value << 1 | self._data[byte] >> (7 - bit) & 1
            self._at += 1
        return value

    def skip(self, count: int) -> None:
        self._at += count

    def golomb(self) -> int:
        """One unsigned Exp-Golomb number; IndexError past the end."""
        zeros = 0
        while not self.number(1):
            zeros += 1
            if zeros > 32:
                raise IndexError
        return (1 << zeros) - 1 + self.number(zeros)
