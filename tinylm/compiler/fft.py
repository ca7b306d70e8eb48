"""The Fourier transform of real signals, in the arithmetic of KISS FFT 1.3 (which TFLM's signal library runs): int16, int32, float32.

A transform of n real values is a complex one of n/2, mixed of radices 4 and 2 by decimation in time, and a step that separates the
spectra of even and odd samples. Fixed-point values have all bits but the sign behind the point; each radix divides by itself first, so
that nothing overflows; products are rounded half up; what does overflow wraps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tinylm.compiler.graph import DTYPES, Array

Complex = tuple[Array, Array]


@dataclass(frozen=True)
class Fft:
    """Transforms of ``length`` real values (a power of two, 4 or more) of a type, forward or inverse."""

    length: int
    dtype: str
    inverse: bool = False

    @property
    def half(self) -> int:
        return self.length // 2

    @property
    def floating(self) -> bool:
        return self.dtype == "float32"

    @cached_property
    def radices(self) -> list[int]:
        """From the outermost stage to the innermost."""
        fours = (self.half.bit_length() - 1) // 2
        return [4] * fours + [2] * (self.half != 4**fours)

    @cached_property
    def order(self) -> Array:
        """Which complex value goes to each place before the first stage. [half] int64."""
        order, stride = np.zeros(1, np.int64), self.half
        for radix in reversed(self.radices):
            stride //= radix
            order = (order[None, :] + np.arange(radix)[:, None] * stride).reshape(-1)
        return order

    def _turns(self, phases: list[float]) -> Array:
        """[n][2] cosines and sines of phases in radians; an inverse transform turns the other way."""
        sign = -1.0 if self.inverse else 1.0
        pairs = np.array([(math.cos(sign * phase), math.sin(sign * phase)) for phase in phases])
        if self.floating:
            return pairs.astype(np.float32)
        kind = DTYPES[self.dtype][1]
        return np.floor(0.5 + np.iinfo(kind).max * pairs).astype(kind)

    @cached_property
    def twiddles(self) -> Array:
        """Those of the complex transform that its stages use. [n][2]"""
        count = max(3 * self.half // 4, 1)
        return self._turns([-2 * math.pi * i / self.half for i in range(count)])

    @cached_property
    def separators(self) -> Array:
        """Those of the step between the complex transform and the real one. [half / 2][2]"""
        return self._turns([-math.pi * ((i + 1) / self.half + 0.5) for i in range(self.half // 2)])

    def _wrap(self, x: Array) -> Array:
        if self.floating:
            return x
        return x.astype(DTYPES[self.dtype][1]).astype(np.int64)

    def _times(self, x: Complex, turns: Array) -> Complex:
        (a, b), (c, d) = x, (turns[..., i] if self.floating else turns[..., i].astype(np.int64) for i in (0, 1))
        return self._rounded(a * c - b * d), self._rounded(a * d + b * c)

    def _rounded(self, x: Array) -> Array:
        if self.floating:
            return x
        bits = DTYPES[self.dtype][0] - 1
        return self._wrap((x + (1 << (bits - 1))) >> bits)

    def _divided(self, x: Complex, by: int) -> Complex:
        if self.floating:
            return x
        factor = int(np.iinfo(DTYPES[self.dtype][1]).max) // by
        return self._rounded(x[0] * factor), self._rounded(x[1] * factor)

    def _sum(self, x: Complex, y: Complex) -> Complex:
        return self._wrap(x[0] + y[0]), self._wrap(x[1] + y[1])

    def _difference(self, x: Complex, y: Complex) -> Complex:
        return self._wrap(x[0] - y[0]), self._wrap(x[1] - y[1])

    def _halved(self, x: Array) -> Array:
        """Of a sum in 32 bits."""
        if self.floating:
            return x * np.float32(0.5)
        return self._wrap(x.astype(np.int32).astype(np.int64) >> 1)

    def transform(self, x: Complex) -> Complex:
        """The complex transform of [rows, half] values."""
        rows, (real, imaginary) = len(x[0]), (part[:, self.order] for part in x)
        m = 1
        for radix in reversed(self.radices):
            stride = self.half // (radix * m)
            parts = [part.reshape(rows, -1, radix, m) for part in (real, imaginary)]
            branches = [self._divided((parts[0][:, :, q], parts[1][:, :, q]), radix) for q in range(radix)]
            turned = [branches[0], *(self._times(branches[q], self.twiddles[np.arange(m) * stride * q]) for q in range(1, radix))]
            results = self._four(turned) if radix == 4 else [self._sum(*turned), self._difference(*turned)]
            real, imaginary = (np.stack([result[i] for result in results], axis=2).reshape(rows, -1) for i in (0, 1))
            m *= radix
        return real, imaginary

    def _four(self, x: list[Complex]) -> list[Complex]:
        beside, first = self._difference(x[0], x[2]), self._sum(x[0], x[2])
        odd, cross = self._sum(x[1], x[3]), self._difference(x[1], x[3])
        clockwise = self._wrap(beside[0] + cross[1]), self._wrap(beside[1] - cross[0])
        counter = self._wrap(beside[0] - cross[1]), self._wrap(beside[1] + cross[0])
        second, fourth = (counter, clockwise) if self.inverse else (clockwise, counter)
        return [self._sum(first, odd), second, self._difference(first, odd), fourth]

    def forward(self, x: Array) -> Array:
        """Spectra [rows, half + 1, 2] of samples [rows, length]."""
        samples = x if self.floating else x.astype(np.int64)
        real, imaginary = self.transform((samples[:, 0::2], samples[:, 1::2]))
        y = np.zeros((len(x), self.half + 1, 2), DTYPES[self.dtype][1])
        dc = self._divided((real[:, 0], imaginary[:, 0]), 2)
        y[:, 0, 0], y[:, self.half, 0] = self._wrap(dc[0] + dc[1]), self._wrap(dc[0] - dc[1])
        k = np.arange(1, self.half // 2 + 1)
        here = self._divided((real[:, k], imaginary[:, k]), 2)
        there = self._divided((real[:, self.half - k], self._wrap(-imaginary[:, self.half - k])), 2)
        even, odd = self._sum(here, there), self._times(self._difference(here, there), self.separators)
        y[:, k, 0], y[:, k, 1] = self._halved(even[0] + odd[0]), self._halved(even[1] + odd[1])
        y[:, self.half - k, 0], y[:, self.half - k, 1] = self._halved(even[0] - odd[0]), self._halved(odd[1] - even[1])
        return y

    def backward(self, x: Array) -> Array:
        """Samples [rows, length] of spectra [rows, half + 1, 2]; float32 divided by the length."""
        spectra = x if self.floating else x.astype(np.int64)
        real, imaginary = spectra[:, :, 0], spectra[:, :, 1]
        packed = [np.zeros((len(x), self.half), spectra.dtype) for _ in range(2)]
        ends = self._wrap(real[:, 0] + real[:, -1]), self._wrap(real[:, 0] - real[:, -1])
        packed[0][:, 0], packed[1][:, 0] = self._divided(ends, 2)
        k = np.arange(1, self.half // 2 + 1)
        here = self._divided((real[:, k], imaginary[:, k]), 2)
        there = self._divided((real[:, self.half - k], self._wrap(-imaginary[:, self.half - k])), 2)
        even, odd = self._sum(here, there), self._times(self._difference(here, there), self.separators)
        packed[0][:, k], packed[1][:, k] = self._sum(even, odd)
        mirrored = self._difference(even, odd)
        packed[0][:, self.half - k], packed[1][:, self.half - k] = mirrored[0], self._wrap(-mirrored[1])
        y = np.stack(self.transform((packed[0], packed[1])), axis=-1).reshape(len(x), -1)
        return y / np.float32(self.length) if self.floating else y.astype(DTYPES[self.dtype][1])
